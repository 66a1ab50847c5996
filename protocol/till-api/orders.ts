import { z } from 'zod'
import type { Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

const receiptNumber = z.string().min(1).max(32)

/** What a screen asks of a till about orders that are paid now and fetched later. */
export const orderCommands = [
  /** The sale that was paid just now is fetched later: its money is held until then. Who does not come in `days` gets it back but for a part (ppm). */
  z.strictObject({ type: z.literal('placeOrder'), receiptNumber, days: z.int().min(1).max(60), keptPpm: z.int().min(0).max(1_000_000) }),
  /** What was paid of the basket in work is a deposit: basket and money are put aside together, and who comes back pays the rest. Of the deposit the same is held. */
  z.strictObject({ type: z.literal('placeDeposit'), days: z.int().min(1).max(60), keptPpm: z.int().min(0).max(1_000_000) }),
  /** Its goods are handed over; where something is left to pay, its basket is the one in work from now on, and they are handed over with the last payment. */
  z.strictObject({ type: z.literal('handOver'), receiptNumber }),
  /** The order in work waits on: nothing more was paid of it. */
  z.strictObject({ type: z.literal('leaveOrder') }),
] as const

/** Paid, and waits to be fetched. `atHub`: the hub has heard of it, and holds its money if it is there; before that it is a sale like any other. */
export type OrderView = {
  readonly receiptNumber: string
  readonly at: EpochMs
  readonly until: EpochMs
  /** What was paid. */
  readonly amountMinor: Minor
  /** What is left to pay, where that was a deposit. */
  readonly restMinor?: Minor
  /** Its basket is the one in work. */
  readonly isOpen?: true
  /** What stays the shop's if nobody comes. */
  readonly keptMinor: Minor
  readonly items: readonly string[]
  readonly atHub: boolean
  /** Its time is over. */
  readonly isLate: boolean
}

import { z } from 'zod'
import type { DeviceHealth } from '../device/messages.ts'
import type { ErrorCode } from '../errors.ts'
import type { Id } from '../ids.ts'
import type { Currency, Minor, Ppm } from '../money.ts'
import type { Outcome } from '../outcome.ts'
import type { EpochMs } from '../time.ts'

/**
 * Screen ⇄ core, the same over Electron's message port and over the loopback WebSocket. The core decides; a screen sends commands and
 * draws the last view. Views are whole, never patches: a screen that missed some has lost nothing.
 */
export const MAX_COMMAND_BYTES = 16 * 1024

const id = z.string().min(1).max(64)

export const command = z.discriminatedUnion('type', [
  /** A code that the screen itself read: typed, keyboard wedge or camera. The same path as a scanner's. */
  z.strictObject({ type: z.literal('scan'), text: z.string().min(1).max(4096) }),
  z.strictObject({ type: z.literal('addProduct'), gtin: z.string().regex(/^\d{8,14}$/) }),
  /** 0 removes the line. */
  z.strictObject({ type: z.literal('setQuantity'), line: id, quantity: z.int().min(0).max(999) }),
  z.strictObject({ type: z.literal('clearSale') }),
  z.strictObject({ type: z.literal('takePayment') }),
  z.strictObject({ type: z.literal('cancelPayment') }),
  /** After an approval or a refusal: back to selling. */
  z.strictObject({ type: z.literal('continue') }),
  z.strictObject({ type: z.literal('dismissNotice'), notice: id }),
  /** While `till.blocked` is `till.not_enrolled`: the hub's address and the one-time code of its console. */
  z.strictObject({ type: z.literal('enrol'), hub: z.url({ protocol: /^https?$/ }).max(300), code: z.string().min(10).max(64) }),
  /** The last receipt once more, marked as a copy. */
  z.strictObject({ type: z.literal('reprint') }),
])
export type Command = z.infer<typeof command>

export const fromScreen = z.strictObject({ type: z.literal('command'), id, command })
export type FromScreen = z.infer<typeof fromScreen>

export type ProductView = {
  readonly gtin: string
  readonly name: string
  readonly category: string
  readonly priceMinor: Minor
  readonly taxPpm: Ppm
  /** An emoji or short text in place of a picture. */
  readonly symbol: string
}

export type LineView = {
  readonly id: string
  readonly gtin: string
  readonly name: string
  readonly quantity: number
  readonly unitMinor: Minor
  readonly totalMinor: Minor
  readonly taxPpm: Ppm
}

export type TaxView = { readonly ratePpm: Ppm; readonly netMinor: Minor; readonly taxMinor: Minor }

export type SaleView = {
  readonly id: Id
  readonly lines: readonly LineView[]
  /** Taxes are included in the prices. */
  readonly taxes: readonly TaxView[]
  readonly totalMinor: Minor
  readonly itemCount: number
  /** The line that the last scan made or changed. */
  readonly touched?: string
}

export type ReceiptState = 'printing' | 'printed' | 'failed' | 'unknown' | 'no_printer'

export type TenderView =
  | { readonly stage: 'none' }
  | {
      readonly stage: 'awaiting_code'
      readonly amountMinor: Minor
      /** What the customer's phone scans to confirm exactly this sum (`bound` profile): text of a QR code. */
      readonly request: string
      /** The amount is above the cap of a code that is merely shown: only the answer to `request` will do. */
      readonly boundRequired: boolean
      /** Why the last code was refused, while the payment stays open for another; `n` counts them, since the same refusal twice is news twice. */
      readonly refused?: { readonly code: ErrorCode; readonly n: number }
    }
  | { readonly stage: 'deciding'; readonly amountMinor: Minor; readonly since: EpochMs }
  | {
      readonly stage: 'approved'
      readonly paymentId: Id
      readonly amountMinor: Minor
      readonly decidedBy: 'hub' | 'policy'
      readonly receiptNumber: string
      readonly receipt: ReceiptState
      /** Why it did not come out, where the printer said. */
      readonly receiptCode?: ErrorCode
    }
  | { readonly stage: 'refused'; readonly amountMinor: Minor; readonly code: ErrorCode }

export type LinkView = {
  readonly state: 'online' | 'connecting' | 'offline'
  readonly since: EpochMs
  /** What is on this till and not yet safe at the hub. */
  readonly waiting: { readonly payments: number; readonly amountMinor: Minor; readonly entries: number; readonly oldestAt?: EpochMs }
  /** What may still be accepted without the hub. */
  readonly allowance: { readonly perPaymentMinor: Minor; readonly tillLeftMinor: Minor; readonly until: EpochMs }
  /** Set when a cap, an age or stale rules make offline selling end soon or now. */
  readonly urgent?: ErrorCode
}

export type Notice = { readonly id: string; readonly code: ErrorCode; readonly detail?: string; readonly at: EpochMs }

export type View = {
  readonly revision: number
  readonly till: {
    readonly id: string
    readonly name: string
    readonly merchant: string
    readonly currency: Currency
    /** Set: nothing can be sold until this is dealt with. */
    readonly blocked?: ErrorCode
    /** The core came back after a stop and found this sale as it was. */
    readonly recovered: boolean
  }
  readonly sale: SaleView
  readonly tender: TenderView
  readonly link: LinkView
  readonly devices: readonly DeviceHealth[]
  readonly notices: readonly Notice[]
  /** Set once a sale has been made: what `reprint` would print. */
  readonly lastReceipt?: { readonly number: string; readonly totalMinor: Minor }
}

export type ToScreen =
  | { readonly type: 'catalogue'; readonly products: readonly ProductView[] }
  | { readonly type: 'view'; readonly view: View }
  | { readonly type: 'outcome'; readonly id: string; readonly outcome: Outcome<null> }
  /** From the process that starts the core (Electron's main, the demo), when the core is down. */
  | { readonly type: 'core'; readonly state: 'up' | 'restarting' }

/** What a screen holds, whatever carries it. */
export interface TillApi {
  send(command: Command): Promise<Outcome<null>>
  /** Calls back with every message; returns a function that stops it. */
  onMessage(listener: (message: Exclude<ToScreen, { type: 'outcome' }>) => void): () => void
}

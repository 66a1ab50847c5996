import { systemTimers } from '#protocol/node/clock.ts'
import type { Minor } from '#protocol/money.ts'
import type { DurationMs } from '#protocol/time.ts'
import { newCustomer, type Customer } from '../scenario/customer.ts'
import type { Random } from '../world/random.ts'

/**
 * People with funded phones. None of them is asked for more than their wallet has, whatever becomes of each attempt: this load has no payment that the hub
 * would decline, so that every approval has to be settled.
 */
export type Customers = {
  /** Somebody who can pay this; undefined while there is nobody. */
  pick(amountMinor: Minor): Customer | undefined
  close(): void
}

/** Below what a demo wallet and its credential allow. */
const SPENDING_MINOR = 190_00
const CROWD = 24
const EVERY: DurationMs = 250

export async function crowd(hub: string, random: Random): Promise<Customers> {
  const people: { readonly customer: Customer; left: Minor }[] = []
  const join = async (): Promise<void> => void people.push({ customer: await newCustomer(hub), left: SPENDING_MINOR })
  while (people.length < CROWD) await join()

  let closed = false
  const refill = async (): Promise<void> => {
    // The hub may be down just now; then somebody comes later.
    while (!closed && people.length < CROWD) await join()
  }
  const again = (): void => {
    if (!closed)
      systemTimers.after(
        EVERY,
        () =>
          void refill()
            .catch(() => {})
            .then(again),
      )
  }
  again()
  return {
    pick(amountMinor) {
      const able = people.filter(({ left }) => left >= amountMinor)
      if (able.length === 0) return undefined
      const chosen = random.pick(able)
      chosen.left -= amountMinor
      // Who has little left goes home, and somebody else comes.
      if (chosen.left < SPENDING_MINOR / 2) people.splice(people.indexOf(chosen), 1)
      return chosen.customer
    },
    close() {
      closed = true
    },
  }
}

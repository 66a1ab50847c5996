import type { Id } from '#protocol/ids.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { PaymentTruth } from './journal-truth.ts'
import { worldTenders } from './tender-work.ts'
import type { Trace } from './trace.ts'

/** What should lie in one till's drawer, by the entries of its journal: float + in − out + sales − returns, counted a second time. */
export class DrawerTruth {
  readonly #till: Id
  readonly #trace: Trace
  #holds = 0

  constructor(till: Id, trace: Trace) {
    this.#till = till
    this.#trace = trace
  }

  get holdsMinor(): Minor {
    return this.#holds
  }

  clear(): void {
    this.#holds = 0
  }

  /** `payment`: as the entry left it. */
  wrote({ kind, body }: Entry, payment: PaymentTruth | undefined): void {
    const isCash = payment?.cash === true
    // For foreign notes change goes out of the drawer, and nothing comes in.
    if (kind === 'payment.taken_in_cash') this.#holds += body.foreign === undefined ? body.amountMinor : -body.changeMinor
    if (kind === 'payment.refunded' && (body.as === 'cash' || (body.as === undefined && isCash))) this.#holds -= body.amountMinor
    if (kind === 'goods.returned' && body.of === undefined && body.as === 'cash') this.#holds -= body.paidMinor
    if (kind === 'payment.voided' && isCash) this.#holds -= payment.capturedMinor ?? 0
    if (kind === 'cash.moved' && body.currency !== worldTenders.foreignCash[0]?.currency)
      this.#holds += body.direction === 'in' ? body.amountMinor : -body.amountMinor
    if (kind === 'shift.opened') this.#holds = body.floatMinor
    if (kind !== 'shift.closed' || body.cash === undefined) return
    const { expectedMinor, countedMinor } = body.cash
    if (expectedMinor !== this.#holds) this.#trace.violation(12, `${this.#till} expects ${expectedMinor} in its drawer, where its entries make ${this.#holds}`)
    this.#holds = countedMinor
  }
}

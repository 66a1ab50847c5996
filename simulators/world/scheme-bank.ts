import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import type { AskedAlipay } from '../../hub/acquirers/alipay/alipay-acquirer.ts'
import type { AlipayState } from '../../hub/acquirers/alipay/alipay.ts'
import type { Scheduler } from './clock.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

/** What can happen to a payment by another scheme's wallet. */
export const schemeMoves = [
  'paid',
  'paid after a password',
  'no money',
  'nobody typed the password',
  'cancelled',
  'cancelled what was paid',
  'refunded',
  'refund refused',
] as const
type SchemeMove = (typeof schemeMoves)[number]

const PATIENCE: DurationMs = 3 * SECOND
/** What becomes of a question and its answer. `slow`: the scheme hears it after whoever asked has given up. */
const fates = { heard: 14, requestLost: 2, answerLost: 2, slow: 1 } as const
/** What a customer does when the code was read. */
const customers = { pays: 8, typesPassword: 3, putsItAway: 1, hasNoMoney: 2 } as const

type Trade = { readonly amountMinor: Minor; status: 'waits' | 'paid' | 'closed'; wasPaid: boolean; readonly refunds: Map<Id, Minor> }

/** Alipay of a simulated world, behind production's connector: its own books, customers who dawdle, and bad weather between it and the hub. */
export class SchemeBank {
  readonly id = 'alipay'
  troubled = true
  readonly moves = new Set<SchemeMove>()
  readonly #trades = new Map<Id, Trade>()
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #trace: Trace

  constructor(scheduler: Scheduler, random: Random, trace: Trace) {
    this.#scheduler = scheduler
    this.#random = random
    this.#trace = trace
  }

  /** What customers have paid for it and not got back, minor units. */
  takenFor(payment: Id): bigint {
    const trade = this.#trades.get(payment)
    if (trade?.status !== 'paid') return 0n
    return BigInt([...trade.refunds.values()].reduce((left, minor) => left - minor, trade.amountMinor))
  }

  /** The same without regard to what went back. */
  chargedFor(payment: Id): bigint {
    const trade = this.#trades.get(payment)
    return trade?.wasPaid === true ? BigInt(trade.amountMinor) : 0n
  }

  get takenMinor(): bigint {
    return [...this.#trades.keys()].reduce((sum, payment) => sum + this.takenFor(payment), 0n)
  }

  /** As one process of the hub has it: `timers` end with that process, the scheme goes on. */
  port(timers: Timers): AskedAlipay {
    const unknown = (): AlipayState => ({ type: 'unknown', because: 'no answer' })
    const noAnswer = (): Outcome<null, 'wire.no_answer'> => fail('wire.no_answer')
    return {
      pay: ({ paymentId, amountMinor }) => this.#ask(timers, `pay ${amountMinor} for payment ${paymentId}`, () => this.#pay(paymentId, amountMinor), unknown),
      query: ({ paymentId, amountMinor }) => this.#ask(timers, `query payment ${paymentId}`, () => this.#query(paymentId, amountMinor), unknown),
      cancel: (paymentId) => this.#ask(timers, `cancel payment ${paymentId}`, () => this.#cancel(paymentId), noAnswer),
      refund: (paymentId, refundId, amountMinor) =>
        this.#ask(timers, `refund ${amountMinor} of payment ${paymentId}`, () => this.#refund(paymentId, refundId, amountMinor), noAnswer),
    }
  }

  #ask<T>(timers: Timers, what: string, act: () => T, silence: () => T): Promise<T> {
    const fate = this.troubled ? this.#random.weighted(fates) : 'heard'
    this.#trace.note(`hub asks the scheme to ${what} (${fate})`)
    return new Promise((resolve) => {
      timers.after(PATIENCE, () => resolve(silence()))
      if (fate === 'requestLost') return
      this.#scheduler.after(fate === 'slow' ? 4 * PATIENCE : this.#random.between(1, 1500), () => {
        const answer = act()
        if (fate === 'heard') timers.after(1, () => resolve(answer))
      })
    })
  }

  #pay(payment: Id, amountMinor: Minor): AlipayState {
    const known = this.#trades.get(payment)
    if (known !== undefined) return known.status === 'closed' ? { type: 'closed' } : this.#query(payment, amountMinor)
    const how = this.troubled ? this.#random.weighted(customers) : 'pays'
    if (how === 'hasNoMoney') {
      this.moves.add('no money')
      return { type: 'declined', code: 'hub.insufficient_funds' }
    }
    const trade: Trade = { amountMinor, status: 'waits', wasPaid: false, refunds: new Map() }
    this.#trades.set(payment, trade)
    if (how === 'pays') this.#paid(trade, 'paid')
    if (how === 'putsItAway') this.moves.add('nobody typed the password')
    if (how === 'typesPassword')
      this.#scheduler.after(this.#random.between(2, 60) * SECOND, () => {
        if (trade.status === 'waits') this.#paid(trade, 'paid after a password')
      })
    return this.#query(payment, amountMinor)
  }

  #paid(trade: Trade, move: SchemeMove): void {
    trade.status = 'paid'
    trade.wasPaid = true
    this.moves.add(move)
  }

  #query(payment: Id, amountMinor: Minor): AlipayState {
    const trade = this.#trades.get(payment)
    if (trade === undefined || trade.status === 'closed') return { type: 'closed' }
    return trade.status === 'waits' ? { type: 'pending' } : { type: 'paid', reference: `trade-${payment}`, amountMinor }
  }

  /** The number is closed for good, also for a question that is still on its way. */
  #cancel(payment: Id): Outcome<null, 'wire.no_answer'> {
    const trade = this.#trades.get(payment) ?? { amountMinor: 0, status: 'closed', wasPaid: false, refunds: new Map<Id, Minor>() }
    this.moves.add(trade.status === 'paid' ? 'cancelled what was paid' : 'cancelled')
    trade.status = 'closed'
    this.#trades.set(payment, trade)
    return ok(null)
  }

  #refund(payment: Id, refundId: Id, amountMinor: Minor): Outcome<null, 'wire.no_answer' | 'hub.refused'> {
    const trade = this.#trades.get(payment)
    if (trade?.refunds.has(refundId) === true) return ok(null)
    const isRefused = trade?.status !== 'paid' || BigInt(amountMinor) > this.takenFor(payment) || (this.troubled && this.#random.chance(0.1))
    this.moves.add(isRefused ? 'refund refused' : 'refunded')
    if (isRefused) return fail('hub.refused')
    trade.refunds.set(refundId, amountMinor)
    return ok(null)
  }
}

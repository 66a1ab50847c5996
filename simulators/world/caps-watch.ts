import type { Id } from '#protocol/ids.ts'
import type { Entry } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import { HOUR, SECOND, type DurationMs } from '#protocol/time.ts'
import { ACK_TIMEOUT } from '../../terminal/core/outbox.ts'
import type { GenuineCode } from './customer.ts'
import { isPast, type PaymentTruth, type Place } from './journal-truth.ts'
import type { PolicyWatch } from './policy-watch.ts'
import type { TillMachine } from './till-machine.ts'
import type { Trace } from './trace.ts'

export type CapsLaw = {
  /** Lanes lend each other parts of their slices: only their sum is a cap then. */
  readonly lends: boolean
  genuine(text: string): GenuineCode | undefined
  now(): DurationMs
  /** The hub's clock was set wrong at some time. */
  hubTimeWasWrong(): boolean
}

/** The hub's clock and a till's may each be wrong by an hour when they last agreed; what a till could not know is not held against it. */
const CLOCKS_DIFFER: DurationMs = 3 * HOUR

/** An acknowledgement may have been under way for as long as its till waits for one, and sets the till's clock when it comes. */
const UNDER_WAY: DurationMs = ACK_TIMEOUT + 2 * SECOND

const ended = ['declined', 'voided', 'reversed', 'rejected']

/**
 * Adds up what one till answers for, undecided payments included, each time that it accepts without the hub (invariant 3), and how long it had not heard of
 * the hub (invariant 10).
 */
export class CapsWatch {
  readonly #machine: TillMachine
  readonly #policy: PolicyWatch
  readonly #trace: Trace
  readonly #law: CapsLaw
  /** Undecided, or accepted here and not settled at the hub. */
  readonly #risky = new Map<Id, PaymentTruth>()
  #settled: Place = { epoch: 1, n: 0 }
  /** When the hub made the newest acknowledgement that this till has heard, and the hub's time in it. */
  #heard: { readonly at: DurationMs; readonly hubTime: number } | undefined

  constructor(machine: TillMachine, trace: Trace, law: CapsLaw, policy: PolicyWatch) {
    this.#machine = machine
    this.#policy = policy
    this.#trace = trace
    this.#law = law
  }

  wrote(entry: Entry, payment: PaymentTruth | undefined): void {
    if (payment === undefined || payment.cash) return
    const isSettled = !isOpen(payment) && !isPast(payment.last, this.#settled)
    if (payment.decidedBy === 'hub' || isSettled || ended.includes(payment.state)) this.#risky.delete(payment.id)
    else this.#risky.set(payment.id, payment)
    if (entry.kind === 'payment.accepted_offline') this.#accepted(payment, entry.body.policyVersion)
  }

  heard(at: DurationMs, hubTime: number): void {
    if (this.#heard === undefined || hubTime > this.#heard.hubTime) this.#heard = { at, hubTime }
  }

  settled(settled: Place): void {
    if (isPast(settled, this.#settled)) this.#settled = settled
    for (const [id, { state, last }] of this.#risky) if (state !== 'intended' && state !== 'unknown' && !isPast(last, this.#settled)) this.#risky.delete(id)
  }

  /** The till's disk is another one. */
  restored(payments: Iterable<PaymentTruth>, head: Place): void {
    this.#risky.clear()
    if (isPast(this.#settled, head)) this.#settled = head
    for (const payment of payments) {
      const open = payment.state === 'intended' || payment.state === 'unknown'
      const atRisk = payment.decidedBy === 'policy' && !ended.includes(payment.state) && isPast(payment.last, this.#settled)
      if (open || atRisk) this.#risky.set(payment.id, payment)
    }
  }

  /** What this till has accepted alone and the hub has not settled. What it has asked the hub about is nobody's risk before it decides that itself. */
  get acceptedMinor(): Minor {
    return [...this.#risky.values()].reduce((sum, payment) => sum + (isOpen(payment) ? 0 : riskOf(payment)), 0)
  }

  #accepted(payment: PaymentTruth, version: number): void {
    const { now } = this.#law
    const policy = this.#policy.accepted(this.#machine, version, this.#codeOf(payment), now())
    if (policy === undefined) return
    const { offline: caps, storeSlice } = policy
    const wallet = this.#walletOf(payment)
    let till = 0
    let instrument = 0
    for (const other of this.#risky.values()) {
      till += riskOf(other)
      if (this.#walletOf(other) === wallet) instrument += riskOf(other)
    }
    const silent = now() - (this.#heard?.at ?? -Infinity)
    const differ = this.#law.hubTimeWasWrong() || this.#machine.clock.wasWrong ? CLOCKS_DIFFER : UNDER_WAY
    const step = caps.steps?.findLast(({ afterMs }) => silent > afterMs + differ)
    if (silent > (caps.steps?.[0]?.afterMs ?? Infinity) + UNDER_WAY) this.#policy.moves.add('took after a step')
    // The step of after that long, by whole minor units: less than one is nothing.
    const left = (cap: Minor): Minor => (step === undefined ? cap : Math.ceil((cap * step.capsPpm) / 1_000_000))
    const after = step === undefined ? '' : ' after a step'
    if (payment.amountMinor > left(caps.perPaymentMinor)) this.#over(payment.amountMinor, `one payment${after}`, left(caps.perPaymentMinor))
    if (till > left(caps.perTillMinor)) this.#over(till, `this till${after}`, left(caps.perTillMinor))
    const slice = this.#law.lends ? Infinity : left(storeSlice?.sliceMinor ?? Infinity)
    if (till > slice) this.#over(till, `its slice of the store${after}`, slice)
    if (instrument > left(caps.perInstrumentMinor)) this.#over(instrument, `one wallet${after}`, left(caps.perInstrumentMinor))
    if (silent > caps.maxOfflineMs + CLOCKS_DIFFER)
      this.#trace.violation(10, `${this.#machine.name} accepted without the hub, of which it had heard nothing for ${Math.round(silent / HOUR)} h`)
  }

  #codeOf({ code }: PaymentTruth): GenuineCode | undefined {
    return code === undefined ? undefined : this.#law.genuine(code)
  }

  #walletOf(payment: PaymentTruth): string | undefined {
    return this.#codeOf(payment)?.wallet
  }

  #over(sum: Minor, of: string, cap: Minor): void {
    this.#trace.violation(3, `${this.#machine.name} accepted without the hub up to ${sum} of ${of}, where ${cap} is the cap`)
  }
}

const isOpen = ({ state }: PaymentTruth): boolean => state === 'intended' || state === 'unknown'
const riskOf = ({ amountMinor, refundedMinor }: PaymentTruth): Minor => amountMinor - refundedMinor

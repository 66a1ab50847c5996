import type { Minor } from '../money.ts'
import type { InstrumentKind } from '../policy/bundle.ts'
import { DAY, HOUR, type DurationMs, type EpochMs } from '../time.ts'

/**
 * What a till without the hub can tell of a payment: from its own journal, and from what the hub had said about this till when it signed the policy. Nothing in here names a person, and
 * nothing leaves the till. The hub computes the same numbers from the same journal, to learn from them: what is learned from is what is asked.
 *
 * Amounts in minor units, times in days but where a name says otherwise, −1 where there is nothing to say.
 */
export const loneFeatures = [
  'amount',
  'hour',
  'weekend',
  'kind',
  'amount_of_limit',
  'exposure_of_limit',
  'seen_here',
  'since_last_here',
  'count_here_1h',
  'count_here_1d',
  'count_here_7d',
  'sum_here_1d',
  'ratio_to_mean_here',
  'ratio_to_largest_here',
  'till_count_1h',
  'till_count_1d',
  'till_since_last',
  'till_ratio_to_mean',
  'till_busy',
  'till_new_1h',
  'till_largest_ratio_1d',
  'hours_alone',
  'code_age_s',
  'till_frauds',
  'till_fraud_share',
  'till_fraud_run',
  'till_since_fraud',
] as const
export const LONE_FEATURES = loneFeatures.length

/** What the hub knew of a till when it signed: payments of the last four weeks whose outcome was known, the bad ones among them, and how many bad ones came last, one after the other. */
export type TillStanding = { readonly payments: number; readonly frauds: number; readonly run: number; readonly lastFraudAt?: EpochMs | undefined }
const UNKNOWN: TillStanding = { payments: 0, frauds: 0, run: 0 }

/** A payment that somebody wants to make. `instrument`: what its sums are counted by, on this till alone. */
export type LonePayment = {
  readonly at: EpochMs
  readonly instrument: string
  readonly kind: InstrumentKind
  readonly amountMinor: Minor
  /** Of the credential: each payment, and all that is not settled. */
  readonly limits?: { readonly perPaymentLimitMinor: Minor; readonly totalLimitMinor: Minor } | undefined
  /** Of this instrument on this till, not settled by the hub. */
  readonly exposureMinor: Minor
  /** Since the hub was heard last. */
  readonly offlineFor: DurationMs
  /** How old the code was when it was scanned. */
  readonly codeAgeMs?: DurationMs | undefined
  readonly standing?: TillStanding | undefined
}

/** A payment that was captured here. */
export type LonePast = Pick<LonePayment, 'at' | 'instrument' | 'amountMinor'>

/** So many of its last payments a till looks back upon. */
export const REMEMBERED = 1000
const WEEK: DurationMs = 7 * DAY
const kinds: Readonly<Record<InstrumentKind, number>> = { wallet_shown: 0, wallet_bound: 1, card: 2, credit: 3 }

type Past = LonePast & { readonly isNew: boolean; readonly ratio: number }

/** A till's memory of its own last payments. */
export class LoneMemory {
  readonly #past: Past[] = []
  readonly #own = new Map<string, Past[]>()
  #sum = 0

  /** Payments come in the order of time; one that is older than the last is taken as if it had come with it. */
  add({ at, instrument, amountMinor }: LonePast): void {
    const own = this.#own.get(instrument) ?? []
    const past: Past = { at: Math.max(at, this.#past.at(-1)?.at ?? 0), instrument, amountMinor, isNew: own.length === 0, ratio: this.#ratio(amountMinor) }
    this.#past.push(past)
    this.#own.set(instrument, own)
    own.push(past)
    this.#sum += amountMinor
    if (this.#past.length > REMEMBERED) this.#forget()
  }

  /** As many numbers as there are names in `loneFeatures`, in their order. */
  features(payment: LonePayment): Float64Array {
    const out = new Float64Array(LONE_FEATURES)
    const { at, amountMinor, limits, exposureMinor, offlineFor, codeAgeMs, standing = UNKNOWN } = payment
    const day = Math.floor(at / DAY)
    let i = 0
    out[i++] = amountMinor
    out[i++] = Math.floor((at - day * DAY) / HOUR)
    // 1970-01-01 was a Thursday.
    out[i++] = (day + 3) % 7 >= 5 ? 1 : 0
    out[i++] = kinds[payment.kind]
    out[i++] = limits === undefined ? -1 : share(amountMinor, limits.perPaymentLimitMinor)
    out[i++] = limits === undefined ? -1 : share(exposureMinor + amountMinor, limits.totalLimitMinor)
    i = this.#writeInstrument(out, i, payment)
    i = this.#writeTill(out, i, payment)
    out[i++] = offlineFor / HOUR
    out[i++] = codeAgeMs === undefined ? -1 : codeAgeMs / 1000
    out[i++] = standing.frauds
    out[i++] = share(standing.frauds, standing.payments)
    out[i++] = standing.run
    out[i++] = standing.lastFraudAt === undefined ? -1 : (at - standing.lastFraudAt) / DAY
    return out
  }

  #writeInstrument(out: Float64Array, start: number, { at, instrument, amountMinor }: LonePayment): number {
    const own = this.#own.get(instrument) ?? []
    let [hour, today, week, todaysSum, sum, largest] = [0, 0, 0, 0, 0, 0]
    for (const past of own) {
      sum += past.amountMinor
      if (past.amountMinor > largest) largest = past.amountMinor
      if (past.at > at - WEEK) week++
      if (past.at > at - HOUR) hour++
      if (past.at <= at - DAY) continue
      today++
      todaysSum += past.amountMinor
    }
    let i = start
    out[i++] = own.length
    out[i++] = since(at, own.at(-1)?.at)
    out[i++] = hour
    out[i++] = today
    out[i++] = week
    out[i++] = todaysSum
    out[i++] = sum === 0 ? -1 : (amountMinor * own.length) / sum
    out[i++] = largest === 0 ? -1 : amountMinor / largest
    return i
  }

  #writeTill(out: Float64Array, start: number, { at, amountMinor }: LonePayment): number {
    let [hour, today, fresh, largest, week] = [0, 0, 0, 0, 0]
    for (let k = this.#past.length - 1; k >= 0; k--) {
      const past = this.#past[k] as Past
      if (past.at <= at - WEEK) break
      week++
      if (past.at > at - HOUR) {
        hour++
        if (past.isNew) fresh++
      }
      if (past.at <= at - DAY) continue
      today++
      if (past.ratio > largest) largest = past.ratio
    }
    let i = start
    out[i++] = hour
    out[i++] = today
    out[i++] = since(at, this.#past.at(-1)?.at)
    out[i++] = this.#ratio(amountMinor)
    // Against the rate of a whole week, nights included.
    out[i++] = week === 0 ? -1 : (hour * (WEEK / HOUR)) / week
    out[i++] = fresh
    out[i++] = largest
    return i
  }

  #ratio(amountMinor: Minor): number {
    return this.#sum === 0 ? 1 : (amountMinor * this.#past.length) / this.#sum
  }

  #forget(): void {
    const gone = this.#past.shift()
    if (gone === undefined) return
    this.#sum -= gone.amountMinor
    const own = this.#own.get(gone.instrument)
    own?.shift()
    if (own?.length === 0) this.#own.delete(gone.instrument)
  }
}

const since = (now: EpochMs, then: EpochMs | undefined): number => (then === undefined ? -1 : (now - then) / DAY)
const share = (part: number, whole: number): number => (whole <= 0 ? -1 : part / whole)

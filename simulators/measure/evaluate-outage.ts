import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Policy } from '#protocol/policy/bundle.ts'
import { decideOffline, type Situation } from '#protocol/policy/decide.ts'
import { LoneMemory, loneFeatures, type LonePayment } from '#protocol/risk/lone.ts'
import { rulesAsClosures, ruleSet } from '#protocol/risk/rules.ts'
import { DAY, HOUR, type EpochMs } from '#protocol/time.ts'
import { cheapest, fitLone, type CurvePoint, type LoneFit, type LoneSample } from '../../hub/risk/lone-fit.ts'
import { LABEL_DELAY } from '../../hub/risk/history.ts'
import { dayOf } from '../../hub/risk/learning.ts'
import { standingOf } from '../../hub/risk/standing.ts'
import { Random } from '../world/random.ts'
import { town } from './town.ts'
import type { Transactions } from './transactions.ts'

/** One terminal in so many is cut off on a day, from a minute of that day on, for one hour to a day. */
const CUT_OFF = 5
/** A refused good payment costs this share of its sum, in parts per million: a shop's margin. */
const REFUSED_COSTS_PPM = 100_000
const LEARNED_AT_LEAST = 30 * DAY
const WEEK = 7 * DAY
/** One in so many good payments is kept for learning, and every bad one. */
const SAMPLED = 20
/** Samples stay so long. */
const KEPT = 90 * DAY

/** What a shop might allow, and the data's payments are mostly within. */
const POLICY: Policy = {
  v: 1,
  version: 1,
  till: 'till',
  issuedAt: 0,
  validUntil: Number.MAX_SAFE_INTEGER,
  currency: 'EUR',
  offline: {
    perPaymentMinor: 15_000,
    perShownCodeMinor: 5000,
    perInstrumentMinor: 20_000,
    perTillMinor: 100_000,
    maxOfflineMs: 2 * DAY,
    instruments: { card: { perPaymentMinor: 15_000, perInstrumentMinor: 20_000 } },
  },
  holdWaitMs: 1500,
  duplicateBorneBy: 'issuer',
}

/** What somebody would write down for lone tills without having seen these data's frauds. */
const RULES = ruleSet.parse({
  v: 1,
  version: 1,
  rules: [
    { id: 'large_here', says: 'much more than this till usually takes', outcome: 'decline', when: { feature: 'till_ratio_to_mean', above: 3 } },
    { id: 'large_for_it', says: 'much more than it has paid here', outcome: 'decline', when: { feature: 'ratio_to_largest_here', above: 3 } },
    { id: 'again_and_again', says: 'often within a day', outcome: 'decline', when: { feature: 'count_here_1d', above: 2 } },
    { id: 'till_under_attack', says: 'this till’s last payments were all bad', outcome: 'decline', when: { feature: 'till_fraud_run', above: 1 } },
  ],
}).rules

const strategies = ['no_risk', 'caps', 'rules', 'model'] as const
type Strategy = (typeof strategies)[number]

/** Of the payments at tills that were cut off. Minor units; `cost`: loss and what the refused good ones cost. */
export type OutageRow = {
  readonly strategy: Strategy
  readonly payments: number
  readonly loss_minor: number
  readonly loss_share: number
  readonly frauds_accepted: number
  /** Good and bad. */
  readonly refused: number
  readonly refused_good: number
  readonly refused_good_share: number
  readonly refused_good_minor: number
  readonly cost_minor: number
}
type Sums = { payments: number; taken: number; lossMinor: number; badMinor: number; accepted: number; refused: number; refusedMinor: number; good: number }

export type OutageEvaluation = {
  readonly metrics: Readonly<Record<string, number>>
  readonly rows: readonly OutageRow[]
  readonly curve: readonly CurvePoint[]
}

/** An invented town, for who has no data. */
export function townTransactions(payments: number): Transactions {
  const paid = town(new Random('outage'), payments)
  return {
    count: paid.length,
    at: Float64Array.from(paid, ({ at }) => at),
    card: paid.map(({ card }) => card),
    terminal: paid.map(({ terminal }) => terminal),
    amountMinor: Float64Array.from(paid, ({ amountMinor }) => amountMinor),
    fraud: Uint8Array.from(paid, ({ isFraud }) => (isFraud ? 1 : 0)),
    scenario: new Uint8Array(paid.length),
  }
}

type Till = { readonly memory: LoneMemory; readonly past: { readonly at: EpochMs; readonly isBad: boolean }[]; outage: Outage | undefined }
/** `accepted`: what each way of deciding has at risk here since this outage began. */
type Outage = { readonly from: EpochMs; readonly accepted: Readonly<Record<Strategy, { till: number; readonly cards: Map<string, number> }>> }

/**
 * One pass in the order of time. Every payment teaches its till and, a week later, the hub; those at a till that is cut off are decided four ways, each with what it itself had
 * accepted in that outage. The model is fitted anew each week on outcomes that were known then (a week old), its threshold chosen on the newest of these; what the hub knew of a till is of the
 * day on which the outage began. A refused payment is taken to have been made in another way.
 */
export function evaluateOutage(all: Transactions): Outcome<OutageEvaluation, 'entry.malformed'> {
  const begin = dayOf(all.at[0] ?? 0) + LEARNED_AT_LEAST
  if ((all.at[all.count - 1] ?? 0) < begin + WEEK) return fail('entry.malformed', 'it has no payments of a week after the first month')
  const tills = new Map<string, Till>()
  const sums = { no_risk: zero(), caps: zero(), rules: zero(), model: zero() }
  const judge = new Judge()
  for (let i = 0; i < all.count; i++) {
    const [at, terminal, card, amountMinor, isBad] = [all.at[i] ?? 0, all.terminal[i] ?? '', all.card[i] ?? '', all.amountMinor[i] ?? 0, all.fraud[i] === 1]
    const till = tills.get(terminal) ?? { memory: new LoneMemory(), past: [], outage: undefined }
    tills.set(terminal, till)
    const from = outageAt(terminal, at)
    if (from !== till.outage?.from)
      till.outage = from === undefined ? undefined : { from, accepted: { no_risk: book(), caps: book(), rules: book(), model: book() } }
    const payment: LonePayment = {
      at,
      instrument: card,
      kind: 'card',
      amountMinor,
      exposureMinor: till.outage?.accepted.caps.cards.get(card) ?? 0,
      offlineFor: from === undefined ? 0 : at - from,
      standing: standingOf(till.past, dayOf(from ?? at)),
    }
    const features = till.memory.features(payment)
    if (at >= begin) judge.retrain(at)
    if (at >= begin && till.outage !== undefined)
      for (const strategy of strategies) count(sums[strategy], judge.decide(strategy, payment, till.outage, features), amountMinor, isBad)
    judge.learn({ at, features, amountMinor, isBad, withinCaps: amountMinor <= POLICY.offline.perPaymentMinor, weight: isBad ? 1 : SAMPLED }, i)
    till.past.push({ at, isBad })
    till.memory.add(payment)
  }
  const rows = strategies.map((strategy) => rowOf(strategy, sums[strategy]))
  const metrics = Object.fromEntries(
    rows.flatMap(({ strategy, loss_share, refused_good_share, cost_minor }) => [
      [`${strategy}_loss_share`, loss_share],
      [`${strategy}_refused_good_share`, refused_good_share],
      [`${strategy}_cost_minor`, cost_minor],
    ]),
  )
  const { fit } = judge
  return ok({ metrics: { payments: sums.caps.payments, ...metrics, model_bytes: fit?.bytes ?? 0, fits: judge.fits }, rows, curve: fit?.points ?? [] })
}

class Judge {
  readonly #samples: LoneSample[] = []
  readonly #rules = rulesAsClosures(RULES, loneFeatures)
  readonly #fired = new Uint32Array(1)
  #week = 0
  #policy: Policy = POLICY
  fit: LoneFit | undefined
  fits = 0

  learn(sample: LoneSample, id: number): void {
    if (sample.isBad || (Math.imul(id + 1, 2_654_435_761) >>> 16) % SAMPLED === 0) this.#samples.push(sample)
  }

  retrain(now: EpochMs): void {
    const week = Math.floor(now / WEEK)
    if (week === this.#week) return
    this.#week = week
    const known = this.#samples.filter(({ at }) => at <= week * WEEK - LABEL_DELAY && at > week * WEEK - LABEL_DELAY - KEPT)
    const fit = fitLone(known, week * WEEK - LABEL_DELAY - WEEK)
    const point = fit && cheapest(fit.points, REFUSED_COSTS_PPM)
    if (fit === undefined || point === undefined) return
    this.fit = fit
    this.fits++
    this.#policy = { ...POLICY, risk: { model: fit.model, refuseAbove: point.refuseAbove } }
  }

  decide(strategy: Strategy, { at, instrument, amountMinor, offlineFor }: LonePayment, { accepted }: Outage, lone: Float64Array): boolean {
    if (strategy === 'no_risk') return true
    const own = accepted[strategy]
    const exposure = own.cards.get(instrument) ?? 0
    const situation: Situation = { now: at, clockDoubtful: false, offlineFor, tillExposureMinor: own.till }
    const asked = {
      amountMinor,
      currency: 'EUR',
      instrument: { kind: 'card' },
      instrumentExposureMinor: exposure,
      instrumentCount: 0,
      denyFingerprints: [],
      lone,
    } as const
    this.#rules(lone, this.#fired)
    const isAccepted = decideOffline(strategy === 'model' ? this.#policy : POLICY, situation, asked).ok && (strategy !== 'rules' || this.#fired[0] === 0)
    if (!isAccepted) return false
    own.till += amountMinor
    own.cards.set(instrument, exposure + amountMinor)
    return true
  }
}

const book = (): { till: number; cards: Map<string, number> } => ({ till: 0, cards: new Map() })
const zero = (): Sums => ({ payments: 0, taken: 0, lossMinor: 0, badMinor: 0, accepted: 0, refused: 0, refusedMinor: 0, good: 0 })

function count(sums: Sums, isAccepted: boolean, amountMinor: number, isBad: boolean): void {
  sums.payments++
  if (isAccepted) sums.taken++
  if (isBad) {
    sums.badMinor += amountMinor
    if (!isAccepted) return
    sums.lossMinor += amountMinor
    sums.accepted++
    return
  }
  sums.good++
  if (isAccepted) return
  sums.refused++
  sums.refusedMinor += amountMinor
}

const rowOf = (strategy: Strategy, sums: Sums): OutageRow => ({
  strategy,
  payments: sums.payments,
  loss_minor: sums.lossMinor,
  loss_share: share(sums.lossMinor, sums.badMinor),
  frauds_accepted: sums.accepted,
  refused: sums.payments - sums.taken,
  refused_good: sums.refused,
  refused_good_share: share(sums.refused, sums.good),
  refused_good_minor: sums.refusedMinor,
  cost_minor: Math.round(sums.lossMinor + (sums.refusedMinor * REFUSED_COSTS_PPM) / 1_000_000),
})

const share = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000)

/** When the outage began in which this terminal is at this moment; undefined if it is not cut off. The same whoever asks: a number of terminal and day. */
function outageAt(terminal: string, at: EpochMs): EpochMs | undefined {
  const today = Math.floor(at / DAY)
  for (const day of [today, today - 1]) {
    const chance = mixed(terminal, day)
    if (chance % CUT_OFF !== 0) continue
    const from = day * DAY + ((chance >>> 4) % 1440) * 60_000
    if (at >= from && at < from + HOUR * (1 + ((chance >>> 16) % 24))) return from
  }
  return undefined
}

function mixed(terminal: string, day: number): number {
  let hash = day | 0
  for (let k = 0; k < terminal.length; k++) hash = Math.imul(hash ^ terminal.charCodeAt(k), 2_654_435_761) + k
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519)
  return (hash ^ (hash >>> 13)) >>> 0
}

import { fitInWorker } from './lone-fitting.ts'
import { decidedAgain, paymentsSeen, type Seen } from './replay.ts'
import type { PolicyRules } from './rules.ts'
import { LABEL_DELAY } from '../risk/history.ts'
import { LEAST_BAD, type LoneSample } from '../risk/lone-fit.ts'
import { standingOf } from '../risk/standing.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { LoneCurve, LoneCurveAnswer } from '#protocol/hub-api/policy.ts'
import type { Id } from '#protocol/ids.ts'
import type { TillStanding } from '#protocol/risk/lone.ts'
import { DAY, HOUR, type Clock, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** So far back a model looks. */
const LEARNED_FROM: DurationMs = 60 * DAY
/** The newest part of what is known judges what was learned from the rest. */
const JUDGED_SHARE = 0.3
/** Tills hear anew of what is known of them so often. */
const STANDING_HOLDS: DurationMs = 6 * HOUR

export type LoneDeskPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly store: HubStore
  readonly currency: string
  /** An invented shop's past, for a hub that has none: in the order of time. */
  readonly invented?: (() => readonly Seen[]) | undefined
  has(fingerprint: number): boolean
  tills(): Promise<number>
}

export interface LoneDesk {
  curve(rules: PolicyRules): Promise<LoneCurveAnswer>
  /** What was known of a till lately; asks for newer where it is old. Nothing waits for it. */
  standingOf(till: Id): TillStanding | undefined
}

/** What this hub's payments teach about tills that are alone: the curve that a person chooses from, and how each till stands. */
export function createLoneDesk({ clock, crypto, store, currency, invented, has, tills }: LoneDeskPorts): LoneDesk {
  let standings: ReadonlyMap<Id, TillStanding> = new Map()
  let askedAt: EpochMs = -Infinity
  let learning: Promise<LoneCurveAnswer> | undefined

  const seenSince = async (now: EpochMs): Promise<readonly Seen[]> => await paymentsSeen(store, crypto, now - LEARNED_FROM)

  async function refresh(now: EpochMs): Promise<void> {
    const byTill = Map.groupBy(await seenSince(now), ({ payment }) => payment.till)
    standings = new Map([...byTill].map(([till, seen]) => [till, standingOf(asPast(seen), now)]))
  }

  async function fitted(rules: PolicyRules, seen: readonly Seen[], until: EpochMs, isInvented: boolean): Promise<LoneCurve | undefined> {
    const samples = samplesOf(rules, seen, await tills(), currency, has, until)
    const judgedFrom = samples[Math.floor(samples.length * (1 - JUDGED_SHARE))]?.at ?? until
    if (badIn(samples) <= LEAST_BAD) return undefined
    const fit = await fitInWorker(samples, judgedFrom)
    return fit && { ...fit, judgedFrom, invented: isInvented }
  }

  async function learn(rules: PolicyRules): Promise<LoneCurveAnswer> {
    const now = clock.now()
    const seen = await seenSince(now)
    const bad = seen.filter(({ isBad, payment }) => isBad && payment.at <= now - LABEL_DELAY).length
    const own = await fitted(rules, seen, now - LABEL_DELAY, false)
    const past = own === undefined ? (invented?.() ?? []) : []
    const curve = own ?? (past.length === 0 ? undefined : await fitted(rules, past, Infinity, true))
    return { bad, needed: LEAST_BAD, ...(curve === undefined ? {} : { curve }) }
  }

  return {
    // Whoever asks while somebody waits gets the same answer: one processor at most is learning.
    curve: (rules) => (learning ??= learn(rules).finally(() => (learning = undefined))),
    standingOf(till) {
      const now = clock.now()
      if (now - askedAt >= STANDING_HOLDS) {
        askedAt = now
        // What is not known now is known next time; a policy goes out without waiting.
        refresh(now).catch(() => (askedAt = -Infinity))
      }
      return standings.get(till)
    },
  }
}

const asPast = (seen: readonly Seen[]) => seen.map(({ payment: { at }, isBad }) => ({ at, isBad }))
const badIn = (samples: readonly LoneSample[]): number => samples.filter(({ isBad }) => isBad).length

/** What lone tills would have known of each payment whose outcome is known, and whether these caps would have taken it. */
function samplesOf(
  { risk: _, ...caps }: PolicyRules,
  seen: readonly Seen[],
  tills: number,
  currency: string,
  has: (fingerprint: number) => boolean,
  until: EpochMs,
): readonly LoneSample[] {
  const samples: LoneSample[] = []
  for (const { one, decided, lone } of decidedAgain(caps, seen, tills, currency, has, false)) {
    const { at, amountMinor } = one.payment
    if (at <= until) samples.push({ at, amountMinor, features: lone(), isBad: one.isBad, withinCaps: decided.ok, weight: 1 })
  }
  return samples
}

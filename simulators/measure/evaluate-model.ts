import { trainChallenger, type Trained } from '../../hub/risk/challenger.ts'
import { FEATURES, FeaturePass } from '../../hub/risk/features.ts'
import type { KnownDecision, PastDecisions } from '../../hub/risk/known.ts'
import { trainingSet } from '../../hub/risk/training-rows.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, type EpochMs } from '#protocol/time.ts'
import { dayOf } from '../../hub/risk/learning.ts'
import type { Transactions } from './transactions.ts'

const WEEKS_BETWEEN = 4
const SHARE = 1000

/**
 * The model as a hub makes it, on public data: a champion as it would have been four weeks before the end, and the challenger of the last day, with what its card says
 * of the held-out week. What is measured is the whole way: sampling, held-out twin, calibration, comparison.
 */
export async function evaluateModel(
  all: Transactions,
): Promise<Outcome<{ readonly metrics: Record<string, number>; readonly detail: unknown }, 'entry.malformed'>> {
  const end = dayOf(all.at[all.count - 1] ?? 0) + DAY
  const past = replayed(all)
  const make = async (now: EpochMs, over?: Trained): Promise<Trained | undefined> => {
    const set = await trainingSet(past, now)
    const champion = over && { version: over.card.version, twin: over.twin }
    const made = trainChallenger({ set, version: (over?.card.version ?? 0) + 1, now, champion, edges: over?.reference.edges })
    return made.ok ? made.value : undefined
  }
  const champion = await make(end - WEEKS_BETWEEN * 7 * DAY)
  const before = process.cpuUsage()
  const challenger = champion && (await make(end, champion))
  const { user, system } = process.cpuUsage(before)
  if (challenger === undefined) return fail('entry.malformed', 'it has too few frauds to train a model and then another')
  const { card } = challenger
  const metrics = {
    ap: card.ap.value,
    ap_from: card.ap.from,
    ap_to: card.ap.to,
    auc: card.auc.value,
    brier: card.brier,
    ece: card.ece,
    ap_champion: card.against?.ap ?? 0,
    better: card.against?.better ?? 0,
    rows: card.learned.rows,
    held_out_rows: card.heldOut.rows,
    cpu_s: (user + system) / 1e6,
  }
  return ok({ metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value.toPrecision(4))])), detail: card })
}

/** All payments as decisions with their features, made anew each time: there is no room for all of them. */
const replayed = (all: Transactions): PastDecisions => ({
  async *between(from, to) {
    const pass = new FeaturePass((id) => all.fraud[id] === 1)
    const features = new Float64Array(FEATURES)
    let share: KnownDecision[] = []
    for (let i = 0; i < all.count; i++) {
      const at = all.at[i] ?? 0
      if (at >= to) break
      const amountMinor = all.amountMinor[i] ?? 0
      pass.observe({ at, card: all.card[i] ?? '', terminal: all.terminal[i] ?? '', amountMinor }, i, features)
      if (at < from) continue
      share.push({ payment: String(i), at, amountMinor, currency: 'EUR', features: features.slice(), outcome: 'approve', isFraud: all.fraud[i] === 1 })
      if (share.length < SHARE) continue
      yield share
      share = []
      await Promise.resolve()
    }
    yield share
  },
})

import { demoPast } from './demo-past.ts'
import { FEATURES, FeaturePass } from './risk/features.ts'
import { LABEL_DELAY } from './risk/history.ts'
import type { KnownDecision, PastDecisions } from './risk/known.ts'
import type { ModelDesk } from './risk/model-desk.ts'
import { trainingSet } from './risk/training-rows.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * The first model of a demo shop: learned from invented payments, always the same ones, since a demo has no past and a shop without a model has nothing to show. Its
 * card says so by its dates. As soon as a day's training on the shop's own payments is better on a later week, that one takes its place.
 */
export async function adoptDemoModel(models: Pick<ModelDesk, 'champion' | 'adopt'>): Promise<void> {
  if (models.champion !== undefined) return
  const { past, until } = inventedDecisions()
  await models.adopt({ set: await trainingSet(past, until), now: until })
}

export function inventedDecisions(): { readonly past: PastDecisions; readonly until: EpochMs } {
  const seen = demoPast()
  const last = seen.at(-1)
  invariant(last !== undefined, 'something was invented')
  const pass = new FeaturePass((id) => seen[id]?.isBad === true)
  const features = new Float64Array(FEATURES)
  const known = seen.map(({ payment: { id, at, wallet, till, amountMinor, currency }, isBad }, k): KnownDecision => {
    pass.observe({ at, card: wallet ?? id, terminal: till, amountMinor }, k, features)
    return { payment: id, at, amountMinor, currency, features: features.slice(), outcome: 'approve', isFraud: isBad }
  })
  const past: PastDecisions = {
    async *between(from, to) {
      yield await Promise.resolve(known.filter(({ at }) => at >= from && at < to))
    },
  }
  return { past, until: last.payment.at + LABEL_DELAY }
}

import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { bookSettings, DEPTH, scoreOf, train } from '../../hub/risk/boosting.ts'
import { bookFeatures, FEATURES, FeaturePass } from '../../hub/risk/features.ts'
import { apOf } from '../../hub/risk/metrics.ts'
import { Random } from '../world/random.ts'
import { town } from './town.ts'

/** What is used of the package, which has no types and exports a promise. */
type Booster = { train(rows: readonly number[][], labels: readonly number[]): void; predict(rows: readonly number[][]): number[]; free(): void }
const xgboost = createRequire(import.meta.url)('ml-xgboost') as Promise<new (settings: Readonly<Record<string, string | number>>) => Booster>

/** Our trees beside the reference's, with the same settings, on the same payments of an invented town. */
it('ranks frauds as XGBoost does', { timeout: 60_000 }, async () => {
  const paid = town(new Random('agreement'), 40_000)
  const pass = new FeaturePass((id) => paid[id]?.isFraud === true)
  const features = new Float64Array(FEATURES)
  const rows = paid.map((event, id) => {
    pass.observe(event, id, features)
    return bookFeatures.map((feature) => features[feature] ?? 0)
  })
  const labels = paid.map(({ isFraud }) => (isFraud ? 1 : 0))
  const [half, truth] = [rows.length / 2, labels.slice(rows.length / 2)]
  const trees = train(Float64Array.from(rows.slice(0, half).flat()), Uint8Array.from(labels.slice(0, half)), bookFeatures.length, bookSettings)
  const ours = rows.slice(half).map((row) => scoreOf(trees, Float64Array.from(row)))
  const { trees: iterations, rate, lambda, leastWeight } = bookSettings
  const Reference = await xgboost
  const theirs = new Reference({
    booster: 'gbtree',
    objective: 'binary:logistic',
    max_depth: DEPTH,
    eta: rate,
    lambda,
    min_child_weight: leastWeight,
    silent: 1,
    iterations,
  })
  theirs.train(rows.slice(0, half), labels.slice(0, half))
  const [own, other] = [apOf(ours, truth), apOf(theirs.predict(rows.slice(half)), truth)]
  theirs.free()
  expect(own).toBeGreaterThan(0.2)
  expect(Math.abs(own - other)).toBeLessThan(0.01)
})

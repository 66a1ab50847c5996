import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unbase64url } from '#protocol/bytes.ts'
import { compactScoreOf, LOGIT, MAX_MODEL_BYTES, readCompactTrees } from '#protocol/risk/compact-trees.ts'
import { LONE_FEATURES } from '#protocol/risk/lone.ts'
import { DAY } from '#protocol/time.ts'
import { packSamples, unpackSamples } from '../policy/lone-fitting.ts'
import { bookSettings, scoreOf, train } from './boosting.ts'
import { LABEL_DELAY } from './history.ts'
import { cheapest, compactOf, fitLone, LEAST_BAD, type LoneSample } from './lone-fit.ts'
import { standingOf } from './standing.ts'

function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

/** Bad are most that are large and new here, and a few others. */
function samples(count: number, seed: number): readonly LoneSample[] {
  const next = numbers(seed)
  return Array.from({ length: count }, (_, n) => {
    const features = Float64Array.from({ length: LONE_FEATURES }, () => Math.floor(next() * 100))
    features[0] = Math.floor(next() * 15_000)
    const isRisky = (features[0] ?? 0) > 9000 && (features[6] ?? 0) < 20
    return { at: n, features, amountMinor: features[0] ?? 0, isBad: isRisky ? next() < 0.7 : next() < 0.01, withinCaps: (features[0] ?? 0) < 12_000, weight: 1 }
  })
}

test('a curve falls in loss as it rises in refusals, from what the caps alone would do', () => {
  const all = samples(6000, 3)
  const fit = fitLone(all, 4000)
  const judged = all.filter(({ at, withinCaps }) => at >= 4000 && withinCaps)
  const bad = judged.filter(({ isBad }) => isBad)
  const badMinor = bad.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  expect(fit).toMatchObject({ judged: judged.length, bad: bad.length, badMinor })
  expect(fit?.bytes).toBeLessThan(MAX_MODEL_BYTES)
  const points = fit?.points ?? []
  expect(points[0]).toMatchObject({ lossMinor: badMinor, refused: 0 })
  const trees = readCompactTrees(unbase64url(fit?.model ?? '') ?? new Uint8Array(0))
  points.forEach((point, at) => {
    expect(point.lossMinor).toBeLessThanOrEqual(points[at - 1]?.lossMinor ?? Infinity)
    expect(point.refused).toBeGreaterThanOrEqual(points[at - 1]?.refused ?? 0)
    const refused = judged.filter(({ features }) => trees !== undefined && compactScoreOf(trees, features) > point.refuseAbove)
    expect(point).toMatchObject({
      refused: refused.filter(({ isBad }) => !isBad).length,
      lossMinor: badMinor - refused.reduce((sum, { isBad, amountMinor }) => sum + (isBad ? amountMinor : 0), 0),
    })
  })
  expect(cheapest(points, 100_000)?.lossMinor).toBeLessThan(badMinor / 2)
  expect(cheapest(points, 1_000_000_000)?.refused).toBe(0)
})

test('what it is judged by it has not learned from, and of too few nothing is learned', () => {
  const all = samples(3000, 5)
  const flipped = all.map((sample) => (sample.at >= 2000 ? { ...sample, isBad: !sample.isBad } : sample))
  expect(fitLone(flipped, 2000)?.model).toBe(fitLone(all, 2000)?.model)
  const few = all.filter(({ isBad, at }) => !isBad || at < 10 || at >= 2000)
  expect(few.filter(({ isBad, at }) => isBad && at < 2000).length).toBeLessThan(LEAST_BAD)
  expect(fitLone(few, 2000)).toBeUndefined()
})

test('the small trees say what the large ones say', () => {
  const all = samples(2000, 7)
  const rows = Float64Array.from(all.flatMap(({ features }) => [...features]))
  const trees = train(
    rows,
    Uint8Array.from(all, ({ isBad }) => Number(isBad)),
    LONE_FEATURES,
    bookSettings,
  )
  const small = compactOf(trees, -1.5)
  for (const { features } of all) expect(Math.abs(compactScoreOf(small, features) / LOGIT - scoreOf(trees, features) + 1.5)).toBeLessThan(0.02)
})

test('samples come out of a worker’s parcel as they went in', () => {
  const all = samples(50, 9)
  expect(unpackSamples(packSamples(all))).toEqual(all)
})

test('a till’s standing is what a naive count of known outcomes says', () => {
  const now = 100 * DAY
  const past = fc.array(fc.record({ at: fc.integer({ min: 50 * DAY, max: now }), isBad: fc.boolean() }), { maxLength: 30 })
  fc.assert(
    fc.property(past, (unordered) => {
      const all = unordered.toSorted((a, b) => a.at - b.at)
      const known = all.filter(({ at }) => at <= now - LABEL_DELAY && at > now - LABEL_DELAY - 28 * DAY)
      const lastGood = known.findLastIndex(({ isBad }) => !isBad)
      const lastFraudAt = known.findLast(({ isBad }) => isBad)?.at
      expect(standingOf(all, now)).toEqual({
        payments: known.length,
        frauds: known.filter(({ isBad }) => isBad).length,
        run: known.length - 1 - lastGood,
        ...(lastFraudAt === undefined ? {} : { lastFraudAt }),
      })
    }),
  )
})

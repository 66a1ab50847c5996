import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DriftMonitor, edgesOf, psiOf, referenceOf } from './drift.ts'
import { FEATURES, featureNames } from './features.ts'
import { invented } from './test-decisions.ts'
import { DAY } from '#protocol/time.ts'

const START = Date.UTC(2027, 0, 1)
const flat = (decisions: ReturnType<typeof invented>): Float64Array => {
  const rows = new Float64Array(decisions.length * FEATURES)
  decisions.forEach(({ features }, r) => rows.set(features, r * FEATURES))
  return rows
}
const before = invented({ from: START, days: 5, perDay: 400 })
const probability = (features: Float64Array): number => Math.min(0.99, (features[0] ?? 0) / 100_000)
const edges = edgesOf(flat(before))
const reference = referenceOf(
  edges,
  flat(before),
  Float64Array.from(before, ({ features }) => probability(features)),
  new Float64Array(before.length).fill(1),
)

function seen(days: number, change: (features: Float64Array) => Float64Array = (features) => features) {
  const monitor = new DriftMonitor(edges)
  for (const { at, features } of invented({ from: START + 10 * DAY, days, perDay: 200, seed: 5 })) {
    const changed = change(features)
    monitor.see(at, changed, probability(changed))
  }
  return monitor
}
const z = featureNames.indexOf('card_z_30d')

describe('drift', () => {
  it('of payments like those before is none', () => {
    const { alerts, score, features, payments, days } = seen(7).state(reference)
    expect(alerts).toEqual([])
    expect(payments).toBe(1400)
    expect(days).toHaveLength(7)
    expect(score?.level).toBe('steady')
    expect(features.every(({ psi, level }) => psi < 0.1 && level === 'steady')).toBe(true)
  })

  it('of a feature that moved, is one value or says nothing is told, and of nothing else', () => {
    const moved = seen(7, (features) => features.with(0, (features[0] ?? 0) * 3)).state(reference)
    expect(moved.alerts.map(({ what, feature }) => feature ?? what).toSorted()).toEqual(['amount', 'score'])
    expect(seen(7, (features) => features.with(z, 0)).state(reference).alerts).toMatchObject([{ what: 'constant', feature: 'card_z_30d' }])
    let n = 0
    expect(seen(7, (features) => features.with(z, n++ % 2 === 0 ? -1 : (features[z] ?? 0))).state(reference).alerts).toMatchObject([
      { what: 'missing', feature: 'card_z_30d' },
    ])
  })

  it('of few payments is not told, and labels that come late are', () => {
    expect(seen(1, (features) => features.with(0, 0)).state(reference).alerts).toEqual([])
    const monitor = seen(7)
    for (let k = 0; k < 3000; k++) monitor.heard((k % 40) * DAY)
    expect(monitor.state(reference)).toMatchObject({ labels: { frauds: 1000, medianDays: 20, most90Days: 36 }, alerts: [{ what: 'labels', value: 20 }] })
  })

  it('is counted the same in any order of days, and after a restart; what is remembered does not grow', () => {
    const decisions = invented({ from: START, days: 40, perDay: 20, seed: 3 })
    const [one, other] = [new DriftMonitor(edges), new DriftMonitor(edges)]
    for (const { at, features } of decisions) one.see(at, features, 0.01)
    const late = decisions.slice(-200)
    for (const { at, features } of [...decisions.slice(0, -200), ...late.toReversed()]) other.see(at, features, 0.01)
    expect(other.state(reference)).toEqual(one.state(reference))
    expect(new DriftMonitor(edges, structuredClone(one.save())).state(reference)).toEqual(one.state(reference))
    expect(one.save().days.length).toBeLessThanOrEqual(14)
    one.see(START, decisions[0]?.features ?? new Float64Array(FEATURES), 0.01)
    expect(one.state(reference)).toEqual(other.state(reference))
  })

  it('as an index is never negative, and nothing where nothing moved', () => {
    const shares = fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }).map((counts) => {
      const all = counts.reduce((sum, count) => sum + count, 1)
      return Float64Array.from(counts, (count) => count / all)
    })
    fc.assert(
      fc.property(shares, shares, (then, now) => {
        expect(psiOf(then, now)).toBeGreaterThanOrEqual(0)
        expect(psiOf(then, then)).toBe(0)
      }),
    )
  })
})

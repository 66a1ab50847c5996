import { describe, expect, it } from 'vitest'
import { celEnvironment, conditionOf } from './cel.ts'
import { celOf } from '#protocol/risk/rule-text.ts'
import { rulesAsClosures, type Condition } from '#protocol/risk/rules.ts'

const names = ['amount', 'card_mean_30d', 'terminal_fraud_run']
const environment = celEnvironment(names)
const large: Condition = { feature: 'amount', above: 22_000 }
const conditions: readonly Condition[] = [
  large,
  { feature: 'amount', atMost: -0.5 },
  { feature: 'amount', timesMoreThan: 'card_mean_30d', factor: 3 },
  { not: { feature: 'amount', timesMoreThan: 'card_mean_30d', factor: 1e-9 } },
  { any: [{ all: [large, { not: large }] }, { feature: 'terminal_fraud_run', above: 1 }] },
  { all: [large] },
  { left: { op: '-', of: ['amount', { op: '*', of: [-1, 'card_mean_30d'] }] }, is: '!=', right: 1e21 },
]

describe('a condition as text', () => {
  it.each(conditions.map((when) => [celOf(when), when] as const))('%s means what it was', (text, when) => {
    const read = conditionOf(environment, text)
    if (!read.ok) throw new Error(read.detail)
    const [one, other] = [when, read.value].map((each) => rulesAsClosures([{ id: 'r', says: 'so', outcome: 'review', when: each }], names))
    for (const row of [
      [0, 0, 0],
      [-1, 5, 2],
      [30_000, 100, 0],
      [30_000, 20_000, 3],
      [300, 100, 0],
    ]) {
      const fired = [new Uint32Array(1), new Uint32Array(1)] as const
      one?.(Float64Array.from(row), fired[0])
      other?.(Float64Array.from(row), fired[1])
      expect(fired[1]).toEqual(fired[0])
    }
  })
})

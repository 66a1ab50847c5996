import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bookSettings, scoreOf, train } from './boosting.ts'
import { compiledTrees } from './compiled-trees.ts'

/** Small, seeded, and even enough: the tests must not depend on the day. */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function world(count: number, features: number, seed: number, isFraud: (row: readonly number[]) => boolean) {
  const next = numbers(seed)
  const rows = new Float64Array(count * features)
  const labels = new Uint8Array(count)
  for (let r = 0; r < count; r++) {
    const row = Array.from({ length: features }, () => Math.floor(next() * 1000))
    rows.set(row, r * features)
    labels[r] = isFraud(row) ? 1 : 0
  }
  return { rows, labels }
}

describe('training', () => {
  it('finds what needs two features at once, and a rare answer in the tail of one', () => {
    const { rows, labels } = world(20_000, 4, 1, ([a = 0, b = 0, c = 0]) => (a > 700 && b < 200) || c > 995)
    const trees = train(rows, labels, 4, bookSettings)
    const right = labels.filter((label, r) => scoreOf(trees, rows, r * 4) > 0 === (label === 1)).length
    expect(right / labels.length).toBeGreaterThan(0.999)
  })

  it('gives the same model of the same rows, bit by bit', () => {
    const { rows, labels } = world(3000, 5, 7, ([a = 0, , c = 0]) => a + c > 1500)
    expect(train(rows, labels, 5, bookSettings)).toEqual(train(rows.slice(), labels.slice(), 5, bookSettings))
  })

  it('does not mind how features are scaled', () => {
    const { rows, labels } = world(3000, 3, 3, ([a = 0, b = 0]) => a > 800 || b > 950)
    const scaled = rows.map((value) => value * 8)
    const [one, other] = [train(rows, labels, 3, bookSettings), train(scaled, labels, 3, bookSettings)]
    fc.assert(
      fc.property(fc.nat(2999), (r) => {
        expect(scoreOf(other, scaled, r * 3)).toBe(scoreOf(one, rows, r * 3))
      }),
    )
  })

  it('says the same as code, bit by bit', () => {
    const { rows, labels } = world(3000, 6, 11, ([a = 0, b = 0, c = 0]) => a + b > 1500 || c > 950)
    const trees = train(rows, labels, 6, { ...bookSettings, trees: 60 })
    const compiled = compiledTrees(trees)
    const value = fc.oneof(fc.double(), fc.constantFrom(...trees.threshold))
    fc.assert(
      fc.property(fc.array(value, { minLength: 6, maxLength: 6 }), (values) => {
        const row = Float64Array.from(values)
        expect(compiled(row, trees.bias)).toBe(scoreOf(trees, row))
      }),
    )
  })

  it('of one answer alone never says the other', () => {
    const { rows } = world(200, 2, 5, () => false)
    expect(scoreOf(train(rows, new Uint8Array(200), 2, bookSettings), rows)).toBeLessThan(-3)
  })
})

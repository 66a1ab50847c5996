import { describe, expect, test } from 'vitest'
import { lanePlants } from './lane-plants.ts'
import { LANE_TERMS, laneMoves, runLaneWorld } from './lane-world.ts'

const SEEDS = 12
const STEPS = 60
const SEEDS_TO_FIND = 25

test('lanes keep their promises whatever is cut, lost, repeated or burnt, and everything that lanes can do happens', { timeout: 120_000 }, async () => {
  const moves = new Set<string>()
  let approved = 0
  let most = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await runLaneWorld({ seed, steps: STEPS })
    expect(result.violations, `seed ${seed}`).toEqual([])
    for (const move of result.moves) moves.add(move)
    approved += result.approved
    most = Math.max(most, result.mostAtRiskMinor)
  }
  expect(laneMoves.filter((move) => !moves.has(move))).toEqual([])
  expect(approved).toBeGreaterThan(10 * SEEDS)
  // A simulation that never comes near the cap would not know whether it holds.
  expect(most).toBeGreaterThan(LANE_TERMS.storeMinor / 2)
})

test('the same seed is the same world', { timeout: 30_000 }, async () => {
  const [one, again] = [await runLaneWorld({ seed: 3, steps: STEPS }), await runLaneWorld({ seed: 3, steps: STEPS })]
  expect(again.hash).toBe(one.hash)
})

describe('it bites:', () => {
  test.each(Object.entries(lanePlants))('%s', { timeout: 60_000 }, async (_name, { breaks, bug, terms }) => {
    let found = false
    for (let seed = 1; seed <= SEEDS_TO_FIND && !found; seed++) {
      const { violations } = await runLaneWorld({ seed, steps: STEPS, ...(bug && { bug }), ...(terms && { terms }) })
      found = violations.some(({ invariant }) => breaks.includes(invariant))
    }
    expect(found).toBe(true)
  })
})

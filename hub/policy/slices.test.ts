import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { livingGrants, reservedFor, sliceFor, withoutOlder, type Grant } from './slices.ts'
import { HOUR } from '#protocol/time.ts'

const STORE = 100_000
const VALID = 24 * HOUR
const names = ['a', 'b', 'c', 'd']

describe('slices of a store’s cap', () => {
  test('are equal where nobody holds another', () => {
    expect(names.map((till) => sliceFor([], names, till, STORE + 2))).toEqual([25_001, 25_001, 25_000, 25_000])
  })

  test('a till that is away keeps its old slice until it ends, or until it says that it has a later one', () => {
    const old: Grant = { till: 'a', version: 1, issuedAt: 1, validUntil: VALID, sliceMinor: 80_000 }
    expect(sliceFor([old], ['a', 'b'], 'b', STORE)).toBe(20_000)
    const later: Grant = { ...old, issuedAt: 2, sliceMinor: 50_000 }
    expect(sliceFor([old, later], ['a', 'b'], 'b', STORE)).toBe(20_000)
    expect(sliceFor(withoutOlder([old, later], 'a', later), ['a', 'b'], 'b', STORE)).toBe(50_000)
    expect(sliceFor(livingGrants([old], VALID + 4 * HOUR), ['a', 'b'], 'b', STORE)).toBe(50_000)
    // A till that is no till of the store any more may still spend what it was given.
    expect(sliceFor([old], ['b'], 'b', STORE)).toBe(20_000)
  })

  test('what all may spend by whichever policy they hold never exceeds the store’s cap', () => {
    const act = fc.oneof(
      fc.record({ type: fc.constant('sign' as const), till: fc.constantFrom(...names) }),
      fc.record({ type: fc.constant('hold' as const), till: fc.constantFrom(...names), which: fc.nat({ max: 5 }) }),
      fc.record({ type: fc.constant('pass' as const), ms: fc.nat({ max: 30 * HOUR }) }),
      fc.record({ type: fc.constant('tills' as const), tills: fc.subarray(names, { minLength: 1 }) }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        let now = 1
        let issued = 0
        let tills: readonly string[] = ['a', 'b']
        let grants: readonly Grant[] = []
        /** What each till really has, by what it was told; the newest that reached it. */
        const held = new Map<string, Grant[]>()
        for (const step of acts) {
          grants = livingGrants(grants, now)
          if (step.type === 'pass') now += step.ms
          else if (step.type === 'tills') tills = step.tills
          else if (step.type === 'sign' && tills.includes(step.till)) {
            const grant = { till: step.till, version: 1, issuedAt: ++issued, validUntil: now + VALID, sliceMinor: sliceFor(grants, tills, step.till, STORE) }
            grants = [...grants, grant]
            held.set(step.till, [...(held.get(step.till) ?? []), grant])
          } else if (step.type === 'hold') {
            const mine = held.get(step.till) ?? []
            const taken = mine[Math.min(step.which, mine.length - 1)]
            if (taken === undefined) continue
            grants = withoutOlder(grants, step.till, taken)
            held.set(
              step.till,
              mine.filter(({ issuedAt }) => issuedAt >= taken.issuedAt),
            )
          }
          // The worst: every till holds the best of what it may have, and spends all of it before it ends.
          const spendable = [...held.values()].map((mine) =>
            Math.max(0, ...mine.filter(({ validUntil }) => now <= validUntil).map(({ sliceMinor }) => sliceMinor)),
          )
          expect(spendable.reduce((sum, minor) => sum + minor, 0)).toBeLessThanOrEqual(STORE)
        }
        expect(names.reduce((sum, till) => sum + reservedFor(livingGrants(grants, now), till), 0)).toBeLessThanOrEqual(STORE)
      }),
      { numRuns: 500 },
    )
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { worstCaseOf } from './worst-case.ts'
import type { PolicyRules } from './rules.ts'

const offline: PolicyRules['offline'] = { perPaymentMinor: 50_00, perShownCodeMinor: 20_00, perInstrumentMinor: 60_00, perTillMinor: 100_00, maxOfflineMs: 1 }

test('one till may lose more than its slice where others lend it theirs, and all of them never more than all slices', () => {
  expect(worstCaseOf({ offline }, [30_00, 30_00, 30_00])).toMatchObject({ lossMinor: 90_00, tillMinor: 90_00, instrumentMinor: 90_00 })
  expect(worstCaseOf({ offline }, [Infinity, Infinity])).toMatchObject({ lossMinor: 200_00, tillMinor: 100_00, instrumentMinor: 120_00, instruments: 2 })
  expect(worstCaseOf({ offline }, [])).toMatchObject({ lossMinor: 0, tillMinor: 0 })
})

test('however slices are lent, what tills may then spend within their own caps is at most the worst case', () => {
  const slice = fc.integer({ min: 0, max: 200_00 })
  fc.assert(
    fc.property(fc.array(slice, { minLength: 1, maxLength: 6 }), fc.array(fc.tuple(fc.nat(5), fc.nat(5), slice)), (slices, loans) => {
      const held = [...slices]
      for (const [from, to, wanted] of loans) {
        const [giver, taker] = [from % held.length, to % held.length]
        const minor = Math.min(wanted, held[giver] ?? 0)
        held[giver] = (held[giver] ?? 0) - minor
        held[taker] = (held[taker] ?? 0) + minor
      }
      const { lossMinor, tillMinor } = worstCaseOf({ offline }, slices)
      const spent = held.map((minor) => Math.min(minor, offline.perTillMinor))
      expect(spent.reduce((sum, minor) => sum + minor, 0)).toBeLessThanOrEqual(lossMinor)
      expect(Math.max(...spent)).toBeLessThanOrEqual(tillMinor)
    }),
  )
})

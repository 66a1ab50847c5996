import { expect, test } from 'vitest'
import { formOf, minorOf, rulesOf } from './policy-form.ts'
import type { PolicyRulesView } from '#protocol/hub-api/policy.ts'
import { HOUR } from '#protocol/time.ts'

const rules: PolicyRulesView = {
  validForMs: 24 * HOUR,
  offline: {
    perPaymentMinor: 15_000,
    perShownCodeMinor: 5005,
    perInstrumentMinor: 20_000,
    perTillMinor: 100_000,
    maxOfflineMs: 24 * HOUR,
    steps: [{ afterMs: HOUR, capsPpm: 500_000 }],
  },
  storeMinor: 250_000,
  denyListMaxAgeMs: 48 * HOUR,
  holdWaitMs: 1500,
  duplicateBorneBy: 'issuer',
}

test('a form that nobody changed says the same rules, and what has no field stays', () => {
  expect(rulesOf(formOf(rules, 'EUR'), rules, 'EUR')).toEqual(rules)
  const { storeMinor: _, denyListMaxAgeMs: __, ...others } = rules
  expect(rulesOf(formOf(others, 'EUR'), rules, 'EUR')).toEqual(others)
})

test.each<[string, string, number | undefined]>([
  ['150', 'EUR', 15_000],
  ['150.5', 'EUR', 15_050],
  ['0,07', 'EUR', 7],
  ['150', 'JPY', 150],
  ['1.234', 'KWD', 1234],
  ['1.5', 'JPY', undefined],
  ['1.234', 'EUR', undefined],
  ['-1', 'EUR', undefined],
  ['1e3', 'EUR', undefined],
  ['', 'EUR', undefined],
])('%s %s is %s', (text, currency, minor) => expect(minorOf(text, currency)).toBe(minor))

test.each([{ perTillMinor: 'x' }, { storeMinor: '1,2,3' }, { maxOfflineHours: '1.5' }, { denyListHours: '0' }])('%j is refused', (wrong) =>
  expect(rulesOf({ ...formOf(rules, 'EUR'), ...wrong }, rules, 'EUR')).toBeUndefined(),
)

import { expect, test } from 'vitest'
import { formOf, minorOf, rulesOf, type KindForm, type PolicyForm } from './policy-form.ts'
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
    steps: [
      { afterMs: HOUR, capsPpm: 500_000 },
      { afterMs: 2 * HOUR + 1, capsPpm: 125_000 },
    ],
    instruments: { card: { perPaymentMinor: 3000, perInstrumentMinor: 4000, perInstrumentCount: 3 }, credit: { perPaymentMinor: 1, perInstrumentMinor: 2 } },
    doubtfulClockPpm: 100_001,
  },
  storeMinor: 250_000,
  denyListMaxAgeMs: 48 * HOUR,
  risk: { model: 'U1BM', refuseAbove: -8605 },
  holdWaitMs: 1500,
  duplicateBorneBy: 'issuer',
}

test('a form that nobody changed says the same rules, and what has no field stays', () => {
  expect(rulesOf(formOf(rules, 'EUR'), rules, 'EUR')).toEqual(rules)
  const { storeMinor: _, denyListMaxAgeMs: __, risk: ___, ...others } = rules
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

test('a form says steps, validity and the caps of each kind', () => {
  const form = formOf(rules, 'EUR')
  const kinds = { ...form.kinds, card: { payment: '', instrument: '', count: '' }, wallet_bound: { payment: '25', instrument: '50.50', count: '2' } }
  const said = rulesOf({ ...form, kinds, validHours: '36', steps: [{ hours: '0.5', percent: '12.5' }], doubtfulPercent: '' }, rules, 'EUR')
  expect(said).toMatchObject({ validForMs: 36 * HOUR, offline: { steps: [{ afterMs: HOUR / 2, capsPpm: 125_000 }] } })
  expect(said?.offline.instruments).toEqual({
    wallet_bound: { perPaymentMinor: 2500, perInstrumentMinor: 5050, perInstrumentCount: 2 },
    credit: { perPaymentMinor: 1, perInstrumentMinor: 2 },
  })
  expect(said?.offline).not.toHaveProperty('doubtfulClockPpm')
  expect(rulesOf({ ...form, steps: [] }, rules, 'EUR')?.offline).not.toHaveProperty('steps')
})

const card = (caps: Partial<KindForm>) => ({ kinds: { ...formOf(rules, 'EUR').kinds, card: { payment: '1', instrument: '2', count: '', ...caps } } })
const steps = (...all: readonly (readonly [string, string])[]) => ({ steps: all.map(([hours, percent]) => ({ hours, percent })) })

test.each<Partial<PolicyForm>>([
  { perTillMinor: 'x' },
  { storeMinor: '1,2,3' },
  { maxOfflineHours: '1.555' },
  { denyListHours: '0' },
  { validHours: '0' },
  { validHours: '' },
  { doubtfulPercent: '100.1' },
  card({ instrument: '' }),
  card({ count: '0' }),
  card({ count: '1.5' }),
  steps(['1', '101']),
  steps(['', '50']),
  // Steps only ever shrink.
  steps(['2', '50'], ['1', '25']),
  steps(['1', '25'], ['2', '50']),
])('%j is refused', (wrong) => expect(rulesOf({ ...formOf(rules, 'EUR'), ...wrong }, rules, 'EUR')).toBeUndefined())

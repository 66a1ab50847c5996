import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MerchantTermsView } from '#protocol/hub-api/merchants.ts'
import { draftOf, percentOf, termsOf } from './merchant-form.ts'

const terms: MerchantTermsView = {
  id: '0190b3f0-0000-7000-8000-000000000001',
  name: 'Harbour Corner',
  legalName: 'Harbour Corner GmbH',
  country: 'DE',
  stores: [{ id: '0190b3f0-0000-7000-8000-000000000002', name: 'Pier' }],
  state: 'active',
  timeZone: 'Europe/Berlin',
  cutOff: '22:00',
  fees: {
    rates: [
      {
        instrument: 'card',
        tiers: [
          { fromMinor: 0, ppm: 12_000 },
          { fromMinor: 10_000_00, ppm: 9_000 },
        ],
        fixedMinor: 5,
        minimumMinor: 8,
        maximumMinor: 900,
      },
    ],
    taxPpm: 190_000,
    atRefund: 'kept',
    chargebackMinor: 15_00,
  },
  reserve: { ppm: 20_000, days: 30 },
  escrow: { secondPersonAboveMinor: 8_00, evidenceDays: 3 },
  account: { iban: 'DE89370400440532013000', name: 'Harbour Corner' },
  recoverAfterDays: 30,
}

test('what nobody changed in the form is what it was, also what the form does not know', () => {
  expect(termsOf(draftOf(terms), terms)).toEqual(terms)
  const newer = { ...terms, somethingNew: 1, fees: { ...terms.fees, alsoNew: 2 } }
  expect(termsOf(draftOf(newer), newer)).toEqual(newer)
})

test('what is changed or emptied in the form is sent so', () => {
  expect(termsOf({ ...draftOf(terms), refundRate: 'today' }, terms)).toEqual({ ...terms, refundRate: 'today' })
  const draft = { ...draftOf(terms), iban: 'fr14 2004 1010 0505 0001 3M02 606', bic: 'bnpafrpp', reservePercent: '', reserveDays: '' }
  const { reserve: _, ...rest } = terms
  const account = { iban: 'FR1420041010050500013M02606', name: 'Harbour Corner', bic: 'BNPAFRPP' }
  expect(termsOf(draft, terms)).toEqual({ ...rest, account })
  const sent = termsOf({ ...draftOf(terms), taxPercent: 'a lot', reserveDays: '1.5' }, terms)
  // The hub says which of them are wrong.
  expect(sent).toMatchObject({ fees: { taxPpm: 'a lot' }, reserve: { ppm: 20_000, days: '1.5' } })
})

test('a new merchant has no id', () => {
  const made = termsOf({ ...draftOf(), name: 'Kiosk ', stores: [{ name: 'Pier' }], taxPercent: '19,5' }, undefined)
  expect(made).toMatchObject({ name: 'Kiosk', stores: [{ name: 'Pier' }], fees: { taxPpm: 195_000 } })
  expect(made['id']).toBeUndefined()
})

test('a percentage is the same share again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (taxPpm) => {
      expect(termsOf({ ...draftOf(terms), taxPercent: percentOf(taxPpm) }, terms)).toMatchObject({ fees: { taxPpm } })
    }),
  )
  expect([0, 1, 4000, 190_000, 1_000_000].map(percentOf)).toEqual(['0', '0.0001', '0.4', '19', '100'])
})

import { expect, test } from 'vitest'
import type { View } from '#protocol/till-api/api.ts'
import { makeId } from '#protocol/ids.ts'
import { testView } from '../test-view.ts'
import { isOpenStill } from './use-cash.ts'

const cash: View['cash'] = { toPayMinor: 1000, suggestions: [1000] }
const selling = testView({ cash })
const awaiting = testView({ cash, tender: { stage: 'awaiting_code', amountMinor: 1000, request: 'SP1R:A', boundRequired: false } })
const deciding = testView({ tender: { stage: 'deciding', amountMinor: 1000, since: 0 } })
const approved = testView({
  tender: {
    stage: 'approved',
    paymentId: makeId(0, new Uint8Array(10)),
    amountMinor: 1000,
    decidedBy: 'hub',
    receiptNumber: 'A1B2C3-1-000001',
    receipt: 'printed',
  },
})
/** What is open after these views, one after the other, with the dialog opened before the first. */
const after = (...views: readonly View[]): boolean => views.reduce(isOpenStill, true)

test('the cash dialog stays open while its sale can be paid in cash, also while a code is awaited', () => {
  expect(after(selling, awaiting, selling)).toBe(true)
  expect(isOpenStill(false, selling)).toBe(false)
})

test('it is not open over the next customer’s goods once the sale was paid in another way', () => {
  expect(after(selling, awaiting, deciding)).toBe(false)
  expect(after(awaiting, deciding, approved, selling)).toBe(false)
  expect(after(selling, testView(), selling)).toBe(false)
})

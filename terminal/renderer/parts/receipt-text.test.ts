import { expect, test } from 'vitest'
import { receiptTrouble } from './receipt-text.ts'

test('a receipt that failed says what to do about its own cause, and how to get a copy', () => {
  expect(receiptTrouble({ receipt: 'failed', receiptCode: 'device.paper_out' })).toBe('Put in a new roll. “Print a copy” is F8.')
  expect(receiptTrouble({ receipt: 'failed', receiptCode: 'device.cover_open' })).toBe('Close its cover. “Print a copy” is F8.')
})

test('no cause is made up', () => {
  expect(receiptTrouble({ receipt: 'failed' })).toBe('“Print a copy” is F8.')
  expect(receiptTrouble({ receipt: 'unknown' })).toBe('Look at the printer; print a copy if there is none. “Print a copy” is F8.')
})

test('a receipt without trouble needs nothing', () => {
  for (const receipt of ['printing', 'printed', 'no_printer'] as const) expect(receiptTrouble({ receipt })).toBeUndefined()
})

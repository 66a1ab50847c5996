import { describe, expect, test } from 'vitest'
import { receiptNumberOf } from './receipt-number.ts'

describe('receipt numbers', () => {
  test('are taken as typed or scanned, and given as printed', () => {
    expect(receiptNumberOf(' e0c427-1-000001\n')).toBe('E0C427-1-000001')
    expect(receiptNumberOf('E0C427-12-1000001')).toBe('E0C427-12-1000001')
  })

  test.each(['', '4006381333931', 'E0C427-1', 'G0C427-1-000001', 'E0C427-1-000001-1', 'E0C427-1-1'])('%j is none', (text) => {
    expect(receiptNumberOf(text)).toBeUndefined()
  })
})

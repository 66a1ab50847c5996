import { expect, test } from 'vitest'
import { isFraudReason } from './labels.ts'

test('only a chargeback that says that somebody else paid is a label', () => {
  expect(['10', '10.4', '4837', '4863', 'F29', 'fraud', ' 10.1 '].map(isFraudReason)).toEqual([true, true, true, true, true, true, true])
  expect(['13.1', '12.6.1', '4853', '4834', 'C08', 'P01', '110', 'goods not received', ''].map(isFraudReason)).toEqual(Array.from({ length: 9 }, () => false))
})

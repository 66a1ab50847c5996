import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keypadKey, keypadKeys, pressKey, type Entry, type KeypadKey } from './amount-entry.ts'

const typed = (from: Entry, ...keys: KeypadKey[]): Entry => keys.reduce(pressKey, from)
const empty: Entry = { minor: 0, preset: true }

describe('amount entry', () => {
  test('digits come in from the right', () => {
    expect(typed(empty, '5', '0', '0').minor).toBe(500)
    expect(typed(empty, '1', '2', '00').minor).toBe(1200)
    expect(typed(empty, '0', '0', '7').minor).toBe(7)
  })

  test('the first digit replaces the amount that was put there, the next ones add to it', () => {
    const preset: Entry = { minor: 1234, preset: true }
    expect(typed(preset, '5').minor).toBe(5)
    expect(typed(preset, '5', '5').minor).toBe(55)
    expect(typed(preset, 'erase').minor).toBe(0)
  })

  test('erase takes back one digit', () => {
    expect(typed(empty, '1', '2', '3', 'erase').minor).toBe(12)
    expect(typed(empty, '1', 'erase', 'erase').minor).toBe(0)
  })

  test('whatever is pressed is a whole amount, and a digit too many changes nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...keypadKeys)), (keys) => {
        const { minor } = typed(empty, ...keys)
        return Number.isSafeInteger(minor) && minor >= 0 && minor <= 999_999_999
      }),
    )
    expect(typed({ minor: 999_999_999, preset: false }, '1').minor).toBe(999_999_999)
  })

  test('a keyboard has the same keys', () => {
    expect([keypadKey('7'), keypadKey('Backspace'), keypadKey('Enter'), keypadKey('a'), keypadKey('00')]).toEqual([
      '7',
      'erase',
      undefined,
      undefined,
      undefined,
    ])
  })
})

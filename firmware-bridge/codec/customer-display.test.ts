import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { displayable, encodeScreen, startDisplay } from './customer-display.ts'
import { anyCharacter } from '#protocol/node/test-text.ts'

/** Bytes as text, one character each. */
const shown = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

describe('the bytes of the manuals', () => {
  it('start a display', () => {
    expect([...startDisplay('escpos')]).toEqual([0x1b, 0x40, 0x1b, 0x74, 0, 0x1f, 1, 0x1f, 0x43, 0, 0x0c])
    expect([...startDisplay('cd5220')]).toEqual([0x1b, 0x40, 0x0c])
  })

  it('write a screen', () => {
    expect(shown(encodeScreen('escpos', 8, ['Coffee', '3.50 €']))).toBe('\x1f$\x01\x01Coffee  \x1f$\x01\x023.50 EUR')
    expect(shown(encodeScreen('cd5220', 8, ['Coffee', '3.50']))).toBe('\x1bQACoffee  \r\x1bQB3.50    \r')
  })
})

it.each([
  ['Käse, Brașov, ﬁn', 'Kase, Brasov, fin'],
  ['1\u202f234,50\u00a0€', '1 234,50 EUR'],
  ['−5 – “x”', '-5 - "x"'],
  ['漢字 😀', '?? ?'],
  ['a\x1b@\x1fb\r\nc', 'a @ b  c'],
])('%j is displayable as %j', (text, expected) => {
  expect(displayable(text)).toBe(expected)
})

it('carries no command, whatever the text, and fills the screen exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: anyCharacter, maxLength: 60 }), { maxLength: 4 }), (lines) => {
      const text = '[ -~]{20}'
      expect(shown(encodeScreen('escpos', 20, lines))).toMatch(new RegExp(`^\\x1f\\$\\x01\\x01${text}\\x1f\\$\\x01\\x02${text}$`))
      expect(shown(encodeScreen('cd5220', 20, lines))).toMatch(new RegExp(`^\\x1bQA${text}\\r\\x1bQB${text}\\r$`))
    }),
  )
})

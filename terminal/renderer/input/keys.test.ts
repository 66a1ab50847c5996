import { describe, expect, test } from 'vitest'
import { actionFor, keyOf, type Focus } from './keys.ts'

const press = (key: string, modifiers: Partial<{ ctrlKey: boolean; altKey: boolean; metaKey: boolean }> = {}) => ({
  key,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...modifiers,
})
const at = (stage: Focus['stage'], on: Focus['on'] = 'nothing'): Focus => ({ stage, on })

describe('keys', () => {
  test.each([
    ['F2', 'search'],
    ['F3', 'category'],
    ['F4', 'empty'],
    ['F7', 'dismiss'],
    ['F8', 'reprint'],
    ['F9', 'pay'],
    ['F11', 'cash'],
    ['F1', 'network'],
    ['F6', 'sales'],
    ['F10', 'menu'],
    ['F12', 'devices'],
    ['F5', 'camera'],
    ['+', 'more'],
    ['-', 'fewer'],
    ['Delete', 'remove'],
    ['ArrowUp', 'lineUp'],
    ['Escape', 'leaveSearch'],
  ])('while selling %s is %s', (key, action) => {
    expect(actionFor(press(key), at('none'))).toBe(action)
  })

  test('editing keys belong to the field that has the focus, function keys do not', () => {
    for (const key of ['+', '-', 'Delete', 'ArrowUp', 'ArrowDown', 'Enter', 'a']) expect(actionFor(press(key), at('none', 'field'))).toBeUndefined()
    expect(actionFor(press('F9'), at('none', 'field'))).toBe('pay')
  })

  test('an open payment can be cancelled, and nothing can be sold or paid beside it', () => {
    expect(actionFor(press('Escape'), at('awaiting_code'))).toBe('cancel')
    for (const key of ['F9', 'F4', 'Delete', '+', 'Enter']) expect(actionFor(press(key), at('awaiting_code'))).toBeUndefined()
  })

  test('an open payment can be paid in cash instead, one that the hub has heard of not', () => {
    expect(actionFor(press('F11'), at('awaiting_code'))).toBe('cash')
    for (const stage of ['deciding', 'unknown', 'approved'] as const) expect(actionFor(press('F11'), at(stage))).toBeUndefined()
  })

  test('while the payment is decided no key does anything to it', () => {
    for (const key of ['Escape', 'F9', 'Enter', 'F4']) expect(actionFor(press(key), at('deciding'))).toBeUndefined()
  })

  test('while nobody knows, the only thing to do is to give up', () => {
    expect(actionFor(press('Escape'), at('unknown'))).toBe('cancel')
    for (const key of ['F9', 'F4', 'F6', 'F10', 'Enter', 'Delete', '+']) expect(actionFor(press(key), at('unknown'))).toBeUndefined()
  })

  test('a dialog has all keys to itself', () => {
    for (const key of ['Escape', 'F9', 'F7', 'F8', 'Enter', 'Delete', '+', '5']) expect(actionFor(press(key), at('dialog'))).toBeUndefined()
  })

  test('sales and menu can be opened after a verdict too', () => {
    expect([actionFor(press('F6'), at('approved')), actionFor(press('F10'), at('refused'))]).toEqual(['sales', 'menu'])
  })

  test('Enter goes on after the verdict, unless it presses the button that has the focus', () => {
    for (const stage of ['approved', 'refused'] as const) {
      expect(actionFor(press('Enter'), at(stage))).toBe('next')
      expect(actionFor(press('Enter'), at(stage, 'control'))).toBeUndefined()
      expect(actionFor(press('F9'), at(stage))).toBeUndefined()
    }
  })

  test('Enter never takes a payment', () => {
    for (const on of ['nothing', 'control', 'field'] as const) expect(actionFor(press('Enter'), at('none', on))).toBeUndefined()
  })

  test('keys with Ctrl, Alt or Meta are the system’s', () => {
    expect(actionFor(press('F4', { altKey: true }), at('none'))).toBeUndefined()
    expect(actionFor(press('+', { ctrlKey: true }), at('none'))).toBeUndefined()
    expect(actionFor(press('F9', { metaKey: true }), at('none'))).toBeUndefined()
  })

  test('no key is written on two buttons', () => {
    expect(new Set(Object.values(keyOf)).size).toBe(Object.values(keyOf).length)
  })
})

import { describe, expect, test } from 'vitest'
import { actionFor, keyOf, panelActions, type Focus } from './keys.ts'

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

  test('a receipt beside the paper has its keys once it is paid, and not before', () => {
    expect([actionFor(press('PageUp'), at('approved')), actionFor(press('PageDown'), at('approved', 'control'))]).toEqual(['showReceipt', 'sendReceipt'])
    for (const stage of ['none', 'awaiting_code', 'deciding', 'unknown', 'dialog'] as const) {
      for (const key of ['PageUp', 'PageDown']) expect(actionFor(press(key), at(stage))).toBeUndefined()
    }
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

  test('what was changed last is undone and done again with Ctrl, but not from within a field, which undoes its own typing', () => {
    for (const held of [{ ctrlKey: true }, { metaKey: true }]) {
      expect([actionFor(press('z', held), at('none')), actionFor(press('Y', held), at('none', 'control'))]).toEqual(['undo', 'redo'])
      expect(actionFor(press('z', held), at('none', 'field'))).toBeUndefined()
    }
    for (const stage of ['awaiting_code', 'deciding', 'dialog', 'approved'] as const)
      expect(actionFor(press('z', { ctrlKey: true }), at(stage))).toBeUndefined()
  })

  test('letters press the buttons of this till’s pane while it is open, and nothing elsewhere', () => {
    const pane: Focus = { stage: 'none', on: 'nothing', pane: 'menu' }
    for (const action of panelActions) expect(actionFor(press(keyOf[action].toLowerCase()), pane)).toBe(action)
    for (const action of panelActions.filter((one) => one !== 'staff')) {
      for (const key of [keyOf[action], keyOf[action].toLowerCase()]) {
        for (const on of ['nothing', 'goods', 'control', 'field'] as const) expect(actionFor(press(key), at('none', on))).toBeUndefined()
        expect(actionFor(press(key), { ...pane, on: 'field' })).toBeUndefined()
        expect(actionFor(press(key), { ...pane, stage: 'dialog' })).toBeUndefined()
      }
    }
  })

  test('digits begin a quantity outside of fields; then × and Enter set it, and Enter does so on a button too', () => {
    expect([actionFor(press('7'), at('none')), actionFor(press('7'), at('none', 'field'))]).toEqual(['digit', undefined])
    for (const on of ['nothing', 'control', 'goods'] as const) {
      for (const key of ['*', '×', 'Enter']) {
        expect(actionFor(press(key), { stage: 'none', on, typed: true })).toBe('setQuantity')
        expect(actionFor(press(key), { stage: 'none', on, typed: false })).toBeUndefined()
      }
    }
    expect(actionFor(press('Backspace'), { stage: 'none', on: 'nothing', typed: true })).toBe('eraseDigit')
    expect(actionFor(press('Enter'), { stage: 'none', on: 'field', typed: true })).toBeUndefined()
  })

  test('arrows are the products’ own while one of them has the focus', () => {
    expect([actionFor(press('ArrowDown'), at('none', 'goods')), actionFor(press('ArrowDown'), at('none', 'control'))]).toEqual([undefined, 'lineDown'])
    expect(actionFor(press('Delete'), at('none', 'goods'))).toBe('remove')
  })

  test('no key is written on two buttons', () => {
    expect(new Set(Object.values(keyOf)).size).toBe(Object.values(keyOf).length)
  })
})

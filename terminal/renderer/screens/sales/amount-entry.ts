import type { Minor } from '#protocol/money.ts'

/** As on every till, digits come in from the right: 5, 0, 0 is 5.00 where the currency has two decimals. Minor units. */
export type Entry = {
  readonly minor: Minor
  /** Put there by the till: the first digit begins anew. */
  readonly preset: boolean
}

export const keypadKeys = ['7', '8', '9', '4', '5', '6', '1', '2', '3', '0', '00', 'erase'] as const
export type KeypadKey = (typeof keypadKeys)[number]

/** More than any refund, and far from where integers end. */
const MOST: Minor = 999_999_999

export function pressKey({ minor, preset }: Entry, key: KeypadKey): Entry {
  if (key === 'erase') return { minor: preset ? 0 : Math.floor(minor / 10), preset: false }
  const next = Number(`${preset ? 0 : minor}${key}`)
  // A digit too many does nothing, rather than become another amount.
  return next > MOST ? { minor, preset } : { minor: next, preset: false }
}

/** The key of the keypad that a key of the keyboard is, if any. */
export function keypadKey(key: string): KeypadKey | undefined {
  if (key === 'Backspace' || key === 'Delete') return 'erase'
  return /^\d$/.test(key) ? keypadKeys.find((known) => known === key) : undefined
}

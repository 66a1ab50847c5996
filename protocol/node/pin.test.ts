import { expect, test } from 'vitest'
import { hex, utf8 } from '../bytes.ts'
import { pinRecord } from '../staff/staff.ts'
import { nodeCrypto } from './crypto.ts'
import { isPin, keepPin } from './pin.ts'

test('a PIN is told from every other, and is not in what is kept of it', () => {
  const kept = pinRecord.parse(keepPin(nodeCrypto, '4711'))
  expect(isPin('4711', kept)).toBe(true)
  for (const wrong of ['4710', '04711', '471', '', '47111']) expect(isPin(wrong, kept)).toBe(false)
  expect(keepPin(nodeCrypto, '4711').hash).not.toBe(kept.hash)
})

test('is Argon2id with one lane: the reference implementation’s own example', () => {
  const salt = hex(utf8('somesalt'))
  const hash = '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'
  expect(isPin('password', { salt, hash, memory: 256, passes: 2 })).toBe(true)
  expect(isPin('password', { salt, hash, memory: 512, passes: 2 })).toBe(false)
})

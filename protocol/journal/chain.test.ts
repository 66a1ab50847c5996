import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hex, utf8 } from '../bytes.ts'
import { nodeCrypto } from '../node/crypto.ts'
import { chainHash, GENESIS } from './chain.ts'

test('an entry’s hash is the SHA-256 of the hash before it and its bytes', () => {
  const first = chainHash(nodeCrypto, GENESIS, utf8('abc'))
  // printf 'abc' after 32 zero bytes, through sha256sum; then that and 'def'.
  expect(hex(first)).toBe('365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370')
  expect(hex(chainHash(nodeCrypto, first, utf8('def')))).toBe('532f0131db1635cb105c9753e41e7908599aa4dd144658c92e50b60113ad993a')
})

test('the head tells every entry, its order, and where one ends and the next begins', () => {
  const headOf = (entries: readonly Uint8Array[]): string =>
    hex(entries.reduce((previous: Uint8Array, bytes) => chainHash(nodeCrypto, previous, bytes), GENESIS))
  const entries = fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 6 })
  const same = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean => a.map(hex).join() === b.map(hex).join() && a.length === b.length
  fc.assert(fc.property(entries, entries, (a, b) => (headOf(a) === headOf(b)) === same(a, b)))
  fc.assert(
    fc.property(entries, fc.nat(), (list, place) => {
      fc.pre(list.length > 0)
      const at = place % list.length
      expect(headOf(list)).not.toBe(headOf(list.toSpliced(at, 1)))
      expect(headOf(list)).not.toBe(headOf(list.toSpliced(at, 0, list[at] ?? new Uint8Array(0))))
    }),
  )
})

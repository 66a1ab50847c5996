import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, unhex } from '../bytes.ts'
import { fromCbor, parseSign1, sign1, signedTypes, toCbor } from '../cose.ts'
import { signerFromSeed } from '../node/crypto.ts'
import { issueCredential, readCredential, type Credential } from './credential.ts'
import { golden } from './golden.ts'

const issuer = signerFromSeed(new Uint8Array(32).fill(1))
const bytesOf = (text: string): Uint8Array => unhex(text) ?? new Uint8Array(0)

const hexBytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(hex)
const seconds = fc.integer({ min: 1, max: 0xffff_fffe })
const credentials: fc.Arbitrary<Credential> = fc
  .record({
    wallet: hexBytes(16),
    credentialId: hexBytes(8),
    devicePublicKey: hexBytes(32),
    currency: fc.constantFrom('EUR', 'JPY', 'KWD', 'CNY'),
    perPaymentLimitMinor: fc.maxSafeNat(),
    totalLimitMinor: fc.maxSafeNat(),
    times: fc.tuple(seconds, seconds).map(([a, b]) => ({ issuedAtMs: Math.min(a, b) * 1000, expiresAtMs: (Math.max(a, b) + 1) * 1000 })),
  })
  .map(({ times, ...rest }) => ({ ...rest, ...times }))

/** The golden credential's claims with some replaced, signed as the issuer would. `undefined` leaves a claim out. */
function withClaims(changes: readonly [number, unknown][]): Uint8Array {
  const envelope = parseSign1(bytesOf(golden.credentialHex))
  const claims = envelope.ok ? fromCbor(envelope.value.payload) : envelope
  if (!claims.ok || !(claims.value instanceof Map)) throw new Error('golden credential')
  for (const [claim, value] of changes) {
    if (value === undefined) claims.value.delete(claim)
    else claims.value.set(claim, value)
  }
  return sign1(issuer, signedTypes.credential, toCbor(claims.value))
}
const cnf = (key: [number, unknown][]): Map<number, unknown> => new Map([[1, new Map(key)]])
const x = new Uint8Array(32)

describe('credential', () => {
  test('has the bytes of the golden vector', () => {
    expect(hex(issueCredential(issuer, golden.credential))).toBe(golden.credentialHex)
    expect(readCredential(bytesOf(golden.credentialHex))).toMatchObject({ ok: true, value: { claims: golden.credential } })
  })

  test('is read as it was issued', () => {
    fc.assert(
      fc.property(credentials, (credential) => {
        expect(readCredential(issueCredential(issuer, credential))).toMatchObject({ ok: true, value: { claims: credential } })
      }),
    )
  })

  test.each<[string, Partial<Credential>]>([
    ['a short pseudonym', { wallet: '00' }],
    ['a key that is not hex', { devicePublicKey: 'z'.repeat(64) }],
    ['an unknown currency', { currency: 'XXX' }],
    ['a fractional limit', { perPaymentLimitMinor: 0.5 }],
    ['an end before its start', { expiresAtMs: golden.credential.issuedAtMs }],
    ['an end after 2106', { expiresAtMs: 2 ** 32 * 1000 }],
  ])('is not issued with %s', (_, change) => {
    expect(() => issueCredential(issuer, { ...golden.credential, ...change })).toThrow('invariant broken')
  })

  test('claims of a later version are ignored', () => {
    expect(readCredential(withClaims([[-65600, 'new']]))).toMatchObject({ ok: true, value: { claims: golden.credential } })
  })

  test.each<[string, [number, unknown][]]>([
    ['without a pseudonym', [[2, undefined]]],
    ['with a pseudonym of text', [[2, 'somebody']]],
    ['without an id', [[7, undefined]]],
    ['without an end', [[4, undefined]]],
    ['with an end that is not after its start', [[4, golden.credential.issuedAtMs / 1000]]],
    ['with a time in fractions of a second', [[6, 1.5]]],
    ['with a time before 1970', [[6, -1]]],
    ['without a key', [[8, undefined]]],
    [
      'with a key of another type',
      [
        [
          8,
          cnf([
            [1, 2],
            [-1, 6],
            [-2, x],
          ]),
        ],
      ],
    ],
    [
      'with a key of another curve',
      [
        [
          8,
          cnf([
            [1, 1],
            [-1, 4],
            [-2, x],
          ]),
        ],
      ],
    ],
    [
      'with a short key',
      [
        [
          8,
          cnf([
            [1, 1],
            [-1, 6],
            [-2, x.subarray(1)],
          ]),
        ],
      ],
    ],
    ['without limits', [[-65537, undefined]]],
    ['with a limit missing', [[-65537, ['EUR', 1]]]],
    ['with an unknown currency', [[-65537, ['EUX', 1, 1]]]],
    ['with a negative limit', [[-65537, ['EUR', -1, 1]]]],
    ['with a limit above the safe integers', [[-65537, ['EUR', 1, 2n ** 53n]]]],
  ])('%s it is malformed', (_, changes) => {
    expect(readCredential(withClaims(changes))).toMatchObject({ ok: false, code: 'code.malformed' })
  })

  test('a signature for another purpose is no credential', () => {
    const envelope = parseSign1(bytesOf(golden.credentialHex))
    if (!envelope.ok) throw new Error(envelope.detail)
    expect(readCredential(sign1(issuer, signedTypes.ack, envelope.value.payload))).toMatchObject({ ok: false, code: 'code.malformed' })
  })

  test('any bytes give an Outcome', () => {
    const any = fc.uint8Array({ maxLength: 120 })
    fc.assert(fc.property(any, (bytes) => !readCredential(bytes).ok))
    fc.assert(fc.property(any, (payload) => !readCredential(sign1(issuer, signedTypes.credential, payload)).ok))
  })
})

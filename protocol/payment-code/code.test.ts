import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBase45 } from '../base45.ts'
import { hex, unhex } from '../bytes.ts'
import { sign1, signedTypes, toCbor } from '../cose.ts'
import { signerFromSeed } from '../node/crypto.ts'
import { CODE_PREFIX, isPaymentCode, MAX_CODE_CHARS, readCode, signProof, signProofAsync, type ProofInput } from './code.ts'
import { issueCredential } from './credential.ts'
import { golden } from './golden.ts'
import { makeRequest } from './request.ts'
import { anyCharacter } from '../node/test-text.ts'

const bytesOf = (text: string): Uint8Array => unhex(text) ?? new Uint8Array(0)
const phone = signerFromSeed(new Uint8Array(32).fill(2))
const credential = bytesOf(golden.credentialHex)
const request = makeRequest(golden.request).bytes
const show: ProofInput = { profile: 'show', credential, now: golden.now, counter: golden.show.counter, nonce: bytesOf(golden.show.nonce) }
const bound: ProofInput = { profile: 'bound', credential, now: golden.now, counter: golden.bound.counter, request }

describe('payment code', () => {
  test('has the texts of the golden vectors', async () => {
    expect(signProof(phone, show)).toBe(golden.showText)
    expect(signProof(phone, bound)).toBe(golden.boundText)
    const slowPhone = { ...phone, sign: (message: Uint8Array) => Promise.resolve(phone.sign(message)) }
    expect(await signProofAsync(slowPhone, show)).toBe(golden.showText)
    expect(await signProofAsync(slowPhone, bound)).toBe(golden.boundText)
  })

  test('is read back', () => {
    const common = { issuedAtMs: golden.now, credential: { claims: golden.credential } }
    expect(readCode(golden.showText)).toMatchObject({ ok: true, value: { ...common, profile: 'show', ...golden.show } })
    expect(readCode(golden.boundText)).toMatchObject({ ok: true, value: { ...common, profile: 'bound', ...golden.bound } })
  })

  test('is read as it was made, whatever the numbers', () => {
    const input = fc.record({
      second: fc.integer({ min: 0, max: 0xffff_ffff }),
      millisecond: fc.integer({ min: 0, max: 999 }),
      counter: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      nonce: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    })
    fc.assert(
      fc.property(input, ({ second, millisecond, counter, nonce }) => {
        const text = signProof(phone, { profile: 'show', credential, now: second * 1000 + millisecond, counter, nonce })
        expect(readCode(text)).toMatchObject({ ok: true, value: { profile: 'show', issuedAtMs: second * 1000, counter, nonce: hex(nonce) } })
      }),
    )
  })

  test('the largest numbers still fit', () => {
    const largest = { ...golden.credential, perPaymentLimitMinor: Number.MAX_SAFE_INTEGER, totalLimitMinor: Number.MAX_SAFE_INTEGER }
    const text = signProof(phone, { ...show, credential: issueCredential(phone, largest), counter: Number.MAX_SAFE_INTEGER })
    expect(text.length).toBeLessThanOrEqual(MAX_CODE_CHARS)
    expect(readCode(text).ok).toBe(true)
  })

  test('is not made with what cannot be read', () => {
    expect(() => signProof(phone, { ...show, counter: 0 })).toThrow('invariant broken')
    expect(() => signProof(phone, { ...show, now: -1 })).toThrow('invariant broken')
    expect(() => signProof(phone, { ...show, nonce: new Uint8Array(7) })).toThrow('invariant broken')
    expect(() => signProof(phone, { ...bound, request: new Uint8Array(7) })).toThrow('invariant broken')
  })

  test.each(['', '4006381333931', '281234567890123456', 'https://example.com', golden.showText.toLowerCase(), golden.requestText, 'SP2:00'])(
    'another code is told from a broken one: %o',
    (text) => {
      expect(readCode(text)).toMatchObject({ ok: false, code: 'code.unknown_scheme' })
      expect(isPaymentCode(text)).toBe(false)
    },
  )

  const nonce = bytesOf(golden.show.nonce)
  const time = golden.now / 1000
  const coded = (typ: (typeof signedTypes)[keyof typeof signedTypes], payload: unknown): string =>
    CODE_PREFIX + encodeBase45(sign1(phone, typ, toCbor(payload)))
  test.each([
    ['nothing', CODE_PREFIX],
    ['half of it', golden.showText.slice(0, 300)],
    ['a line end behind it', `${golden.showText}\r\n`],
    ['a character lost', golden.showText.slice(0, 100) + golden.showText.slice(101)],
    ['another purpose', coded(signedTypes.batch, [credential, time, nonce, 1])],
    ['a credential in place of a proof', CODE_PREFIX + encodeBase45(credential)],
    ['a map', coded(signedTypes.show, new Map([[1, credential]]))],
    ['three fields', coded(signedTypes.show, [credential, time, nonce])],
    ['five fields', coded(signedTypes.show, [credential, time, nonce, 1, 1])],
    ['no credential', coded(signedTypes.show, [null, time, nonce, 1])],
    ['a broken credential', coded(signedTypes.show, [credential.subarray(1), time, nonce, 1])],
    ['a negative time', coded(signedTypes.show, [credential, -1, nonce, 1])],
    ['a time that is no number', coded(signedTypes.show, [credential, 'now', nonce, 1])],
    ['a short nonce', coded(signedTypes.show, [credential, time, nonce.subarray(1), 1])],
    ['counter 0', coded(signedTypes.show, [credential, time, nonce, 0])],
    ['a counter above the safe integers', coded(signedTypes.show, [credential, time, nonce, 2n ** 60n])],
  ])('with %s it is malformed', (_, text) => {
    expect(readCode(text)).toMatchObject({ ok: false, code: 'code.malformed' })
  })

  test('a text that is too long is not even decoded', () => {
    expect(readCode(CODE_PREFIX + '0'.repeat(1_000_000))).toEqual({ ok: false, code: 'code.malformed', detail: 'code too long' })
  })

  test('any text gives an Outcome', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'.split('')), maxLength: MAX_CODE_CHARS })
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter }),
        digits,
        (any, coding) => !readCode(any).ok && !readCode(CODE_PREFIX + any).ok && !readCode(CODE_PREFIX + coding).ok,
      ),
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (payload) => !readCode(CODE_PREFIX + encodeBase45(sign1(phone, signedTypes.show, payload))).ok))
  })
})

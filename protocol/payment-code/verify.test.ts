import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase45, encodeBase45 } from '../base45.ts'
import { hex, unhex } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { nodeCrypto, signerFromSeed } from '../node/crypto.ts'
import type { Outcome } from '../outcome.ts'
import { DAY, HOUR, SECOND } from '../time.ts'
import { CLOCK_TOLERANCE, CODE_LIFETIME, CODE_PREFIX, readCode, signProof } from './code.ts'
import { issueCredential, type Credential } from './credential.ts'
import { golden } from './golden.ts'
import { makeRequest, type PaymentRequest } from './request.ts'
import { verifyCode, type Circumstances, type VerifiedCode } from './verify.ts'
import { anyCharacter } from '../node/test-text.ts'

const bytesOf = (text: string): Uint8Array => unhex(text) ?? new Uint8Array(0)
const issuer = signerFromSeed(new Uint8Array(32).fill(1))
const phone = signerFromSeed(new Uint8Array(32).fill(2))
const stranger = signerFromSeed(new Uint8Array(32).fill(3))
const request = makeRequest(golden.request).bytes

const trusted = { publicKey: issuer.publicKey, notBefore: golden.now - 30 * DAY, notAfter: golden.now + 30 * DAY }
const circumstances: Circumstances = {
  issuerKey: (keyId) => (keyId === hex(issuer.keyId) ? trusted : undefined),
  shownAt: golden.now + 2 * SECOND,
  currency: 'EUR',
}

/** Counts what costs: how often a signature is verified. */
function counting(): { crypto: Crypto; verifications: () => number } {
  let count = 0
  const verify: Crypto['verify'] = (key, message, signature) => {
    count++
    return nodeCrypto.verify(key, message, signature)
  }
  return { crypto: { ...nodeCrypto, verify }, verifications: () => count }
}

function judge(text: string, change: Partial<Circumstances> = {}, crypto: Crypto = nodeCrypto): Outcome<VerifiedCode> {
  const read = readCode(text)
  return read.ok ? verifyCode(crypto, read.value, { ...circumstances, ...change }) : read
}

const showWith = (claims: Partial<Credential>, issuedBy = issuer, signedBy = phone): string =>
  signProof(signedBy, {
    profile: 'show',
    credential: issueCredential(issuedBy, { ...golden.credential, ...claims }),
    now: golden.now,
    counter: 1,
    nonce: bytesOf(golden.show.nonce),
  })

describe('a genuine code', () => {
  test('shown: is believed for two verifications of a signature', () => {
    const { crypto, verifications } = counting()
    expect(judge(golden.showText, {}, crypto)).toEqual({
      ok: true,
      value: { profile: 'show', credential: golden.credential, issuedAtMs: golden.now, ...golden.show },
    })
    expect(verifications()).toBe(2)
  })

  test('bound: is believed with the request that it answers, and says what was confirmed', () => {
    const { crypto, verifications } = counting()
    expect(judge(golden.boundText, { request }, crypto)).toEqual({
      ok: true,
      value: { profile: 'bound', credential: golden.credential, issuedAtMs: golden.now, ...golden.bound, request: golden.request },
    })
    expect(verifications()).toBe(2)
  })

  test('shown while a request was displayed: is still believed, as a shown code', () => {
    expect(judge(golden.showText, { request })).toMatchObject({ ok: true, value: { profile: 'show' } })
  })

  test('is judged by the time at which it was shown, however late that is done', () => {
    const latest = golden.now + CODE_LIFETIME + CLOCK_TOLERANCE
    const earliest = golden.now - CLOCK_TOLERANCE
    for (const shownAt of [earliest, golden.now, latest]) expect(judge(golden.showText, { shownAt }).ok).toBe(true)
    expect(judge(golden.showText, { shownAt: latest + 1 })).toMatchObject({ code: 'code.expired' })
    expect(judge(golden.showText, { shownAt: earliest - 1 })).toMatchObject({ code: 'code.from_the_future' })
  })
})

describe('refused before any signature is verified', () => {
  const credentialEnds = golden.credential.expiresAtMs
  test.each<[string, string, Partial<Circumstances>]>([
    ['code.expired', golden.showText, { shownAt: golden.now + HOUR }],
    ['code.from_the_future', golden.showText, { shownAt: golden.now - HOUR }],
    ['code.expired', golden.showText, { shownAt: Number.POSITIVE_INFINITY }],
    ['code.wrong_currency', golden.showText, { currency: 'CHF' }],
    ['code.credential_expired', showWith({ expiresAtMs: golden.now + SECOND }), {}],
    ['code.unknown_issuer', showWith({}, stranger), {}],
    ['code.unknown_issuer', golden.showText, { issuerKey: () => ({ ...trusted, notAfter: golden.now }) }],
    ['code.unknown_issuer', golden.showText, { issuerKey: () => ({ ...trusted, notBefore: golden.now + HOUR }) }],
    ['code.wrong_request', golden.boundText, {}],
    ['code.wrong_request', golden.boundText, { request: new Uint8Array(3) }],
    ['code.wrong_request', golden.boundText, { request: makeRequest({ ...golden.request, nonce: 'ff'.repeat(16) }).bytes }],
    ['code.wrong_request', golden.boundText, { request: makeRequest({ ...golden.request, currency: 'CHF' }).bytes }],
  ])('%s', (code, text, change) => {
    const { crypto, verifications } = counting()
    expect(judge(text, change, crypto)).toMatchObject({ ok: false, code })
    expect(verifications()).toBe(0)
  })

  test('a credential is over at the very millisecond that it names', () => {
    const text = signProof(phone, {
      profile: 'show',
      credential: bytesOf(golden.credentialHex),
      now: credentialEnds,
      counter: 1,
      nonce: bytesOf(golden.show.nonce),
    })
    expect(judge(text, { shownAt: credentialEnds - 1 }).ok).toBe(true)
    expect(judge(text, { shownAt: credentialEnds })).toMatchObject({ code: 'code.credential_expired' })
  })
})

describe('forged', () => {
  test('a proof by another key than the credential names', () => {
    expect(judge(showWith({}, issuer, stranger))).toMatchObject({ ok: false, code: 'code.forged', detail: 'proof' })
  })

  test('a credential that its holder made and put under the issuer’s key id', () => {
    const self = { ...stranger, keyId: issuer.keyId }
    const text = showWith({ devicePublicKey: hex(stranger.publicKey), perPaymentLimitMinor: 1e12 }, self, stranger)
    expect(judge(text)).toMatchObject({ ok: false, code: 'code.forged', detail: 'credential' })
  })

  test('a credential with a key that is not a point of the curve', () => {
    expect(judge(showWith({ devicePublicKey: 'ff'.repeat(32) }))).toMatchObject({ ok: false, code: 'code.forged' })
  })

  const changes: [string, Partial<PaymentRequest>][] = [
    ['amount', { amountMinor: golden.request.amountMinor + 1 }],
    ['till', { till: '01890a5d-ac96-774b-bcce-b302099a8058' }],
    ['time', { issuedAtMs: golden.request.issuedAtMs + SECOND }],
    ['merchant', { merchant: 'Corner Stork' }],
    ['rest of the nonce', { nonce: golden.request.nonce.replace(/3f$/, '40') }],
  ]
  test.each(changes)('an answer to a request with another %s', (_, change) => {
    const other = makeRequest({ ...golden.request, ...change }).bytes
    expect(judge(golden.boundText, { request: other })).toMatchObject({ ok: false, code: 'code.forged' })
  })

  test.each([
    ['shown', golden.showText],
    ['bound', golden.boundText],
  ])('a %s code with any one bit flipped', (_, text) => {
    const whole = decodeBase45(text.slice(CODE_PREFIX.length))
    if (!whole.ok) throw new Error(whole.detail)
    const bit = fc.integer({ min: 0, max: whole.value.length * 8 - 1 })
    fc.assert(
      fc.property(bit, (at) => {
        const changed = whole.value.slice()
        changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7))
        expect(judge(CODE_PREFIX + encodeBase45(changed), { request }).ok).toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  test('a code with any one character replaced', () => {
    const place = fc.integer({ min: 0, max: golden.showText.length - 1 })
    fc.assert(
      fc.property(place, fc.string({ unit: anyCharacter, minLength: 1, maxLength: 2 }), (at, other) => {
        const changed = golden.showText.slice(0, at) + other + golden.showText.slice(at + 1)
        expect(changed === golden.showText || !judge(changed).ok).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  test('a shown code passed off as bound, and the other way round', () => {
    const swapped = (text: string, from: string, to: string): string => {
      const whole = decodeBase45(text.slice(CODE_PREFIX.length))
      return whole.ok ? CODE_PREFIX + encodeBase45(bytesOf(hex(whole.value).replace(hexOf(from), hexOf(to)))) : ''
    }
    const hexOf = (typ: string): string => hex(new Uint8Array([...typ].map((letter) => letter.charCodeAt(0))))
    expect(judge(swapped(golden.boundText, 'SPb', 'SPs'), { request })).toMatchObject({ code: 'code.forged' })
    expect(judge(swapped(golden.showText, 'SPs', 'SPb'), { request })).toMatchObject({ code: 'code.wrong_request' })
  })
})

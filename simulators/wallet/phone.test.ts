import { describe, expect, test } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { CODE_LIFETIME, readCode } from '#protocol/payment-code/code.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import { golden } from '#protocol/payment-code/golden.ts'
import { makeRequest, REQUEST_LIFETIME } from '#protocol/payment-code/request.ts'
import { verifyCode, type VerifiedCode } from '#protocol/payment-code/verify.ts'
import { HOUR, SECOND } from '#protocol/time.ts'
import { counterInMemory, openPhone, type Phone, type PhoneParts, type ShownCode } from './phone.ts'

const { now } = golden
const issuer = signerFromSeed(new Uint8Array(32).fill(1))
const device = signerFromSeed(new Uint8Array(32).fill(2))
const made = makeRequest(golden.request)

const parts: PhoneParts = {
  signer: { ...device, sign: (message) => Promise.resolve(device.sign(message)) },
  credential: issueCredential(issuer, golden.credential),
  nextCounter: counterInMemory(),
  randomBytes: nodeCrypto.randomBytes,
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.code} ${outcome.detail ?? ''}`)
  return outcome.value
}
const phoneWith = (change: Partial<PhoneParts> = {}): Phone => value(openPhone({ ...parts, ...change }))

const accepted = (shown: Outcome<ShownCode>, request?: Uint8Array): VerifiedCode =>
  value(
    verifyCode(nodeCrypto, value(readCode(value(shown).text)), {
      issuerKey: (keyId) => (keyId === hex(issuer.keyId) ? { publicKey: issuer.publicKey, notBefore: 0, notAfter: Number.MAX_SAFE_INTEGER } : undefined),
      shownAt: now + SECOND,
      currency: 'EUR',
      ...(request === undefined ? {} : { request }),
    }),
  )

describe('phone', () => {
  test('shows codes that a till accepts, each with another counter and nonce, also when asked for many at once', async () => {
    const phone = phoneWith({ nextCounter: counterInMemory(41) })
    const codes = await Promise.all(Array.from({ length: 20 }, () => phone.showCode(now)))
    const verified = codes.map((code) => accepted(code))
    expect(verified.map((code) => code.counter).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => 42 + i))
    expect(new Set(verified.map((code) => code.nonce)).size).toBe(20)
    expect(verified.every((code) => code.profile === 'show')).toBe(true)
    expect(value(codes[0] ?? { ok: false, code: 'code.malformed' })).toMatchObject({ shownFrom: now, shownUntil: now + CODE_LIFETIME })
  })

  test('answers a request with a code for exactly that', async () => {
    const phone = phoneWith()
    expect(phone.lookAtRequest(made.text, now)).toEqual({ ok: true, value: golden.request })
    expect(accepted(await phone.answerRequest(made.text, now), made.bytes)).toMatchObject({ profile: 'bound', request: golden.request })
  })

  test('stores the counter before the code exists', async () => {
    const steps: string[] = []
    const phone = phoneWith({
      nextCounter: async () => {
        await Promise.resolve()
        steps.push('stored')
        return 1
      },
      signer: { ...device, sign: (message) => (steps.push('signed'), device.sign(message)) },
    })
    await phone.showCode(now)
    expect(steps).toEqual(['stored', 'signed'])
  })

  test('shows nothing when the counter cannot be stored', async () => {
    const phone = phoneWith({ nextCounter: () => Promise.reject(new Error('disk full')) })
    await expect(phone.showCode(now)).rejects.toThrow('disk full')
  })

  test('uses up no counter for what it refuses', async () => {
    const phone = phoneWith({ nextCounter: () => Promise.reject(new Error('was asked')) })
    const late = golden.credential.expiresAtMs
    const foreign = makeRequest({ ...golden.request, currency: 'CHF' }).text
    expect(await phone.showCode(late)).toMatchObject({ ok: false, code: 'code.credential_expired' })
    expect(await phone.answerRequest(made.text, now + REQUEST_LIFETIME)).toMatchObject({ ok: false, code: 'code.expired' })
    expect(await phone.answerRequest(made.text, now - HOUR)).toMatchObject({ ok: false, code: 'code.from_the_future' })
    expect(await phone.answerRequest(foreign, now)).toMatchObject({ ok: false, code: 'code.wrong_currency' })
    expect(await phone.answerRequest(golden.showText, now)).toMatchObject({ ok: false, code: 'code.unknown_scheme' })
    expect(await phone.answerRequest('SPR1:?', now)).toMatchObject({ ok: false, code: 'code.malformed' })
  })

  test('refuses a credential that is broken or of another phone', () => {
    expect(openPhone({ ...parts, credential: parts.credential.subarray(1) })).toMatchObject({ ok: false, code: 'code.malformed' })
    expect(openPhone({ ...parts, signer: issuer })).toMatchObject({ ok: false, code: 'code.malformed' })
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBase45 } from '../base45.ts'
import { sign1, signedTypes, toCbor } from '../cose.ts'
import { nodeCrypto, signerFromSeed } from '../node/crypto.ts'
import { CREDIT_PREFIX, creditCode, MAX_CREDIT_CHARS, proofOfCredit, readCredit, sealOf, verifyCredit, type Credit } from './code.ts'
import { anyCharacter } from '../node/test-text.ts'

const till = signerFromSeed(new Uint8Array(32).fill(3))
const other = signerFromSeed(new Uint8Array(32).fill(4))
const credit: Credit = { creditId: '0190f3a0-0000-7000-8000-00000000abcd', amountMinor: 5000, currency: 'EUR', issuedAtMs: 1_800_000_000_000 }

describe('the code of a credit', () => {
  test('is read as it was made, and is the same each time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.integer({ min: 0, max: 0xffff_ffff }), (amountMinor, second) => {
        const made = { ...credit, amountMinor, issuedAtMs: second * 1000 }
        const text = creditCode(till, made)
        expect(text).toBe(creditCode(till, made))
        expect(text.length).toBeLessThanOrEqual(MAX_CREDIT_CHARS)
        expect(readCredit(text)).toMatchObject({ ok: true, value: { credit: made } })
      }),
    )
  })

  test('is believed by the key that signed it and by no other', () => {
    const read = readCredit(creditCode(till, credit))
    if (!read.ok) throw new Error(read.code)
    expect(verifyCredit(nodeCrypto, read.value, till.publicKey)).toBe(true)
    expect(verifyCredit(nodeCrypto, read.value, other.publicKey)).toBe(false)
  })

  test('is proved by its hash, and the seal fits that alone', () => {
    const [code, forged] = [creditCode(till, credit), creditCode(other, credit)]
    const seal = sealOf(nodeCrypto, proofOfCredit(nodeCrypto, code))
    expect(sealOf(nodeCrypto, proofOfCredit(nodeCrypto, forged))).not.toBe(seal)
    expect(proofOfCredit(nodeCrypto, code)).not.toBe(seal)
  })

  test.each<[string, string, string]>([
    ['another scheme', 'SP1:00', 'code.unknown_scheme'],
    ['nothing', CREDIT_PREFIX, 'code.malformed'],
    ['too much', CREDIT_PREFIX + '0'.repeat(100_000), 'code.malformed'],
    ['another purpose', CREDIT_PREFIX + encodeBase45(sign1(till, signedTypes.show, toCbor([1]))), 'code.malformed'],
    ['no amount', CREDIT_PREFIX + encodeBase45(sign1(till, signedTypes.gift, toCbor([new Uint8Array(16), 0, 'EUR', 1]))), 'code.malformed'],
  ])('of %s is refused', (_, text, code) => {
    expect(readCredit(text)).toMatchObject({ ok: false, code })
  })

  test('any text gives an Outcome', () => {
    fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => !readCredit(CREDIT_PREFIX + text).ok))
  })
})

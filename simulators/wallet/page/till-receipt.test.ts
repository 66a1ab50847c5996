import { describe, expect, test } from 'vitest'
import { base64url, hex } from '#protocol/bytes.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { signReceiptText } from '#protocol/receipt-text.ts'
import type { TillAnswer } from '#protocol/wallet-api/answers.ts'
import type { ApiCode } from './api.ts'
import { checkTillReceipt, isTillReceipt, textOf, type KnownTill } from './till-receipt.ts'

const [root, till, stranger] = [1, 2, 3].map((n) => signerFromSeed(new Uint8Array(32).fill(n))) as [Signer, Signer, Signer]
type Signer = ReturnType<typeof signerFromSeed>
const NOW = 1_800_000_000_000
const MERCHANT = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
const TEXT = 'Harbour Corner\nReceipt A1B2C3-1-000042\nTOTAL EUR 14.90'
const signed = signReceiptText(till, nodeCrypto, TEXT)

const certificateOf = ({ publicKey }: Signer, by: Signer = root): string => {
  const place = { till: MERCHANT, name: 'Till 1', merchant: MERCHANT, store: MERCHANT }
  return base64url(encodeSigned(by, 'sp.till', { v: 1, ...place, publicKey: hex(publicKey), issuedAt: NOW }))
}
type Answer = Outcome<TillAnswer, ApiCode> | undefined

/** A phone that reads one receipt after another, and keeps what it hears. */
function phone(rootOf: Signer = root) {
  let known: readonly KnownTill[] = []
  const read = (text: string, answer: Answer, now = NOW) =>
    checkTillReceipt(text, { rootPublicKey: hex(rootOf.publicKey), known, now, ask: async () => answer, keep: async (tills) => void (known = tills) })
  return { read, known: () => known }
}
const certified = ok({ certificate: certificateOf(till) })

describe('a receipt of a till', () => {
  test('is genuine by root, certificate and text, and stays so without a network, as of when the bank was asked', async () => {
    const { read } = phone()
    expect(isTillReceipt(signed)).toBe(true)
    expect(textOf(signed)).toBe(TEXT)
    expect(await read(signed, undefined)).toEqual({ is: 'unchecked' })
    expect(await read(signed, fail('wire.no_answer'))).toEqual({ is: 'unchecked' })
    expect(await read(signed, certified)).toEqual({ is: 'genuine', till: 'Till 1', heardAt: NOW })
    expect(await read(signed, fail('wire.no_answer'), NOW + 60_000)).toEqual({ is: 'genuine', till: 'Till 1', heardAt: NOW })
  })

  test('is forged when a letter of it was changed, or when its certificate is not the root’s', async () => {
    expect(await phone().read(signed.replace('14.90', '19.40'), certified)).toEqual({ is: 'forged' })
    expect(await phone().read(`${TEXT} \n${signed.slice(TEXT.length + 1)}`, certified)).toEqual({ is: 'forged' })
    expect(await phone(stranger).read(signed, certified)).toEqual({ is: 'forged' })
    expect(await phone().read(signed, ok({ certificate: certificateOf(till, stranger) }))).toEqual({ is: 'forged' })
    expect(await phone().read(signed, ok({ certificate: certificateOf(stranger) }))).toEqual({ is: 'forged' })
    expect(isTillReceipt(TEXT)).toBe(false)
    expect(isTillReceipt('SPR1:ABC')).toBe(false)
  })

  test('is nobody’s whom the bank knows, or of a till that was reported lost', async () => {
    const { read } = phone()
    expect(await read(signReceiptText(stranger, nodeCrypto, TEXT), fail('till.not_enrolled'))).toEqual({ is: 'unknown' })
    await read(signed, certified)
    const revoked = { is: 'revoked', till: 'Till 1', revokedAt: NOW + 5 }
    expect(await read(signed, ok({ ...certified.value, revokedAt: NOW + 5 }))).toEqual(revoked)
    expect(await read(signed, undefined)).toEqual(revoked)
  })

  test('does not make a phone remember more tills than a person meets', async () => {
    const { read, known } = phone()
    for (let n = 10; n < 70; n++) {
      const one = signerFromSeed(new Uint8Array(32).fill(n))
      await read(signReceiptText(one, nodeCrypto, TEXT), ok({ certificate: certificateOf(one) }))
    }
    expect(known()).toHaveLength(50)
    expect(known()[0]?.keyId).toBe(hex(signerFromSeed(new Uint8Array(32).fill(69)).keyId))
  })
})

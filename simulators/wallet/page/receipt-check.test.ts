import { describe, expect, test } from 'vitest'
import { base64url, hex } from '#protocol/bytes.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { golden } from '#protocol/payment-code/golden.ts'
import { DAY } from '#protocol/time.ts'
import { signWalletReceipt, type WalletReceipt } from '#protocol/wallet-api/receipt.ts'
import type { Payment } from './api.ts'
import { checkReceipt } from './receipt-check.ts'

const [root, ack, policy, stranger] = [1, 2, 3, 4].map((n) => signerFromSeed(new Uint8Array(32).fill(n))) as [Signer, Signer, Signer, Signer]
type Signer = ReturnType<typeof signerFromSeed>
const { wallet } = golden.credential
const receipt: WalletReceipt = {
  v: 1,
  wallet,
  paymentId: '0190a7d5-7c00-7000-8000-000000000001',
  amountMinor: 1250,
  refundedMinor: 0,
  currency: 'EUR',
  merchant: 'Corner Store',
  receiptNumber: 'A-0001',
  state: 'CAPTURED',
  at: golden.now,
}
const { paymentId, amountMinor, merchant, state, at } = receipt
const paid = (said: WalletReceipt = receipt, by: Signer = ack): Payment => ({
  paymentId,
  amountMinor,
  merchant,
  state,
  at,
  receipt: hex(signWalletReceipt(by, said)),
})
const keySetBy = (signer: Signer) => {
  const keys = (
    [
      ['ack', ack],
      ['policy', policy],
    ] as const
  ).map(([role, { keyId, publicKey }]) => ({
    role,
    keyId: hex(keyId),
    publicKey: hex(publicKey),
    notBefore: golden.now - DAY,
    notAfter: golden.now + DAY,
  }))
  return base64url(encodeSigned(signer, 'sp.keys', { v: 1, version: 1, keys }))
}
const bank = { rootPublicKey: hex(root.publicKey), keySet: keySetBy(root) }

describe('a receipt on the phone', () => {
  test('is genuine by the key set that the root has signed', async () => {
    expect(await checkReceipt(paid(), wallet, bank)).toEqual({ is: 'genuine', receipt })
  })

  test('is none before the bank has signed one', async () => {
    const { receipt: _, ...unsigned } = paid()
    expect(await checkReceipt(unsigned, wallet, bank)).toEqual({ is: 'none' })
  })

  test.each([
    ['the line says another sum', { ...paid(), amountMinor: 9999 }],
    ['the line says another shop', { ...paid(), merchant: 'Another Store' }],
    ['the line says another time', { ...paid(), at: at + 1 }],
    ['it is of another payment', paid({ ...receipt, paymentId: '0190a7d5-7c00-7000-8000-000000000002' })],
    ['it is of another wallet', paid({ ...receipt, wallet: '00'.repeat(16) })],
    ['somebody else has signed it', paid(receipt, stranger)],
    ['a key of the bank for another purpose has signed it', paid(receipt, policy)],
    ['it cannot be read', { ...paid(), receipt: '00' }],
  ])('is forged where %s', async (_what, payment) => {
    expect(await checkReceipt(payment, wallet, bank)).toEqual({ is: 'forged' })
  })

  test('is forged with any bit of it changed', async () => {
    const payment = paid()
    const text = payment.receipt ?? ''
    for (let at = 0; at < text.length; at += 2) {
      const changed = (parseInt(text.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, '0')
      expect(await checkReceipt({ ...payment, receipt: text.slice(0, at) + changed + text.slice(at + 2) }, wallet, bank)).toEqual({ is: 'forged' })
    }
  })

  test('is forged by keys of another root, or without any', async () => {
    expect(await checkReceipt(paid(), wallet, { ...bank, rootPublicKey: hex(stranger.publicKey) })).toEqual({ is: 'forged' })
    expect(await checkReceipt(paid(), wallet, { ...bank, keySet: keySetBy(stranger) })).toEqual({ is: 'forged' })
    expect(await checkReceipt(paid(), wallet, undefined)).toEqual({ is: 'forged' })
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from '#protocol/bytes.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { isSignedReceipt, MAX_RECEIPT_TEXT_BYTES, RECEIPT_PREFIX, signReceiptText } from '#protocol/receipt-text.ts'
import { receiptTextOf, returnedTextOf } from './receipt-text.ts'

const ID = '0198c0de-0000-7000-8000-000000000001'
const [till, other] = [3, 4].map((byte) => signerFromSeed(new Uint8Array(32).fill(byte)))
const heading = { merchant: 'Corner Shop', store: 'High Street', at: 1_790_000_000_000 }
const saleOf = (names: readonly string[]): Parameters<typeof receiptTextOf>[0] => ({
  saleId: ID,
  receiptNumber: '0000AA-1-000001',
  currency: 'EUR',
  lines: names.map((name) => ({ gtin: '9520000000011', name, quantity: 2, unitMinor: 500, taxPpm: 70_000, totalMinor: 1000 })),
  taxes: [{ ratePpm: 70_000, netMinor: 935 * names.length, taxMinor: 65 * names.length }],
  totalMinor: 1000 * names.length,
  payments: [{ paymentId: ID, amountMinor: 1000 * names.length }],
})

test('says who, when, what, how much and its taxes, as anybody reads it', () => {
  expect(receiptTextOf(saleOf(['Apple']), heading)).toBe(
    'Corner Shop, High Street\nReceipt 0000AA-1-000001\n2026-09-21 14:13 UTC\n2 x Apple 10.00\nTOTAL EUR 10.00\n7 %: 0.65',
  )
  expect(receiptTextOf(saleOf(['Apple']), { ...heading, timeZone: 'Asia/Shanghai' })).toContain('\n2026-09-21 22:13\n')
})

test('always fits its QR code, and says how many lines it leaves out', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 60 }), (names) => {
      expect(utf8(receiptTextOf(saleOf(names), heading)).length).toBeLessThanOrEqual(MAX_RECEIPT_TEXT_BYTES)
    }),
  )
  expect(receiptTextOf(saleOf(Array.from({ length: 60 }, () => 'Apple')), heading)).toMatch(/\n… \+\d+\nTOTAL EUR 600\.00/)
})

test('is genuine to the last letter, by the key of its till and no other', () => {
  if (till === undefined || other === undefined) throw new Error('two keys')
  const signed = signReceiptText(till, nodeCrypto, receiptTextOf(saleOf(['Apple']), heading))
  expect(isSignedReceipt(nodeCrypto, signed, till.publicKey)).toBe(true)
  expect(isSignedReceipt(nodeCrypto, signed, other.publicKey)).toBe(false)
  expect(isSignedReceipt(nodeCrypto, signed.replace('10.00', '19.00'), till.publicKey)).toBe(false)
  fc.assert(fc.property(fc.string(), (text) => !isSignedReceipt(nodeCrypto, `${text}\n${RECEIPT_PREFIX}${text}`, till.publicKey)))
})

test('says of money that went back what it was for, and never the code of a store credit', () => {
  const about = { receiptNumber: '0000AA-1-000002', of: '0000AA-1-000001', amountMinor: 500, currency: 'EUR', at: heading.at } as const
  expect(returnedTextOf({ kind: 'refund', ...about }, heading)).toBe(
    'Corner Shop, High Street\nRefund 0000AA-1-000002\n2026-09-21 14:13 UTC\nOf receipt 0000AA-1-000001\nTOTAL EUR -5.00',
  )
  expect(returnedTextOf({ kind: 'void', ...about, receiptNumber: about.of }, heading)).toContain('Void of 0000AA-1-000001')
  const goods: NonNullable<Parameters<typeof returnedTextOf>[0]['goods']> = {
    returnId: ID,
    receiptNumber: about.receiptNumber,
    currency: 'EUR',
    lines: [{ gtin: '9520000000011', name: 'Apple', quantity: 2, totalMinor: 500 }],
    taxes: [{ ratePpm: 70_000, netMinor: 467, taxMinor: 33 }],
    totalMinor: 500,
    paidMinor: 500,
    as: 'credit',
    refunds: [],
    reason: 'Faulty',
  }
  const text = returnedTextOf(
    { kind: 'goods', ...about, of: '', goods, credit: { creditId: ID, amountMinor: 500, currency: 'EUR', issuedAtMs: heading.at } },
    heading,
  )
  expect(text).toBe('Corner Shop, High Street\nReturn 0000AA-1-000002\n2026-09-21 14:13 UTC\nWithout a receipt\n2 x Apple -5.00\nTOTAL EUR -5.00\n7 %: -0.33')
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { controlSum, readAmount, writeAmount } from './amounts.ts'
import { businessDayFrom, easterSunday, executionDay } from './business-days.ts'
import { isBic, isPayableIban } from './iban.ts'
import { isReference, latin } from './latin.ts'
import { bankReference, creditorReference, payoutOf, whyUnpayable, writePain001, type Batch, type Transfer } from './pain001.ts'
import { schemasForTests } from './test-schemas.ts'
import { readMessage, textAt } from './xml.ts'
import { mod97 } from '../merchants/iban.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { anyCharacter } from '#protocol/node/test-text.ts'

const schemas = schemasForTests()
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const payout = (n: number): Id => makeId(1_760_000_000_000 + n, new Uint8Array(10).fill(n))
const transfer: Transfer = { payout: payout(2), amountMinor: 123_456n, name: 'Bäckerei Müller & Söhne <Köln>', iban: 'GB29NWBK60161331926819' }
const batch: Batch = {
  id: payout(1),
  createdAt: Date.UTC(2026, 10, 20, 9, 30),
  executionDay: '2026-11-20',
  currency: 'EUR',
  debtor: { name: 'Stillpoint Demo Hub GmbH', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' },
  transfers: [transfer],
}

describe('a payment file', () => {
  it('is valid, says its sums and names each payout', () => {
    const read = readMessage(bytes(writePain001({ ...batch, transfers: [...batch.transfers, { ...transfer, payout: payout(3), amountMinor: 44n }] })), schemas)
    if (!read.ok) throw new Error(read.detail)
    expect(textAt(read.value.root, 'CstmrCdtTrfInitn/GrpHdr/CtrlSum')).toBe('1235')
    expect(textAt(read.value.root, 'CstmrCdtTrfInitn/PmtInf/NbOfTxs')).toBe('2')
    expect(textAt(read.value.root, 'CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Cdtr/Nm')).toBe('Backerei Muller + Sohne .Koln.')
    expect(payoutOf(textAt(read.value.root, 'CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/PmtId/EndToEndId'))).toBe(payout(2))
  })

  it('is valid in every currency and for every name and amount that can be paid', () => {
    const any = fc.record({
      currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
      amountMinor: fc.bigInt({ min: 1n, max: 999_999_999_999n }),
      name: fc.string({ unit: anyCharacter, maxLength: 90 }),
    })
    fc.assert(
      fc.property(any, ({ currency, amountMinor, name }) => {
        const one = { ...transfer, amountMinor, name }
        fc.pre(whyUnpayable(one) === undefined)
        const read = readMessage(bytes(writePain001({ ...batch, currency, transfers: [one] })), schemas)
        expect(read).toMatchObject({ ok: true })
        const sum = read.ok ? textAt(read.value.root, 'CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt') : undefined
        expect(readAmount(sum ?? '', currency)).toBe(amountMinor)
      }),
      { numRuns: 12 },
    )
  })

  it('refuses what a bank would', () => {
    expect(whyUnpayable({ ...transfer, iban: 'GB28NWBK60161331926819' })).toContain('IBAN')
    expect(whyUnpayable({ ...transfer, name: '便利店' })).toContain('Latin')
    expect(whyUnpayable({ ...transfer, amountMinor: 0n })).toContain('amount')
    expect(() => writePain001({ ...batch, transfers: [{ ...transfer, amountMinor: -1n }] })).toThrow('invariant')
  })

  it('has references that fit and lead back', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.uint8Array({ minLength: 10, maxLength: 10 }), (at, random) => {
        const id = makeId(at, random)
        expect(payoutOf(bankReference(id))).toBe(id)
        expect(isReference(bankReference(id))).toBe(true)
        const reference = creditorReference(id)
        expect(reference).toMatch(/^RF\d\d[0-9A-F]{20}$/)
        expect(mod97(reference.slice(4) + reference.slice(0, 4))).toBe(1)
      }),
    )
    expect(payoutOf('NOTPROVIDED')).toBeUndefined()
  })
})

describe('the parts of it', () => {
  it('writes amounts with the digits of their currency, and reads no others', () => {
    expect([writeAmount(5n, 'EUR'), writeAmount(5n, 'JPY'), writeAmount(12_345n, 'KWD')]).toEqual(['0.05', '5', '12.345'])
    expect(['1.5', '1.50', '1.500', '01'].map((text) => readAmount(text, 'EUR'))).toEqual([150n, 150n, 150n, 100n])
    for (const text of ['1.005', '-1', '+1', '1e3', '1,00', '.5', '', '9999999999999999']) expect(readAmount(text, 'EUR')).toBeUndefined()
    expect(readAmount('1.5', 'JPY')).toBeUndefined()
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 15n - 1n),
        fc.constantFrom('EUR', 'JPY', 'KWD'),
        (minor, currency) => readAmount(writeAmount(minor, currency), currency) === minor,
      ),
    )
    expect(
      controlSum([
        { minor: 150n, currency: 'EUR' },
        { minor: 1n, currency: 'KWD' },
      ]),
    ).toBe('1.501')
  })

  it('knows IBANs by country, length and check digits', () => {
    for (const iban of ['DE89370400440532013000', 'GB29NWBK60161331926819', 'FR1420041010050500013M02606', 'NO9386011117947'])
      expect(isPayableIban(iban)).toBe(true)
    for (const iban of ['DE8937040044053201300', 'DE88370400440532013000', 'XX89370400440532013000', 'de89370400440532013000', 'DE89 3704 0044 0532 0130 00'])
      expect(isPayableIban(iban)).toBe(false)
    expect([isBic('COBADEFF'), isBic('COBADEFFXXX'), isBic('COBADEFFXX')]).toEqual([true, true, false])
  })

  it('writes Latin that banks pass on, and never more of it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 120 }),
        fc.integer({ min: 1, max: 70 }),
        (text, length) => /^[A-Za-z0-9/\-?:().,'+ ]*$/.test(latin(text, length)) && latin(text, length).length <= length,
      ),
    )
    expect(latin('Łódź_Straße\t№ 7', 70)).toBe('Lodz-Strasse No 7')
  })

  it('is carried out on a business day', () => {
    const bank = { timeZone: 'Europe/Berlin', cutOffHour: 16, holidays: ['2026-11-23'] }
    expect([2024, 2025, 2026, 2038].map(easterSunday)).toEqual(['2024-03-31', '2025-04-20', '2026-04-05', '2038-04-25'])
    expect(executionDay(Date.UTC(2026, 10, 20, 14, 59), bank, true)).toBe('2026-11-20')
    // 16:00 on a Friday in Berlin: the weekend and the bank's own holiday come between.
    expect(executionDay(Date.UTC(2026, 10, 20, 15), bank, true)).toBe('2026-11-24')
    expect([businessDayFrom('2026-04-03', true, new Set()), businessDayFrom('2026-04-03', false, new Set())]).toEqual(['2026-04-07', '2026-04-03'])
  })
})

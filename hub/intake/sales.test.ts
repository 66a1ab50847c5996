import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry, type EntryBody, type SaleLine } from '#protocol/journal/entry.ts'
import { utf8 } from '#protocol/bytes.ts'
import { wrongInSale, type KnownPayments } from './sales.ts'

const ID = '0198c0de-0000-7000-8000-000000000001'
const TILL = '0198c0de-0000-7000-8000-0000000000aa'

const saleOf = (line: SaleLine): EntryBody<'sale.completed'> => ({
  saleId: ID,
  receiptNumber: 'R-1',
  currency: 'EUR',
  lines: [line],
  taxes: [{ ratePpm: 0, netMinor: line.totalMinor, taxMinor: 0 }],
  totalMinor: line.totalMinor,
  payments: [{ paymentId: ID, amountMinor: line.totalMinor }],
})

/** A desk that knows one captured payment of this amount. */
const deskWith = (capturedMinor: number): KnownPayments => ({
  payment: () => ({ till: TILL, capturedMinor, currency: 'EUR', receiptNumber: 'R-1', saleId: ID, profile: 'show' }),
})
const pears: SaleLine = { gtin: '9520000000035', name: 'Pears', quantity: 1, unitMinor: 299, taxPpm: 0, totalMinor: 145, weight: { milli: 486, unit: 'kg' } }
const judged = (line: SaleLine): string | undefined => wrongInSale(deskWith(line.totalMinor), TILL, saleOf(line))

describe('a sale by weight', () => {
  it('is right when its price is rounded once to the nearest cent, a half either way', () => {
    expect(judged(pears)).toBeUndefined()
    const half: SaleLine = { ...pears, unitMinor: 3, weight: { milli: 500, unit: 'kg' }, totalMinor: 2 }
    expect([judged(half), judged({ ...half, totalMinor: 1 })]).toEqual([undefined, undefined])
  })

  it('is wrong by a cent, in pieces, or for the price of a whole kilogram', () => {
    expect(judged({ ...pears, totalMinor: 146 })).toContain('486 thousandths of 299')
    expect(judged({ ...pears, quantity: 2 })).toContain('pieces of a weighed line')
    expect(judged({ ...pears, totalMinor: 299 })).toBeDefined()
  })
})

describe('a sale with discounts', () => {
  const tea: SaleLine = {
    gtin: '9520000000035',
    name: 'Tea',
    quantity: 3,
    unitMinor: 100,
    taxPpm: 0,
    totalMinor: 200,
    discountMinor: 100,
    reasons: ['3 for 2'],
  }

  it('is right when price less discount is what the line costs', () => {
    expect(judged(tea)).toBeUndefined()
    expect(judged({ ...pears, totalMinor: 100, discountMinor: 45 })).toBeUndefined()
  })

  it('is wrong when something is taken off twice, or not at all', () => {
    expect(judged({ ...tea, totalMinor: 100 })).toContain('3 x 100 is not 200')
    expect(judged({ ...tea, totalMinor: 300 })).toContain('3 x 100 is not 400')
    expect(judged({ ...pears, totalMinor: 145, discountMinor: 45 })).toContain('486 thousandths of 299 are not 190')
  })
})

describe('taxes of a sale', () => {
  const lines: SaleLine[] = [33, 33, 33].map((totalMinor) => ({ gtin: '9520000000035', name: 'Tea', quantity: 1, unitMinor: 33, taxPpm: 70_000, totalMinor }))
  type More = Partial<EntryBody<'sale.completed'>>
  const wrong = (netMinor: number, taxMinor: number, more: More = {}): string | undefined => {
    const totalMinor = more.totalMinor ?? netMinor + taxMinor
    const payments = [{ paymentId: ID, amountMinor: totalMinor }]
    const body = { saleId: ID, receiptNumber: 'R-1', currency: 'EUR', lines, taxes: [{ ratePpm: 70_000, netMinor, taxMinor }], totalMinor, payments, ...more }
    return wrongInSale(deskWith(totalMinor), TILL, body)
  }

  it('are rounded for each rate or each line, in the price or added, as the sale says and not otherwise', () => {
    const added: More = { taxIncluded: false }
    const byLine: More = { taxRounding: 'line' }
    expect([wrong(93, 6), wrong(93, 6, byLine), wrong(99, 7, added), wrong(99, 6, { ...added, ...byLine })]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(wrong(92, 7)).toContain('the tax at 70000 ppm of 99 is not 7')
    expect(wrong(99, 6, added)).toContain('is not 6')
    expect(wrong(99, 7, { ...added, ...byLine })).toContain('is not 7')
    expect(wrong(99, 7)).toContain('the lines add up to 99, not 106')
    expect(wrong(99, 7, { ...added, totalMinor: 99 })).toContain('the lines add up to 106, not 99')
  })

  it('are none on what is exempt, which is told apart from a rate of zero', () => {
    const exempt = lines.map((line): SaleLine => ({ ...line, taxPpm: 0, taxExempt: true }))
    expect(wrong(99, 0, { lines: exempt, taxes: [{ ratePpm: 0, netMinor: 99, taxMinor: 0, exempt: true }] })).toBeUndefined()
    expect(wrong(99, 0, { lines: exempt, taxes: [{ ratePpm: 0, netMinor: 99, taxMinor: 0 }] })).toContain('net and tax at 0 ppm')
    expect(wrong(99, 0, { lines: lines.map((line): SaleLine => ({ ...line, taxExempt: true })) })).toContain('on what is exempt')
  })
})

describe('a sale of a till from before there were weights', () => {
  it('is read and judged as it always was', () => {
    const { weight: _, ...piece } = pears
    const body = saleOf({ ...piece, quantity: 2, totalMinor: 598 })
    const bytes = utf8(JSON.stringify({ v: 1, till: TILL, epoch: 1, n: 1, at: 1_790_000_000_000, kind: 'sale.completed', body }))
    const read = decodeEntry(bytes, { till: TILL, epoch: 1, n: 1 })
    expect(read).toMatchObject({ ok: true, value: { body } })
    expect(encodeEntry({ till: TILL, epoch: 1, n: 1 }, 1_790_000_000_000, { kind: 'sale.completed', body })).toEqual(bytes)
    expect(wrongInSale(deskWith(598), TILL, body)).toBeUndefined()
    expect(wrongInSale(deskWith(599), TILL, { ...body, lines: [{ ...piece, quantity: 2, totalMinor: 599 }] })).toContain('2 x 299 is not 599')
  })
})

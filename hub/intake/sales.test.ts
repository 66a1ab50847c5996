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
const deskWith = (capturedMinor: number): KnownPayments => ({ payment: () => ({ capturedMinor, currency: 'EUR', receiptNumber: 'R-1', saleId: ID }) })
const pears: SaleLine = { gtin: '9520000000035', name: 'Pears', quantity: 1, unitMinor: 299, taxPpm: 0, totalMinor: 145, weight: { milli: 486, unit: 'kg' } }
const judged = (line: SaleLine): string | undefined => wrongInSale(deskWith(line.totalMinor), saleOf(line))

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

describe('a sale of a till from before there were weights', () => {
  it('is read and judged as it always was', () => {
    const { weight: _, ...piece } = pears
    const body = saleOf({ ...piece, quantity: 2, totalMinor: 598 })
    const bytes = utf8(JSON.stringify({ v: 1, till: TILL, epoch: 1, n: 1, at: 1_790_000_000_000, kind: 'sale.completed', body }))
    const read = decodeEntry(bytes, { till: TILL, epoch: 1, n: 1 })
    expect(read).toMatchObject({ ok: true, value: { body } })
    expect(encodeEntry({ till: TILL, epoch: 1, n: 1 }, 1_790_000_000_000, { kind: 'sale.completed', body })).toEqual(bytes)
    expect(wrongInSale(deskWith(598), body)).toBeUndefined()
    expect(wrongInSale(deskWith(599), { ...body, lines: [{ ...piece, quantity: 2, totalMinor: 599 }] })).toContain('2 x 299 is not 599')
  })
})

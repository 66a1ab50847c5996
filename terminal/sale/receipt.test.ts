import { describe, expect, it } from 'vitest'
import type { EntryBody } from '#protocol/journal/entry.ts'
import { receiptOf, returnReceiptOf } from './receipt.ts'

const ID = '0198c0de-0000-7000-8000-000000000001'
type Sale = EntryBody<'sale.completed'>
const tea: Sale['lines'][number] = { gtin: '9520000000011', name: 'Tea', quantity: 3, unitMinor: 100, taxPpm: 70_000, totalMinor: 300 }

/** What stands on the paper between the heading and the total's payment, a text a row. */
function rows(sale: Partial<Sale>): string[] {
  const lines = sale.lines ?? [tea]
  const totalMinor = sale.totalMinor ?? lines.reduce((sofar, line) => sofar + line.totalMinor, 0)
  const body: Sale = {
    saleId: ID,
    receiptNumber: 'R-1',
    currency: 'EUR',
    lines,
    taxes: [],
    totalMinor,
    payments: [{ paymentId: ID, amountMinor: totalMinor }],
    ...sale,
  }
  const paper = receiptOf(body, { merchant: 'Shop', store: 'Pier', till: 'Till 1', at: 1_790_000_000_000, copy: false }, 'hub')
  const texts = paper.flatMap((block) => (block.kind === 'pair' ? [`${block.left}|${block.right}`] : block.kind === 'text' ? [block.text] : []))
  return texts.slice(texts.findIndex((text) => text.endsWith('UTC')) + 1, texts.indexOf('Approved by the hub'))
}

describe('a receipt in Chinese', () => {
  const sale: Sale = {
    saleId: ID,
    receiptNumber: 'R-1',
    currency: 'EUR',
    lines: [{ ...tea, name: '绿茶', totalMinor: 270, discountMinor: 30, reasons: ['Discount 10 % on the sale'] }],
    taxes: [{ ratePpm: 70_000, netMinor: 252, taxMinor: 18 }],
    totalMinor: 270,
    payments: [{ paymentId: ID, amountMinor: 270 }],
  }
  const heading = { merchant: '小店', store: '码头', till: 'Till 1', servedBy: 'Ada', at: 1_790_000_000_000, copy: true } as const
  const words = (language: 'en' | 'zh' | 'ar'): string[] =>
    [receiptOf(sale, { ...heading, language }, 'cash', { tenderedMinor: 300, changeMinor: 30 }), returnReceiptOf(back, { ...heading, language })].flatMap(
      (paper) => paper.flatMap((block) => (block.kind === 'pair' ? [block.left] : block.kind === 'text' ? [block.text] : [])),
    )
  const back = { kind: 'refund', receiptNumber: 'R-2', of: 'R-1', amountMinor: 270, currency: 'EUR', at: 1_790_000_000_000, cash: true } as const

  it('says nothing in English but names', () => {
    const latin = words('zh').filter((text) => /[A-Za-z]{2}/.test(text.replace(/EUR|UTC|Ada|Till 1|R-\d/g, '')))
    expect(latin).toEqual([])
    expect(words('zh')).toContain('*** 副本 ***')
    expect(words('zh')).toContain('  折扣 10 % 整单')
  })

  it('is in English where no printer has the letters', () => expect(words('ar')).toEqual(words('en')))
})

describe('a receipt', () => {
  it('says of every line what it would have cost, what was taken off and why', () => {
    const lines = [
      { ...tea, totalMinor: 150, discountMinor: 150, reasons: ['3 for 2', 'Discount 25 %'] },
      { ...tea, name: 'Milk', quantity: 1, totalMinor: 90, discountMinor: 10, reasons: [] },
    ]
    expect(rows({ lines })).toEqual([
      'Tea',
      '  3 x 1.00|3.00',
      '  3 for 2',
      '  Discount 25 %|-1.50',
      'Milk|1.00',
      '  Discount|-0.10',
      'TOTAL EUR|2.40',
      'Wallet|2.40',
      'You saved|1.60',
    ])
  })

  it('has its note, and the taxes that are in the price', () => {
    const taxes = [
      { ratePpm: 70_000, netMinor: 280, taxMinor: 20 },
      { ratePpm: 0, netMinor: 100, taxMinor: 0, exempt: true as const },
    ]
    expect(rows({ note: 'Gift wrapping', taxes })).toEqual([
      'Tea',
      '  3 x 1.00|3.00',
      'Gift wrapping',
      'TOTAL EUR|3.00',
      'Wallet|3.00',
      'incl. 7 % tax on 2.80|0.20',
      'exempt from tax 1.00|0.00',
    ])
  })

  it('adds the taxes that are not', () => {
    expect(rows({ taxIncluded: false, taxes: [{ ratePpm: 55_000, netMinor: 300, taxMinor: 17 }], totalMinor: 317 })).toEqual([
      'Tea',
      '  3 x 1.00|3.00',
      'Subtotal|3.00',
      'plus 5.5 % tax on 3.00|0.17',
      'TOTAL EUR|3.17',
      'Wallet|3.17',
    ])
  })
})

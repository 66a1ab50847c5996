import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDigitOf } from './gtin.ts'
import { priceCheckDigit, readLabel } from './label.ts'

const label = (twelve: string): string => twelve + checkDigitOf(twelve)
const PRICE = '21IIIIIPPPPPC'
const WEIGHT = '25IIIIIWWWWWC'
const VERIFIED_4 = '20IIIIIVPPPPC'
const VERIFIED_5 = '28IIIIVPPPPPC'

describe("the shop's own labels", () => {
  it.each([
    ['a price', PRICE, label('210123400287'), { plu: '1234', priceMinor: 287 }],
    ['a weight', WEIGHT, label('250001200750'), { plu: '12', milli: 750 }],
    ['a price of four digits with its check digit', VERIFIED_4, label('201234592875'), { plu: '12345', priceMinor: 2875 }],
    ['a price of five digits with its check digit', VERIFIED_5, label('281234614685'), { plu: '1234', priceMinor: 14_685 }],
    ['a fixed digit', '02IIIII0WWWWC', label('021234500299'), { plu: '12345', milli: 299 }],
    ['only a number', '27IIIII00000C', label('271234500000'), { plu: '12345' }],
  ])('%s', (_, layout, digits, value) => {
    expect(readLabel(digits, [layout])).toEqual({ ok: true, value })
  })

  it.each([
    ['a wrong check digit', PRICE, `${label('210123400287').slice(0, 12)}9`],
    ['a wrong price check digit', VERIFIED_4, label('201234582875')],
    ['no price', PRICE, label('210123400000')],
    ['no weight', WEIGHT, label('250001200000')],
    ['no number', PRICE, label('210000000287')],
  ])('refuses %s', (_, layout, digits) => {
    expect(readLabel(digits, [layout])).toMatchObject({ ok: false, code: 'sale.bad_label' })
  })

  it.each([
    ['another prefix', [PRICE], label('220123400287')],
    ['another fixed digit', ['02IIIII0WWWWC'], label('021234510299')],
    ['no layouts', [], label('210123400287')],
    ['not thirteen digits', [PRICE], '21012340'],
  ])('is silent about %s', (_, layouts, digits) => expect(readLabel(digits, layouts)).toBeUndefined())

  it('reads by the first layout that fits', () => {
    const digits = label('211234500750')
    expect(readLabel(digits, ['211IIIIWWWWWC', PRICE])).toEqual({ ok: true, value: { plu: '2345', milli: 750 } })
    expect(readLabel(digits, [PRICE, '211IIIIWWWWWC'])).toEqual({ ok: true, value: { plu: '12345', priceMinor: 750 } })
  })
})

describe('the price check digit', () => {
  it.each([
    ['2875', '9'],
    ['14685', '6'],
    ['0000', '0'],
    ['00000', '0'],
  ])('of %s is %s', (price, digit) => expect(priceCheckDigit(price)).toBe(digit))

  it('is a digit for four or five digits and nothing for others', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{0,8}$/), (price) => {
        if (price.length === 4 || price.length === 5) expect(priceCheckDigit(price)).toMatch(/^\d$/)
        else expect(priceCheckDigit(price)).toBeUndefined()
      }),
    )
  })

  it('tells every wrong digit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{4,5}$/), fc.nat(4), fc.integer({ min: 1, max: 9 }), (price, place, off) => {
        const at = place % price.length
        const wrong = price.slice(0, at) + String((Number(price[at]) + off) % 10) + price.slice(at + 1)
        expect(priceCheckDigit(wrong)).not.toBe(priceCheckDigit(price))
      }),
    )
  })
})

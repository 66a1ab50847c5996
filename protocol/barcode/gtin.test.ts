import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDigitOf, endsInCheckDigit, expandUpcE, isGtin } from './gtin.ts'

describe('check digits', () => {
  it.each(['96385074', '036000291452', '4006381333931', '9521234543213', '09521234543213', '006141411234567890'])('%s has the right one', (digits) => {
    expect(endsInCheckDigit(digits)).toBe(true)
  })

  it('tell any wrong digit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{7,17}$/), fc.nat(16), fc.integer({ min: 1, max: 9 }), (digits, place, off) => {
        const whole = digits + checkDigitOf(digits)
        const at = place % whole.length
        const wrong = whole.slice(0, at) + String((Number(whole[at]) + off) % 10) + whole.slice(at + 1)
        expect(endsInCheckDigit(whole)).toBe(true)
        expect(endsInCheckDigit(wrong)).toBe(false)
      }),
    )
  })

  it('make a GTIN only of 8, 12, 13 or 14 digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,20}$/), (digits) => {
        const whole = digits + checkDigitOf(digits)
        expect(isGtin(whole)).toBe([8, 12, 13, 14].includes(whole.length))
      }),
    )
    expect(isGtin('４００６３８１３３３９３１')).toBe(false)
  })
})

describe('UPC-E', () => {
  it.each([
    ['04252614', '042100005264'],
    ['01234505', '012000003455'],
    ['01278916', '012100007896'],
    ['01234133', '012300000413'],
    ['01234145', '012340000015'],
    ['01234558', '012345000058'],
    ['09876590', '098765000090'],
  ])('%s stands for %s', (short, long) => expect(expandUpcE(short)).toBe(long))

  it.each(['04252615', '24252614', '0425261', '042526144', ''])('%s is none', (text) => expect(expandUpcE(text)).toBeUndefined())
})

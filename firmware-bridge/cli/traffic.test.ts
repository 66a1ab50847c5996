import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describe as describeMessage, describeScan } from './traffic.ts'
import { anyCharacter } from '#protocol/node/test-text.ts'

describe('what was scanned', () => {
  it.each([
    ['4006381333931', ']E0', '4006381333931 ]E0'],
    ['9520000000011', undefined, '9520000000011'],
    ['ABC-123/45', undefined, 'ABC-123/45'],
    ['0109520000000011310300123410A1\u001d15991231', ']C1', '0109520000000011310300123410A1<GS>15991231 ]C1'],
  ])('is shown where it only says what a product is: %s', (text, aim, shown) => {
    expect(describeScan(aim === undefined ? { text } : { text, aim })).toBe(shown)
  })

  it.each([
    ['SP1:6BFOXN%TSMAHN', 'Stillpoint wallet'],
    ['281234567890123456', 'Alipay'],
    ['134567890123456789', 'WeChat Pay'],
    ['6212345678901234567', 'UnionPay'],
    ['hQVDUFYwMWETTwegAAAAVVVVUAhQcm9kdWN0MQ==', 'EMV QR'],
  ])('is not shown where it is money: %s', (text, scheme) => {
    expect(describeScan({ text, aim: ']Q1' })).toBe(`payment code of ${scheme}, ${text.length} characters ]Q1`)
  })

  it('is shown in one line, and not at all where it is long or all digits: those may be money', () => {
    const holds = (texts: fc.Arbitrary<string>, look: (text: string) => void) =>
      fc.assert(
        fc.property(texts, (text) => {
          look(text)
        }),
      )
    holds(fc.string({ unit: anyCharacter, minLength: 25, maxLength: 100 }), (text) => {
      expect(describeScan({ text })).toMatch(/^(code of|payment code of .*,) \d+ characters$/)
    })
    holds(fc.stringMatching(/^\d{15,24}$/), (text) => {
      expect(describeScan({ text })).not.toContain(text)
    })
    holds(fc.string({ unit: anyCharacter, minLength: 1, maxLength: 100 }), (text) => {
      expect(describeScan({ text, aim: ']C1' })).toMatch(/^[\x20-\x7e]+$/)
    })
  })
})

it('a card shows no more than its mask and how it was encrypted', () => {
  const encrypted = { scheme: 'tdes-dukpt-pin' as const, ksn: 'ffff9876543210e00001', track2: 'c25c1d1197d31caa' }
  const [line] = describeMessage({ type: 'card', device: 'reader-1', n: 1, card: { maskedPan: '411111******1111', expiry: '4912', encrypted } })
  expect(line).toEqual({ device: 'reader-1', what: 'card', text: '411111******1111, encrypted, tdes-dukpt-pin' })
})

it('weights have all their digits', () => {
  const text = (milli: number) => describeMessage({ type: 'reading', device: 'scale-1', reading: { state: 'stable', weight: { milli, unit: 'kg' } } })[0]?.text
  expect([text(5), text(1234), text(99_999)]).toEqual(['0.005 kg', '1.234 kg', '99.999 kg'])
})

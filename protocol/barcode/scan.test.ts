import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GS } from './gs1.ts'
import { readScan } from './scan.ts'

const LAYOUTS = ['21IIIIIPPPPPC', '02IIIIIWWWWWC']
const scan = (text: string, aim?: string) => readScan(text, aim, LAYOUTS, 'EUR')
const product = (value: object) => ({ ok: true, value })
const BAD: unknown = expect.objectContaining({ ok: false, code: 'sale.bad_label' })

describe('what was scanned', () => {
  it.each<[string, string, string | undefined, unknown]>([
    ['EAN-13', '4006381333931', ']E0', product({ gtin: '4006381333931' })],
    ['EAN-13 without an AIM identifier', '4006381333931', undefined, product({ gtin: '4006381333931' })],
    ['EAN-13 with a wrong check digit', '4006381333932', ']E0', undefined],
    ['EAN-13 with an add-on', '400638133393112', ']E3', product({ gtin: '4006381333931' })],
    ['EAN-8', '96385074', ']E4', product({ gtin: '96385074' })],
    ['UPC-A', '036000291452', undefined, product({ gtin: '036000291452' })],
    ['UPC-E', '04252614', ']E0', product({ gtin: '042100005264' })],
    ['UPC-E that can be nothing else', '04252614', undefined, product({ gtin: '042100005264' })],
    ['ITF-14', '09521234543213', ']I1', product({ gtin: '09521234543213' })],
    ['a label with a price', '2101234002872', ']E0', product({ plu: '1234', priceMinor: 287 })],
    ['a label with a weight, as UPC-A', '212345002995', undefined, product({ plu: '12345', milli: 299 })],
    ['a prefix that this shop has no layout for', '2501234002870', ']E0', product({ gtin: '2501234002870' })],
    ['a label with a wrong check digit', '2101234002873', ']E0', BAD],
    ['the linear half of a composite', '9521234543213|]e099A', ']E0', product({ gtin: '9521234543213' })],
    ['GS1-128', `010952123454321310A1${GS}21S7`, ']C1', product({ gtin: '09521234543213', batch: 'A1', serial: 'S7' })],
    ['DataBar with a weight in kg', '01095212345432133103000750', ']e0', product({ gtin: '09521234543213', milli: 750, unit: 'kg' })],
    ['DataMatrix with a weight in lb', '01095212345432133202000125', ']d2', product({ gtin: '09521234543213', milli: 1250, unit: 'lb' })],
    ['a weight finer than a gram', '01095212345432133105075001', ']e0', BAD],
    ['a weight of nothing', '01095212345432133103000000', ']e0', BAD],
    ['a price', '010952123454321339220299', ']e0', product({ gtin: '09521234543213', priceMinor: 299 })],
    ['a price in whole euros', '01095212345432133920003', ']e0', product({ gtin: '09521234543213', priceMinor: 300 })],
    ['a price finer than a cent', '010952123454321339232995', ']e0', BAD],
    ['a price in this currency', '010952123454321339329780299', ']e0', product({ gtin: '09521234543213', priceMinor: 299 })],
    ['a price in another currency', '010952123454321339328400299', ']e0', BAD],
    ['an expiry', '010952123454321317291231', ']Q3', product({ gtin: '09521234543213', expiry: '291231' })],
    ['two batches', `010952123454321310A${GS}10B`, ']d2', BAD],
    ['GS1 data cut short', '01095212345432', ']d2', BAD],
    ['GS1 data of no product', '00006141411234567890', ']C1', undefined],
    [
      'GS1 data from a scanner without AIM identifiers',
      `010952123454321310A${GS}21S7`,
      undefined,
      product({ gtin: '09521234543213', batch: 'A', serial: 'S7' }),
    ],
    ['led by FNC1', `${GS}10A${GS}0109521234543213`, undefined, product({ gtin: '09521234543213', batch: 'A' })],
    ['in brackets', '(01)09521234543213(17)291231', undefined, product({ gtin: '09521234543213', expiry: '291231' })],
    ['a Digital Link', 'https://id.example/01/09521234543213?3103=000750', ']Q1', product({ gtin: '09521234543213', milli: 750, unit: 'kg' })],
    ['another address', 'https://example.com/menu', ']Q1', undefined],
    ['a payment code', 'SP1:6BF%X0', ']Q1', undefined],
    ['a wallet code of digits', '281234567890123456', undefined, undefined],
    ['nothing', '', undefined, undefined],
  ])('%s', (_, text, aim, result) => expect(scan(text, aim)).toEqual(result))

  it('takes no price from GS1 data without knowing the currency of the shop', () => {
    expect(readScan('010952123454321339220299', ']e0', [])).toEqual(BAD)
  })

  it('is read without throwing whatever it is, and names one product or none', () => {
    const text = fc.oneof(fc.string({ maxLength: 100 }), fc.stringMatching(/^\d{1,40}$/), fc.stringMatching(/^01\d{14}(3[129][0-9]{2}\d{6})?[ -~]{0,30}$/))
    fc.assert(
      fc.property(text, fc.option(fc.constantFrom(']E0', ']E3', ']E4', ']C1', ']e0', ']d2', ']Q3', ']Q1'), { nil: undefined }), (scanned, aim) => {
        const result = scan(scanned, aim)
        if (result?.ok) expect([result.value.gtin, result.value.plu].filter((name) => name !== undefined)).toHaveLength(1)
      }),
      { numRuns: 3000 },
    )
  })
})

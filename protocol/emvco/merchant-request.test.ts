import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex } from '../bytes.ts'
import { makeId } from '../ids.ts'
import { makeRequest, type PaymentRequest } from '../payment-code/request.ts'
import { crcOf, makeMerchantQr, readMerchantQr } from './merchant-qr.ts'
import { makeMerchantRequest, MERCHANT_SCHEME, readShownRequest } from './merchant-request.ts'

const NOW = 1_800_000_000_000
const place = { merchantCity: 'Hamburg', country: 'DE', categoryCode: '5411' }
const request: PaymentRequest = {
  till: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  amountMinor: 2372,
  currency: 'EUR',
  nonce: 'ab'.repeat(16),
  issuedAtMs: NOW,
  merchant: 'Harbour Corner',
}
const sealed = (text: string): string => `${text.slice(0, -4)}${crcOf(text.slice(0, -4))}`

describe('a request as a merchant’s code', () => {
  it('is the same request as the till’s own form of it: one nonce, the same bytes to sign', () => {
    const made = makeMerchantRequest(request, place)
    expect(made.bytes).toEqual(makeRequest(request).bytes)
    expect(readShownRequest(made.text)).toEqual({ ok: true, value: { request, bytes: made.bytes } })
    expect(readShownRequest(makeRequest(request).text)).toEqual({ ok: true, value: { request, bytes: made.bytes } })
  })

  it('comes back whole for every till, sum, time and name', () => {
    const random = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const named = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => text.isWellFormed())
    fc.assert(
      fc.property(
        random,
        random,
        fc.integer({ min: 1, max: 99_999_999_999 }),
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        named,
        (id, nonce, amountMinor, at, merchant) => {
          const asked = { ...request, till: makeId(at * 1000, id), nonce: hex(nonce), amountMinor, issuedAtMs: at * 1000, merchant }
          const made = makeMerchantRequest(asked, place)
          const read = readShownRequest(made.text)
          expect(read).toEqual({ ok: true, value: { request: { ...asked, merchant: [...merchant].slice(0, 25).join('') }, bytes: made.bytes } })
        },
      ),
    )
  })

  it('is what other wallets can read: dynamic, with the sum inside, our account under its identifier', () => {
    const read = readMerchantQr(makeMerchantRequest(request, place).text)
    expect(read).toMatchObject({ ok: true, value: { dynamic: true, amountMinor: 2372, currency: 'EUR', ...place, accounts: [{ scheme: MERCHANT_SCHEME }] } })
  })
})

describe('what is no request of ours', () => {
  const { text } = makeMerchantRequest(request, place)
  const others = { ...place, currency: 'EUR', amountMinor: 1, dynamic: true, merchantName: 'Other' } as const

  it.each([
    ['a code of another scheme', makeMerchantQr({ ...others, accounts: [{ scheme: 'com.example.pay', values: { '01': 'shop' } }] }), 'code.unknown_scheme'],
    ['a changed sum', text.replace('540523.72', '540513.72'), 'code.malformed'],
    ['a till that is none', sealed(text.replace(/0122.{22}/, `0122${'A'.repeat(22)}`)), 'code.malformed'],
    ['a time before all times', sealed(text.replace(/0310\d{10}/, '03100000000000')), 'code.malformed'],
    ['one for everybody', sealed(text.replace('010212', '010211')), 'code.malformed'],
    ['nothing', '', 'code.unknown_scheme'],
  ])('%s', (_, shown, code) => expect(readShownRequest(shown)).toMatchObject({ ok: false, code }))
})

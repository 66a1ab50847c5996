import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBase45 } from '../base45.ts'
import { hex, unhex } from '../bytes.ts'
import { toCbor } from '../cose.ts'
import { makeId } from '../ids.ts'
import { golden } from './golden.ts'
import { makeRequest, MAX_MERCHANT_CHARS, readRequest, readRequestBytes, REQUEST_PREFIX, type PaymentRequest } from './request.ts'
import { anyCharacter } from '../node/test-text.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const requests: fc.Arbitrary<PaymentRequest> = fc.record({
  till: fc.tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), bytes(10)).map(([time, random]) => makeId(time, random)),
  amountMinor: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
  nonce: bytes(16).map(hex),
  issuedAtMs: fc.integer({ min: 0, max: 0xffff_ffff }).map((second) => second * 1000),
  merchant: fc.string({ unit: 'grapheme', maxLength: 10 }),
})

const till = unhex(golden.request.till.replaceAll('-', ''))
const nonce = unhex(golden.request.nonce)
const time = golden.request.issuedAtMs / 1000

describe('payment request', () => {
  test('has the bytes of the golden vector', () => {
    expect(makeRequest(golden.request).text).toBe(golden.requestText)
    expect(readRequest(golden.requestText)).toMatchObject({ ok: true, value: { request: golden.request } })
  })

  test('is read as it was made, from its text and from its bytes', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const made = makeRequest(request)
        expect(readRequest(made.text)).toEqual({ ok: true, value: { request, bytes: made.bytes } })
        expect(readRequestBytes(made.bytes)).toEqual({ ok: true, value: request })
      }),
    )
  })

  test('a long name is cut between characters, and the result is readable', () => {
    const made = makeRequest({ ...golden.request, merchant: '🏪'.repeat(200) })
    expect(readRequest(made.text)).toMatchObject({ ok: true, value: { request: { merchant: '🏪'.repeat(MAX_MERCHANT_CHARS) } } })
  })

  test.each<[string, Partial<PaymentRequest>]>([
    ['nothing to pay', { amountMinor: 0 }],
    ['a till that is no UUIDv7', { till: '00000000-0000-4000-8000-000000000000' }],
    ['a short nonce', { nonce: '00' }],
    ['an unknown currency', { currency: 'eur' }],
  ])('is not made with %s', (_, change) => {
    expect(() => makeRequest({ ...golden.request, ...change })).toThrow('invariant broken')
  })

  test.each<[string, unknown]>([
    ['a map', new Map([[1, till]])],
    ['five fields', [till, 1, 'EUR', nonce, time]],
    ['seven fields', [till, 1, 'EUR', nonce, time, 'Shop', 0]],
    ['a till that is no UUIDv7', [new Uint8Array(16), 1, 'EUR', nonce, time, 'Shop']],
    ['a till as text', [golden.request.till, 1, 'EUR', nonce, time, 'Shop']],
    ['nothing to pay', [till, 0, 'EUR', nonce, time, 'Shop']],
    ['a negative amount', [till, -1, 'EUR', nonce, time, 'Shop']],
    ['a fraction', [till, 1.5, 'EUR', nonce, time, 'Shop']],
    ['an amount above the safe integers', [till, 2n ** 60n, 'EUR', nonce, time, 'Shop']],
    ['an unknown currency', [till, 1, 'EURO', nonce, time, 'Shop']],
    ['a short nonce', [till, 1, 'EUR', nonce?.subarray(1), time, 'Shop']],
    ['a time after 2106', [till, 1, 'EUR', nonce, 2 ** 32, 'Shop']],
    ['a name that is too long', [till, 1, 'EUR', nonce, time, 'x'.repeat(MAX_MERCHANT_CHARS + 1)]],
    ['a name that is no text', [till, 1, 'EUR', nonce, time, nonce]],
  ])('with %s it is malformed', (_, fields) => {
    expect(readRequestBytes(toCbor(fields))).toMatchObject({ ok: false, code: 'code.malformed' })
    expect(readRequest(REQUEST_PREFIX + encodeBase45(toCbor(fields)))).toMatchObject({ ok: false, code: 'code.malformed' })
  })

  test('other texts are no requests, and any text gives an Outcome', () => {
    expect(readRequest(golden.showText)).toMatchObject({ ok: false, code: 'code.unknown_scheme' })
    expect(readRequest('4006381333931')).toMatchObject({ ok: false, code: 'code.unknown_scheme' })
    expect(readRequest(REQUEST_PREFIX + '0'.repeat(1_000_000))).toEqual({ ok: false, code: 'code.malformed', detail: 'request too long' })
    expect(readRequestBytes(new Uint8Array(1_000_000))).toEqual({ ok: false, code: 'code.malformed', detail: 'request too long' })
    fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => !readRequest(text).ok && !readRequest(REQUEST_PREFIX + text).ok))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (any) => !readRequestBytes(any).ok))
  })
})

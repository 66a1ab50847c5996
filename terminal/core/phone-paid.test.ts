import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { encodeSigned, type Catalogue } from '#protocol/hub/messages.ts'
import { paidCode, type PaidReceipt } from '#protocol/hub/paid.ts'
import type { Quote } from '#protocol/exchange/quote.ts'
import { customerView } from '#protocol/till-api/customer.ts'
import { HOUR, MINUTE } from '#protocol/time.ts'
import { CATALOGUE, openTestTill, sellApple, TILL, testWallet, type TestTill } from './test-till.ts'

const WALLET = 'cd'.repeat(16)
const WALLET_TILL = '0198c0de-0000-7000-8000-00000000bbbb'
const merchantQr: Catalogue['merchantQr'] = { merchantCity: 'Hamburg', country: 'DE', categoryCode: '5411' }

/** A till of a shop in which phones may pay at the hub. */
function shopTill(isOnline = false): TestTill {
  const t = openTestTill()
  t.till.received('catalogue', encodeSigned(t.keys.policy, signedTypes.catalogue, { ...CATALOGUE, version: 2, merchantQr }))
  t.goOnline()
  if (!isOnline) t.till.disconnected()
  return t
}

const shown = (t: TestTill): string => {
  const { tender } = t.view()
  if (tender.stage !== 'awaiting_code') throw new Error(`the payment is ${tender.stage}`)
  return tender.request
}

let payments = 0
/** What the hub signs for a phone that read the screen. */
function receiptFor(t: TestTill, request: string, over: Partial<PaidReceipt> = {}, signer = t.keys.ack): Uint8Array {
  const read = readShownRequest(request)
  if (!read.ok) throw new Error(read.code)
  const { till, nonce, amountMinor, currency } = read.value.request
  const paymentId = `0198c0de-0000-7000-8000-0000${String(++payments).padStart(4, '0')}c0de`
  return encodeSigned(signer, signedTypes.paid, { v: 1, till, nonce, amountMinor, currency, wallet: WALLET, paymentId, hubTime: t.time.now(), ...over })
}

const newest = (t: TestTill, count: number) => t.kinds().slice(-count)

describe('a phone that paid at the hub', () => {
  it('sees an EMVCo code with the sum inside, which is the till’s own request', () => {
    const t = shopTill()
    sellApple(t)
    expect(shown(t)).toMatch(/^000201010212/)
    // The same request as ever: a phone without network still answers it by its own code.
    t.till.scanned(testWallet(t).answer(shown(t)))
    expect(t.view().tender.stage).toBe('approved')
  })

  it('is approved by the hub’s receipt on the phone, without network and beyond every cap, in one transaction', () => {
    const t = shopTill()
    t.time.advance(48 * HOUR)
    for (let lamp = 0; lamp < 6; lamp++) t.till.scanned('9520000000028')
    t.till.command({ type: 'takePayment' })
    t.till.scanned(paidCode(receiptFor(t, shown(t))))
    expect(t.view().tender).toMatchObject({ stage: 'approved', amountMinor: 59_400, decidedBy: 'hub' })
    expect(newest(t, 4)).toEqual(['payment.intended', 'payment.held', 'payment.captured', 'sale.completed'])
    expect(t.view().link.allowance?.tillLeftMinor).toBe(30_000)
    expect(t.chainIsWhole()).toBe(true)
  })

  it('is approved by the hub’s own word, and the same word again changes nothing', () => {
    const t = shopTill(true)
    sellApple(t)
    const receipt = receiptFor(t, shown(t))
    t.till.received('paid', receipt)
    expect(t.view().tender).toMatchObject({ stage: 'approved', amountMinor: 1000, decidedBy: 'hub' })
    const { length } = t.kinds()
    t.till.received('paid', receipt)
    expect(t.kinds()).toHaveLength(length)
    sellApple(t)
    t.till.scanned(paidCode(receipt))
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code: 'code.replayed' } })
    expect(newest(t, 1)).toEqual(['payment.rejected'])
  })

  it.each<[string, (t: TestTill, request: string) => Uint8Array, string]>([
    ['signed by somebody else', (t, request) => receiptFor(t, request, {}, t.keys.policy), 'code.forged'],
    ['for another till', (t, request) => receiptFor(t, request, { till: TILL.replace('aa', 'bb') }), 'qr.other_till'],
    ['over another sum', (t, request) => receiptFor(t, request, { amountMinor: 1001 }), 'code.wrong_request'],
    ['in another currency', (t, request) => receiptFor(t, request, { currency: 'USD' }), 'code.wrong_request'],
    ['for something that this till never asked', (t, request) => receiptFor(t, request, { nonce: '00'.repeat(16) }), 'qr.unknown'],
    ['of another hour', (t, request) => receiptFor(t, request, { hubTime: t.time.now() + 30 * MINUTE }), 'code.expired'],
  ])('is refused with a receipt %s', (_, made, code) => {
    const t = shopTill()
    sellApple(t)
    t.till.scanned(paidCode(made(t, shown(t))))
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code } })
    expect(newest(t, 1)).toEqual(['payment.rejected'])
  })

  it('gets its money back at once for what is not sold any more, whichever way the till hears of it', () => {
    const t = shopTill(true)
    sellApple(t)
    const cancelled = receiptFor(t, shown(t))
    t.till.command({ type: 'cancelPayment' })
    t.till.received('paid', cancelled)
    expect(newest(t, 2)).toEqual(['payment.intended', 'payment.voided'])
    t.till.command({ type: 'takePayment' })
    const changed = receiptFor(t, shown(t))
    t.till.scanned('9520000000028')
    t.till.scanned(paidCode(changed))
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code: 'qr.given_back' } })
    expect(t.kinds().filter((kind) => kind === 'payment.voided')).toHaveLength(2)
    // Once.
    t.till.received('paid', changed)
    expect(t.kinds().filter((kind) => kind === 'payment.voided')).toHaveLength(2)
    expect(t.view().link.waiting).toMatchObject({ payments: 0 })
  })

  it('gets it back after the till was switched off before it heard', () => {
    const t = shopTill(true)
    sellApple(t)
    const receipt = receiptFor(t, shown(t))
    const again = t.reopen()
    again.till.received('paid', receipt)
    expect(newest(again, 2)).toEqual(['payment.intended', 'payment.voided'])
    expect(again.view().sale.lines).toHaveLength(1)
  })

  it('waits for the end of a payment that is being decided, and then is not taken beside it', () => {
    const t = shopTill(true)
    sellApple(t)
    const request = shown(t)
    t.till.scanned(testWallet(t).answer(request))
    t.till.received('paid', receiptFor(t, request))
    expect(t.view().tender.stage).toBe('deciding')
    t.till.received('decision', t.decide({ type: 'declined', code: 'hub.duplicate_code' }))
    expect(newest(t, 3)).toEqual(['payment.declined', 'payment.intended', 'payment.voided'])
  })

  it('pays a part of a sale as well', () => {
    const t = shopTill()
    sellApple(t)
    t.till.command({ type: 'takePayment', amountMinor: 400 })
    t.till.scanned(paidCode(receiptFor(t, shown(t))))
    expect(t.view().tenders).toMatchObject({ restMinor: 600, parts: [{ how: 'wallet', amountMinor: 400, decidedBy: 'hub' }] })
    t.till.scanned(paidCode(receiptFor(t, shown(t))))
    expect(t.view().tender.stage).toBe('approved')
  })
})

describe('a wallet of another scheme', () => {
  const codes = { alipay: '28'.padEnd(18, '0'), wechat_pay: '10'.padEnd(18, '0'), unionpay: '62'.padEnd(19, '0') } as const

  it.each(Object.entries(codes))('of %s is refused without the hub, in its own words', (scheme, code) => {
    const t = shopTill()
    sellApple(t)
    t.till.scanned(code)
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code: `scheme.${scheme}_offline` } })
  })

  it('is the hub’s to ask, and its customer has a minute to confirm', () => {
    const t = shopTill(true)
    sellApple(t)
    t.till.scanned(codes.alipay)
    expect(t.entries().at(-1)).toMatchObject({ kind: 'payment.intended', body: { instrument: { type: 'scheme', scheme: 'alipay', code: codes.alipay } } })
    t.time.advance(50_000)
    expect(t.view().tender.stage).toBe('unknown')
    t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + HOUR }))
    expect(t.view().tender).toMatchObject({ stage: 'approved', decidedBy: 'hub' })
  })

  it('is undone when nobody confirms it', () => {
    const t = shopTill(true)
    sellApple(t)
    t.till.scanned(codes.alipay)
    t.time.advance(80_000)
    expect(newest(t, 1)).toEqual(['payment.reversed'])
    expect(t.view().tender).toMatchObject({ stage: 'refused' })
  })
})

describe('a phone whose wallet is in another currency', () => {
  const exchange = {
    quote: '0198c0de-0000-7000-8000-00000000aaaa',
    currency: 'CNY',
    amountMinor: 7930,
    marginMinor: 117,
    marginPpm: 15_000,
    rate: { numerator: 78_123, denominator: 10_000 },
    source: 'Bank',
    rateAt: 1_760_000_000_000,
  }
  const quoteFor = (t: TestTill, request: string, over: Partial<Quote> = {}, signer = t.keys.ack): Uint8Array => {
    const read = readShownRequest(request)
    if (!read.ok) throw new Error(read.code)
    const { till, nonce, amountMinor, currency } = read.value.request
    const said = { v: 1, till, nonce, wallet: WALLET, amountMinor, currency, exchange, hubTime: t.time.now(), expiresAt: t.time.now() + 2 * MINUTE } as const
    return encodeSigned(signer, signedTypes.quote, { ...said, ...over })
  }
  const told = (t: TestTill) => {
    const { tender } = t.view()
    return tender.stage === 'awaiting_code' ? tender.exchange : undefined
  }

  it('has what it would pay shown while it decides, at the till and to its owner, until that expires', () => {
    const t = shopTill(true)
    sellApple(t)
    t.till.received('quote', quoteFor(t, shown(t)))
    expect(told(t)).toEqual({ currency: 'CNY', amountMinor: 7930, marginPpm: 15_000, rate: '7.8123', source: 'Bank', at: exchange.rateAt })
    expect(customerView(t.view()).stage).toMatchObject({ name: 'paying', exchange: { currency: 'CNY', amountMinor: 7930 } })
    t.time.advance(2 * MINUTE)
    expect(told(t)).toBeUndefined()
  })

  it('is not shown what is not the hub’s, for another till, request or sum, or late; and none of that is an incident', () => {
    const t = shopTill(true)
    sellApple(t)
    const before = t.kinds()
    for (const over of [{ till: WALLET_TILL }, { nonce: 'ab'.repeat(16) }, { amountMinor: 999 }, { expiresAt: t.time.now() }])
      t.till.received('quote', quoteFor(t, shown(t), over))
    t.till.received('quote', quoteFor(t, shown(t), {}, t.keys.policy))
    t.till.received('quote', new Uint8Array([1, 2, 3]))
    expect(told(t)).toBeUndefined()
    expect(t.kinds()).toEqual(before)
  })

  it('pays the shop’s sum, and the receipt has both sums, the rate, the margin, its source and time', () => {
    const t = shopTill(true)
    sellApple(t)
    t.till.received('paid', receiptFor(t, shown(t), { exchange }))
    const { tender } = t.view()
    if (tender.stage !== 'approved') throw new Error(tender.stage)
    expect(tender).toMatchObject({ amountMinor: 1000, decidedBy: 'hub' })
    expect(tender.receiptText).toContain('CNY 79.30 (1 EUR = 7.8123 CNY + 1.5 %, Bank 2025-10-09 08:53 UTC)')
    const printed = JSON.stringify(t.printed.at(-1))
    for (const said of ['CNY 79.30', '1 EUR = 7.8123 CNY + 1.5 %', 'Bank, 2025-10-09 08:53 UTC']) expect(printed).toContain(said)
  })

  it('that shows a code in place of scanning one is told, in kind words, what to do', () => {
    const t = shopTill(true)
    sellApple(t)
    t.till.scanned(testWallet(t, { currency: 'CNY' }).show())
    expect(t.view().tender).toMatchObject({ stage: 'awaiting_code', refused: { code: 'code.wrong_currency' } })
  })
})

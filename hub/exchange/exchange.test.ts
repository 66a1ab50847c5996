import { beforeEach, describe, expect, it } from 'vitest'
import { TestFeed, testExchange } from './test-exchange.ts'
import { phonePaymentId } from '../intake/phone-payment-id.ts'
import { exchangeResultAccount, merchantAccount, positionAccount, walletAccount } from '../ledger/names.ts'
import { demoTerms } from '../merchants/terms.ts'
import type { HubStore } from '../store/hub-store.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import { makeRig, START, nextId, refund, requestOf, type Rig, type TestTill, type TestWallet } from '../test-rig.ts'
import { demoShop } from '../demo-shop.ts'
import { base64url, hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { readQuote } from '#protocol/exchange/quote.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import { readPaidCode, paidCode, type PaidReceipt } from '#protocol/hub/paid.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { readRequestBytes, type MadeRequest } from '#protocol/payment-code/request.ts'
import { DAY, MINUTE } from '#protocol/time.ts'
import { downTopic } from '#protocol/topics.ts'

let feed: TestFeed
let rig: Rig
let till: TestTill
let phone: TestWallet
/** The hub's next commit is its last: it never happens, or nobody hears that it did. */
let dies: 'before' | 'after' | undefined
async function begin(refundRate?: 'original' | 'today') {
  const store = openSqliteStore(':memory:')
  if (!store.ok) throw new Error(store.code)
  feed = new TestFeed()
  dies = undefined
  const mortal: HubStore = {
    ...store.value,
    async commit(changes) {
      if (dies === 'before') throw new Error('the power is gone')
      const committed = await store.value.commit(changes)
      if (dies === 'after') throw new Error('the power is gone')
      return committed
    },
  }
  const terms = { ...demoTerms(demoShop), ...(refundRate && { refundRate }) }
  rig = await makeRig({ store: mortal, exchange: testExchange(feed), firstTerms: terms })
  await rig.hub.rates?.look()
  till = await rig.till()
  phone = await rig.wallet('CNY')
}
beforeEach(() => begin())

const asked = (request: MadeRequest, from = phone) => ({ wallet: from.wallet, request: base64url(request.bytes) })
async function quoted(request: MadeRequest, from = phone): Promise<string> {
  const quote = await rig.hub.quoteForPhone(asked(request, from))
  if (!quote.ok) throw new Error(`${quote.code} ${quote.detail ?? ''}`)
  return base64url(quote.value)
}
const pay = (request: MadeRequest, quote: string | undefined, from = phone) =>
  rig.hub.payByPhone({ ...asked(request, from), code: from.bound(request.bytes, rig.clock.now()), quote })
async function paid(request: MadeRequest): Promise<{ readonly bytes: Uint8Array; readonly receipt: PaidReceipt }> {
  const answer = await pay(request, await quoted(request))
  if (!answer.ok) throw new Error(`${answer.code} ${answer.detail ?? ''}`)
  const signer = rig.keys.signer('ack')
  const opened = openSigned(nodeCrypto, answer.value, signedTypes.paid, (id) => (id === hex(signer.keyId) ? signer.publicKey : undefined))
  if (!opened.ok) throw new Error(opened.code)
  return { bytes: answer.value, receipt: opened.value }
}

function facts(bytes: Uint8Array, { paymentId, currency, amountMinor }: PaidReceipt) {
  const body = { paymentId, saleId: nextId(), amountMinor, currency }
  return {
    paymentId,
    intended: { kind: 'payment.intended', body: { ...body, instrument: { type: 'merchant_qr', receipt: base64url(bytes) } } },
    held: { kind: 'payment.held', body: { paymentId, decision: base64url(bytes) } },
    captured: { kind: 'payment.captured', body: { paymentId, amountMinor, currency, receiptNumber: `R-${paymentId.slice(0, 8)}` } },
    voided: { kind: 'payment.voided', body: { paymentId, code: 'qr.given_back' } },
  } satisfies Record<string, Fact | string>
}
async function journal(...all: readonly Fact[]): Promise<void> {
  const from = till.entries.length + 1
  for (const fact of all) till.write(fact, rig.clock.now())
  await rig.send(till, till.batch(rig.acks(till).length === 0 ? 1 : from))
}
async function captured(amountMinor: number) {
  const { bytes, receipt } = await paid(requestOf(till.id, amountMinor, rig.clock.now()))
  const said = facts(bytes, receipt)
  await journal(said.intended, said.held, said.captured)
  return said
}

const balance = async (id: string): Promise<number> => {
  const [account] = await rig.ports.store.get('accounts', [id])
  return Number((account?.creditsPosted ?? 0n) - (account?.debitsPosted ?? 0n))
}
/** Of the shop, the wallet, the position in both currencies, and the result. */
const standing = async () => ({
  shop: await balance(merchantAccount(demoShop.merchant.id, 'EUR')),
  fees: (await balance(`fees/${demoShop.merchant.id}/EUR`)) + (await balance(`fee-tax/${demoShop.merchant.id}/EUR`)),
  wallet: await balance(walletAccount(phone.wallet)),
  eur: await balance(positionAccount('EUR')),
  cny: await balance(positionAccount('CNY')),
  result: await balance(exchangeResultAccount('CNY')),
})
const exceptions = async () => (await rig.exceptions()).map(([, , code]) => code)

describe('a wallet in another currency', () => {
  it('is quoted a sum, a rate, a margin, a source and a time, signed, which its till hears too', async () => {
    const request = requestOf(till.id, 1250)
    const quote = await quoted(request)
    const read = readQuote(quote)
    expect(read.ok && read.value.quote).toMatchObject({
      till: till.id,
      wallet: phone.wallet,
      amountMinor: 1250,
      currency: 'EUR',
      exchange: {
        currency: 'CNY',
        amountMinor: 9913,
        marginMinor: 147,
        marginPpm: 15_000,
        rate: { numerator: 78_123, denominator: 10_000 },
        source: 'Test rates',
      },
    })
    expect(rig.carrier.sent.filter(({ topic }) => topic === downTopic(till.id, 'quote')).map(({ payload }) => base64url(payload))).toEqual([quote])
  })

  it('pays by it: the shop gets its own currency, to the cent, and the hub what was exchanged', async () => {
    const before = await standing()
    await captured(1250)
    const after = await standing()
    expect(after.shop + after.fees).toBe(1250)
    expect(after.wallet).toBe(before.wallet - 9913)
    expect(after).toMatchObject({ eur: -1250, cny: 9766, result: 147 })
    expect(await exceptions()).toEqual([])
  })

  it('has the receipt fit a journal entry and a code on a phone, with the largest numbers and the longest name too', () => {
    const most = Number.MAX_SAFE_INTEGER
    const rate = { numerator: 10 ** 14, denominator: 10 ** 14 }
    const exchange = { quote: nextId(), currency: 'VND', amountMinor: most, marginMinor: most, marginPpm: 200_000, rate, source: 'W'.repeat(24), rateAt: START }
    const about = { till: till.id, nonce: 'ab'.repeat(16), wallet: phone.wallet, amountMinor: most, currency: 'EUR', hubTime: START } as const
    const receipt = encodeSigned(rig.keys.signer('ack'), signedTypes.paid, { v: 1, ...about, paymentId: nextId(), exchange })
    expect(base64url(receipt).length).toBeLessThanOrEqual(1024)
    expect(readPaidCode(paidCode(receipt)).ok).toBe(true)
    const quote = base64url(encodeSigned(rig.keys.signer('ack'), signedTypes.quote, { v: 1, ...about, exchange, expiresAt: START }))
    expect(quote.length).toBeLessThanOrEqual(1400)
    expect(readQuote(quote).ok).toBe(true)
  })

  it('pays nothing without a quote, by one that has expired, or by one for something else', async () => {
    const [request, other] = [requestOf(till.id, 1250), requestOf(till.id, 1250)]
    expect(await pay(request, undefined)).toMatchObject({ code: 'exchange.quote_expired' })
    const quote = await quoted(request)
    expect(await pay(other, quote)).toMatchObject({ code: 'exchange.wrong_quote' })
    const friend = await rig.wallet('CNY')
    expect(await pay(request, quote, friend)).toMatchObject({ code: 'exchange.wrong_quote' })
    expect(await pay(request, `${quote.slice(0, -4)}AAAA`)).toMatchObject({ ok: false })
    rig.clock.advance(2 * MINUTE)
    expect(await pay(request, quote)).toMatchObject({ code: 'exchange.quote_expired' })
    expect((await standing()).cny).toBe(0)
    expect((await pay(request, await quoted(request))).ok).toBe(true)
  })

  it('pays once, however often it says so, and hears the same after the quote has expired', async () => {
    const request = requestOf(till.id, 1250)
    const quote = await quoted(request)
    const first = await pay(request, quote)
    rig.clock.advance(3 * MINUTE)
    const again = await pay(request, quote)
    expect(first.ok && again.ok && again.value).toEqual(first.ok && first.value)
    expect(await rig.purse(phone)).toEqual([expect.any(Number), 9913])
  })

  it('is held on both sides or on neither when the hub dies over it, and hears the same when it asks again', async () => {
    const request = requestOf(till.id, 1250)
    const [quote, before] = [await quoted(request), await standing()]
    dies = 'before'
    await expect(pay(request, quote)).rejects.toThrow('power')
    expect(await rig.purse(phone)).toEqual([before.wallet, 0])
    dies = 'after'
    await expect(pay(request, quote)).rejects.toThrow('power')
    expect(await rig.purse(phone)).toEqual([before.wallet - 9913, 9913])
    dies = undefined
    rig.clock.advance(3 * MINUTE)
    expect((await pay(request, quote)).ok).toBe(true)
    expect(await rig.purse(phone)).toEqual([before.wallet - 9913, 9913])
    const open = (await rig.ports.store.dueHolds(Number.MAX_SAFE_INTEGER, 10)).map(({ id }) => id.slice(id.lastIndexOf('/') + 1))
    expect(open.toSorted()).toEqual(['fx-hold', 'hold'])
  })

  it('that has too little holds nothing on either side', async () => {
    const request = requestOf(till.id, 9_000_000)
    expect(await pay(request, await quoted(request))).toMatchObject({ code: 'hub.insufficient_funds' })
    const [account] = await rig.ports.store.get('accounts', [positionAccount('EUR')])
    expect(account?.debitsPending ?? 0n).toBe(0n)
  })

  it('is not taken by a code that a till claims, whatever the till says', async () => {
    const [request, paymentId] = [requestOf(till.id, 1250), nextId()]
    const instrument = { type: 'wallet', code: phone.bound(request.bytes, rig.clock.now()), request: base64url(request.bytes) } as const
    await journal(
      { kind: 'payment.intended', body: { paymentId, saleId: nextId(), amountMinor: 1250, currency: 'EUR', instrument } },
      { kind: 'payment.accepted_offline', body: { paymentId, policyVersion: 1, because: 'offline' } },
      { kind: 'payment.captured', body: { paymentId, amountMinor: 1250, currency: 'EUR', receiptNumber: 'R-1' } },
    )
    expect(await exceptions()).toContain('code.wrong_currency')
    expect((await standing()).shop).toBe(0)
  })

  it('gets a hold back that its till lets go of, and one that no till claims, on both sides', async () => {
    const before = await standing()
    const { bytes, receipt } = await paid(requestOf(till.id, 1250))
    const said = facts(bytes, receipt)
    await journal(said.intended, said.voided)
    expect(await rig.purse(phone)).toEqual([before.wallet, 0])
    await paid(requestOf(till.id, 1250))
    expect(await rig.purse(phone)).toEqual([before.wallet - 9913, 9913])
    rig.clock.advance(8 * DAY)
    await rig.hub.idle()
    expect(await rig.purse(phone)).toEqual([before.wallet, 0])
    expect(await standing()).toEqual(before)
  })

  it('whose hold ended before its till was heard pays what its owner confirmed, at that rate', async () => {
    const before = await standing()
    const { bytes, receipt } = await paid(requestOf(till.id, 1250))
    const said = facts(bytes, receipt)
    rig.clock.advance(8 * DAY)
    await rig.hub.idle()
    await journal(said.intended, said.held, said.captured)
    expect(await standing()).toMatchObject({ wallet: before.wallet - 9913, eur: -1250, cny: 9766, result: 147 })
  })

  it('is asked anew, at the rate that the hub signed, where the hub’s books come from a backup; not at one that somebody else did', async () => {
    const before = await standing()
    const read = readRequestBytes(requestOf(till.id, 1250).bytes)
    if (!read.ok) throw new Error(read.code)
    const { nonce, amountMinor, currency } = read.value
    const paymentId = phonePaymentId(nodeCrypto, read.value)
    const exchange = {
      quote: nextId(),
      currency: 'CNY',
      amountMinor: 9913,
      marginMinor: 147,
      marginPpm: 15_000,
      rate: { numerator: 78_123, denominator: 10_000 },
    }
    const rest = { source: 'Test rates', rateAt: START }
    const receipt: PaidReceipt = {
      v: 1,
      till: till.id,
      nonce,
      amountMinor,
      currency,
      wallet: phone.wallet,
      paymentId,
      exchange: { ...exchange, ...rest },
      hubTime: START,
    }
    const said = facts(encodeSigned(rig.keys.signer('ack'), signedTypes.paid, receipt), receipt)
    const theirs = { ...receipt, nonce: 'ab'.repeat(16), paymentId: nextId(), exchange: { ...exchange, ...rest, amountMinor: 1 } }
    const forged = facts(encodeSigned(till.signer, signedTypes.paid, theirs), theirs)
    await journal(said.intended, said.held, said.captured, forged.intended, forged.held, forged.captured)
    expect(await standing()).toMatchObject({ wallet: before.wallet - 9913, eur: -1250, cny: 9766, result: 147 })
  })
})

describe('what goes back', () => {
  it('at its own rate adds up to exactly what was paid, in parts, and leaves nothing behind', async () => {
    const before = await standing()
    const said = await captured(1250)
    for (const part of [1, 333, 333, 583]) await journal(refund(said, part).made)
    expect(await standing()).toMatchObject({ wallet: before.wallet, eur: 0, cny: 0, result: 0 })
    expect((await rig.payment(said.paymentId))?.state).toBe('REFUNDED')
  })

  it('at today’s is what it is worth today; the difference is the hub’s, and nothing is left in its position', async () => {
    await begin('today')
    const before = await standing()
    const said = await captured(1250)
    feed.say({ CNY: '7.9' }, rig.clock.now() + 1)
    await rig.hub.rates?.look()
    await journal(refund(said, 1000).made)
    // 10.00 EUR are 79.00 CNY now, and were 78.13 then.
    expect(await standing()).toMatchObject({ wallet: before.wallet - 9913 + 7900, eur: -250, result: 147 - (7900 - 7813) })
    await journal(refund(said, 250).made)
    expect(await standing()).toMatchObject({ wallet: before.wallet - 9913 + 7900 + 1975, eur: 0, cny: 0 })
  })

  it('falls back to its own rate where there is no fresh one, and where the sale is undone', async () => {
    await begin('today')
    const before = await standing()
    const [said, undone] = [await captured(1250), await captured(500)]
    feed.say({ CNY: '7.9' }, rig.clock.now() + 1)
    await rig.hub.rates?.look()
    await journal({ kind: 'payment.voided', body: { paymentId: undone.paymentId, code: 'wire.no_answer' } })
    rig.clock.advance(2 * DAY)
    await journal(refund(said, 1250).made)
    expect(await standing()).toMatchObject({ wallet: before.wallet, eur: 0, cny: 0, result: 0 })
  })
})

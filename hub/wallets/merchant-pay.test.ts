import { beforeEach, describe, expect, it } from 'vitest'
import { enrolTestTill, makeRig, nextId, requestOf, START, type Rig, type TestTill, type TestWallet } from '../test-rig.ts'
import { phonePaymentId } from '../intake/phone-payment-id.ts'
import { merchantAccount } from '../ledger/names.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import { base64url, hex } from '#protocol/bytes.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import type { PaidReceipt } from '#protocol/hub/paid.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { readRequestBytes, type MadeRequest } from '#protocol/payment-code/request.ts'
import { DAY, MINUTE } from '#protocol/time.ts'
import { downTopic } from '#protocol/topics.ts'

let rig: Rig
let till: TestTill
let phone: TestWallet
beforeEach(async () => {
  // The store that a hub has: it minds what refers to what.
  const store = openSqliteStore(':memory:')
  if (!store.ok) throw new Error(store.code)
  rig = await makeRig({ store: store.value })
  till = await rig.till()
  phone = await rig.wallet()
})

const pay = (request: MadeRequest, from = phone, code = from.bound(request.bytes, rig.clock.now())) =>
  rig.hub.payByPhone({ wallet: from.wallet, code, request: base64url(request.bytes) })

function receiptIn(bytes: Uint8Array): PaidReceipt {
  const signer = rig.keys.signer('ack')
  const opened = openSigned(nodeCrypto, bytes, signedTypes.paid, (id) => (id === hex(signer.keyId) ? signer.publicKey : undefined))
  if (!opened.ok) throw new Error(opened.code)
  return opened.value
}

async function paid(request: MadeRequest, from = phone): Promise<{ readonly bytes: Uint8Array; readonly receipt: PaidReceipt }> {
  const answer = await pay(request, from)
  if (!answer.ok) throw new Error(`${answer.code} ${answer.detail ?? ''}`)
  return { bytes: answer.value, receipt: receiptIn(answer.value) }
}

/** What a till writes that got a receipt. */
function facts(bytes: Uint8Array, { paymentId, currency, amountMinor }: PaidReceipt, over: { amountMinor?: number; paymentId?: string } = {}) {
  const body = { paymentId, saleId: nextId(), amountMinor, currency, ...over }
  const id = body.paymentId
  return {
    intended: { kind: 'payment.intended', body: { ...body, instrument: { type: 'merchant_qr', receipt: base64url(bytes) } } },
    held: { kind: 'payment.held', body: { paymentId: id, decision: base64url(bytes) } },
    captured: { kind: 'payment.captured', body: { paymentId: id, amountMinor: body.amountMinor, currency, receiptNumber: `R-${id.slice(-8)}` } },
    letGo: { kind: 'payment.voided', body: { paymentId: id, code: 'qr.given_back' } },
  } satisfies Record<string, Fact>
}

async function journal(writer: TestTill, ...all: readonly Fact[]): Promise<void> {
  const from = writer.entries.length + 1
  for (const fact of all) writer.write(fact, rig.clock.now())
  await rig.send(writer, writer.batch(Math.min(from, rig.acks(writer).at(-1)?.received.n === undefined ? 1 : from)))
}

async function merchantHas(): Promise<number> {
  const { merchant, currency } = rig.ports.shop
  const [account] = await rig.ports.store.get('accounts', [merchantAccount(merchant.id, currency)])
  return Number((account?.creditsPosted ?? 0n) - (account?.debitsPosted ?? 0n))
}
const exceptions = async () => (await rig.exceptions()).map(([, , code]) => code)

describe('paying at the hub', () => {
  it('holds the money and says so to the till and to the phone, by one signed receipt', async () => {
    const request = requestOf(till.id, 1200)
    const { bytes, receipt } = await paid(request)
    expect(receipt).toMatchObject({ till: till.id, amountMinor: 1200, currency: 'EUR', wallet: phone.wallet, hubTime: START })
    expect(await rig.purse(phone)).toEqual([23_800, 1200])
    expect(rig.carrier.sent.filter(({ topic }) => topic === downTopic(till.id, 'paid')).map(({ payload }) => payload)).toEqual([bytes])
  })

  it('answers the same to the same confirmation, however often it comes, and holds once', async () => {
    const request = requestOf(till.id, 1200)
    const code = phone.bound(request.bytes)
    const [one, two, three] = await Promise.all([pay(request, phone, code), pay(request, phone, code), pay(request, phone, code)])
    expect(one).toMatchObject({ ok: true })
    expect([two, three]).toEqual([one, one])
    expect(await rig.purse(phone)).toEqual([23_800, 1200])
  })

  it('answers the same to the next code of a phone that heard no answer, which is then used up for that payment', async () => {
    const request = requestOf(till.id, 1200)
    const [first, next] = [phone.bound(request.bytes), phone.bound(request.bytes)]
    const answer = await pay(request, phone, first)
    expect(await pay(request, phone, next)).toEqual(answer)
    expect(await rig.purse(phone)).toEqual([23_800, 1200])
    const [paymentId, saleId] = [nextId(), nextId()]
    const elsewhere = requestOf(till.id, 1200)
    const instrument = { type: 'wallet', code: next, request: base64url(elsewhere.bytes) } as const
    await journal(till, { kind: 'payment.intended', body: { paymentId, saleId, amountMinor: 1200, currency: 'EUR', instrument } })
    expect(await rig.payment(paymentId)).toMatchObject({ funds: 'none' })
  })

  it.each(['open', 'expired'])('is the till’s payment by a later code of that phone, once, whose hold is %s', async (status) => {
    const request = requestOf(till.id, 1200)
    const { bytes, receipt } = await paid(request)
    const codes = [phone.bound(request.bytes, rig.clock.now()), phone.bound(request.bytes, rig.clock.now()), phone.bound(request.bytes, rig.clock.now())]
    if (status === 'expired') {
      rig.clock.advance(8 * DAY)
      await rig.hub.idle()
    }
    const shown = codes.flatMap((code): readonly Fact[] => {
      const [paymentId, saleId] = [nextId(), nextId()]
      const instrument = { type: 'wallet', code, request: base64url(request.bytes) } as const
      return [
        { kind: 'payment.intended', body: { paymentId, saleId, amountMinor: 1200, currency: 'EUR', instrument } },
        { kind: 'payment.accepted_offline', body: { paymentId, policyVersion: 1, because: 'offline' } },
        { kind: 'payment.captured', body: { paymentId, amountMinor: 1200, currency: 'EUR', receiptNumber: `R-${paymentId.slice(-4)}` } },
      ]
    })
    // And by the receipt as well.
    const { intended, held, captured } = facts(bytes, receipt)
    for (const fact of [...shown, intended, held, captured]) till.write(fact, START)
    await rig.send(till, till.batch(1))
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[23_800, 0], 1200])
    expect(await exceptions()).toContain('hub.duplicate_code')
    expect(await pay(request)).toMatchObject({ ok: false })
    expect(await rig.purse(phone)).toEqual([23_800, 0])
  })

  it('takes one payment for one nonce: a second phone and the till itself come too late', async () => {
    const request = requestOf(till.id, 1200)
    await paid(request)
    const other = await rig.wallet()
    expect(await pay(request, other)).toMatchObject({ ok: false, code: 'hub.duplicate_code' })
    expect(await rig.purse(other)).toEqual([25_000, 0])
    const instrument = { type: 'wallet', code: other.bound(request.bytes), request: base64url(request.bytes) } as const
    const paymentId = nextId()
    await journal(till, { kind: 'payment.intended', body: { paymentId, saleId: nextId(), amountMinor: 1200, currency: 'EUR', instrument } })
    expect(await rig.payment(paymentId)).toMatchObject({ verdict: 'hub.duplicate_code', funds: 'none' })
  })

  it('is the till’s payment where the same confirmation was shown to it as well: the money is taken once, and by no till twice', async () => {
    const request = requestOf(till.id, 1200)
    const code = phone.bound(request.bytes)
    const answer = await pay(request, phone, code)
    if (!answer.ok) throw new Error(answer.code)
    const [paymentId, saleId] = [nextId(), nextId()]
    const instrument = { type: 'wallet', code, request: base64url(request.bytes) } as const
    const shownToo: readonly Fact[] = [
      { kind: 'payment.intended', body: { paymentId, saleId, amountMinor: 1200, currency: 'EUR', instrument } },
      { kind: 'payment.accepted_offline', body: { paymentId, policyVersion: 1, because: 'offline' } },
      { kind: 'payment.captured', body: { paymentId, amountMinor: 1200, currency: 'EUR', receiptNumber: 'R-1' } },
    ]
    await journal(till, ...shownToo)
    expect(await rig.payment(paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted' })
    const { intended, held, captured } = facts(answer.value, receiptIn(answer.value))
    await journal(till, intended, held, captured)
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[23_800, 0], 1200])
    expect(await exceptions()).toContain('qr.unknown')
    expect(await pay(request, phone, code)).toMatchObject({ ok: false, code: 'qr.released' })
  })

  it('comes too late itself where the till was shown the code', async () => {
    const request = requestOf(till.id, 1200)
    const code = phone.bound(request.bytes)
    const instrument = { type: 'wallet', code, request: base64url(request.bytes) } as const
    await journal(till, { kind: 'payment.intended', body: { paymentId: nextId(), saleId: nextId(), amountMinor: 1200, currency: 'EUR', instrument } })
    expect(await pay(request, phone, code)).toMatchObject({ ok: false, code: 'hub.duplicate_code' })
    expect(await rig.purse(phone)).toEqual([23_800, 1200])
  })

  it.each<[string, (request: MadeRequest) => ReturnType<typeof pay>, string]>([
    ['a code that was merely shown', (request) => pay(request, phone, phone.show(rig.clock.now())), 'code.wrong_request'],
    ['the confirmation of another request', (request) => pay(request, phone, phone.bound(requestOf(till.id, 1).bytes)), 'code.wrong_request'],
    ['a request of a till that is not this hub’s', () => pay(requestOf(nextId(), 1200)), 'qr.other_till'],
    ['more than is in the wallet', () => pay(requestOf(till.id, 30_000)), 'hub.insufficient_funds'],
    ['rubbish', () => rig.hub.payByPhone({ wallet: phone.wallet, code: 'SP1:X', request: 'AAAA' }), 'code.malformed'],
  ])('refuses %s, and holds nothing', async (_, act, code) => {
    expect(await act(requestOf(till.id, 1200))).toMatchObject({ ok: false, code })
    expect(await rig.purse(phone)).toEqual([25_000, 0])
  })

  it('lets nobody pay out of another’s wallet, and nobody who is denied pay at all', async () => {
    const request = requestOf(till.id, 1200)
    const thief = await rig.wallet()
    const stolen = await rig.hub.payByPhone({ wallet: thief.wallet, code: phone.bound(request.bytes), request: base64url(request.bytes) })
    expect(stolen).toMatchObject({ ok: false, code: 'code.wrong_request' })
    await rig.hub.policy.deny([{ kind: 'wallet', id: phone.wallet }], 'lost')
    expect(await pay(request)).toMatchObject({ ok: false, code: 'policy.denied' })
  })

  it('answers no request that is old, and none from the future', async () => {
    const request = requestOf(till.id, 1200)
    rig.clock.advance(11 * MINUTE)
    expect(await pay(request)).toMatchObject({ ok: false, code: 'code.expired' })
    expect(await pay(requestOf(till.id, 1200, rig.clock.now() + 5 * MINUTE))).toMatchObject({ ok: false, code: 'code.from_the_future' })
  })
})

describe('what the till does with it', () => {
  it('captures: the money that was held is the merchant’s, once', async () => {
    const { bytes, receipt } = await paid(requestOf(till.id, 1200))
    const { intended, held, captured } = facts(bytes, receipt)
    await journal(till, intended, held, captured)
    expect(await rig.payment(receipt.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted', profile: 'merchant_qr', wallet: phone.wallet })
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[23_800, 0], 1200])
    expect(await exceptions()).toEqual([])
    // The phone that asks again still gets its receipt.
    await rig.send(till, till.batch())
    expect(await merchantHas()).toBe(1200)
  })

  it('lets go of what it does not await any more: the money is back at once, and the phone is told', async () => {
    const request = requestOf(till.id, 1200)
    const code = phone.bound(request.bytes)
    const answer = await pay(request, phone, code)
    if (!answer.ok) throw new Error(answer.code)
    const { intended, letGo } = facts(answer.value, receiptIn(answer.value))
    await journal(till, intended, letGo)
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[25_000, 0], 0])
    expect(await pay(request, phone, code)).toMatchObject({ ok: false, code: 'qr.released' })
  })

  it('never says anything: the hold ends, and the money goes back', async () => {
    const { receipt } = await paid(requestOf(till.id, 1200))
    expect((await rig.hub.trace(receipt.paymentId)).unclaimed).toMatchObject({ amountMinor: 1200, state: 'open', until: START + 7 * DAY })
    rig.clock.advance(8 * DAY)
    await rig.hub.idle()
    expect(await rig.purse(phone)).toEqual([25_000, 0])
    expect((await rig.hub.trace(receipt.paymentId)).unclaimed).toMatchObject({ state: 'given_back' })
  })

  it('was away until the hold had ended: what it captured is asked of the wallet anew', async () => {
    const { bytes, receipt } = await paid(requestOf(till.id, 1200))
    rig.clock.advance(8 * DAY)
    await rig.hub.idle()
    const { intended, held, captured } = facts(bytes, receipt)
    await journal(till, intended, held, captured)
    expect(await rig.payment(receipt.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted' })
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[23_800, 0], 1200])
  })

  it('is asked of the wallet anew by the hub’s own receipt, where its books come from a backup; another hub’s receipt gets nothing', async () => {
    const request = requestOf(till.id, 1200)
    const read = readRequestBytes(request.bytes)
    if (!read.ok) throw new Error(read.code)
    const { nonce, amountMinor, currency } = read.value
    const paymentId = phonePaymentId(nodeCrypto, read.value)
    const receipt: PaidReceipt = { v: 1, till: till.id, nonce, amountMinor, currency, wallet: phone.wallet, paymentId, hubTime: rig.clock.now() }
    const signed = encodeSigned(rig.keys.signer('ack'), signedTypes.paid, receipt)
    const { intended, held, captured } = facts(signed, receipt)
    const foreign = { ...receipt, nonce: 'ab'.repeat(16), paymentId: nextId() }
    const theirs = facts(encodeSigned(till.signer, signedTypes.paid, foreign), foreign)
    await journal(till, intended, held, captured, theirs.intended, theirs.held, theirs.captured)
    expect(await rig.payment(receipt.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted' })
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[23_800, 0], 1200])
    // The phone that asks once more has paid.
    expect(await pay(request)).toMatchObject({ ok: false })
    expect(await rig.purse(phone)).toEqual([23_800, 0])
  })

  it('hears once more, when it is back, of what was paid while it was away', async () => {
    const { bytes } = await paid(requestOf(till.id, 1200))
    const heard = () => rig.carrier.sent.filter(({ topic }) => topic === downTopic(till.id, 'paid')).map(({ payload }) => payload)
    const anything: Fact = { kind: 'incident.recorded', body: { code: 'device.garbage', detail: '' } }
    await journal(till, anything)
    expect(heard()).toEqual([bytes])
    rig.clock.advance(MINUTE)
    rig.sayLink(till, 'online')
    await journal(till, anything)
    await journal(till, anything)
    expect(heard()).toEqual([bytes, bytes])
  })

  it('gives it back later like any other payment', async () => {
    const { bytes, receipt } = await paid(requestOf(till.id, 1200))
    const { intended, held, captured } = facts(bytes, receipt)
    const { paymentId } = receipt
    const refunded: Fact = { kind: 'payment.refunded', body: { refundId: nextId(), paymentId, amountMinor: 200, currency: 'EUR', receiptNumber: 'G-1' } }
    await journal(till, intended, held, captured, refunded)
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[24_000, 0], 1000])
  })
})

describe('a rogue till', () => {
  it.each<[string, (good: ReturnType<typeof facts>, bytes: Uint8Array, receipt: PaidReceipt) => readonly Fact[]]>([
    ['uses the receipt for a second payment', (_good, bytes, receipt) => Object.values(facts(bytes, receipt, { paymentId: nextId() })).slice(0, 3)],
    [
      'makes a receipt up, of a wallet that has money',
      (_good, _bytes, receipt) => {
        const madeUp: PaidReceipt = { ...receipt, nonce: '00'.repeat(16), paymentId: nextId() }
        return Object.values(facts(encodeSigned(till.signer, signedTypes.paid, madeUp), madeUp)).slice(0, 3)
      },
    ],
  ])('that %s gets nothing', async (_, made) => {
    const { bytes, receipt } = await paid(requestOf(till.id, 1200))
    await journal(till, ...made(facts(bytes, receipt), bytes, receipt))
    expect(await merchantHas()).toBe(0)
    expect(await rig.purse(phone)).toEqual([23_800, 1200])
  })

  it('of the same shop gets nothing by another till’s receipt, and does not keep that one from it', async () => {
    const rogue = await enrolTestTill(rig.hub, rig.clock)
    const { bytes, receipt } = await paid(requestOf(till.id, 1200))
    const stolen = facts(bytes, receipt)
    await journal(rogue, stolen.intended, stolen.held, stolen.captured)
    expect(await merchantHas()).toBe(0)
    expect(await exceptions()).toContain('entry.conflict')
    expect(await rig.purse(phone)).toEqual([23_800, 1200])
    // Who has the right to it comes later, and gets it.
    const { intended, held, captured } = facts(bytes, receipt)
    await journal(till, intended, held, captured)
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[23_800, 0], 1200])
  })

  it('that says another sum than was paid to it gets nothing, and the phone’s money is not held for ever', async () => {
    const { bytes, receipt } = await paid(requestOf(till.id, 1200))
    await journal(till, ...Object.values(facts(bytes, receipt, { amountMinor: 1300 })).slice(0, 3))
    expect(await exceptions()).toContain('qr.unknown')
    expect([await rig.purse(phone), await merchantHas()]).toEqual([[25_000, 0], 0])
  })

  it('cannot begin anything else under the id of a payment that a phone has made', async () => {
    const { receipt } = await paid(requestOf(till.id, 1200))
    const { paymentId } = receipt
    const rejected: Fact = {
      kind: 'payment.rejected',
      body: { paymentId, saleId: nextId(), amountMinor: 1200, currency: 'EUR', code: 'code.expired', scanned: '00'.repeat(32) },
    }
    const other = await rig.wallet()
    const instrument = { type: 'wallet', code: other.show() } as const
    const intended: Fact = { kind: 'payment.intended', body: { paymentId, saleId: nextId(), amountMinor: 1200, currency: 'EUR', instrument } }
    const rogue = await enrolTestTill(rig.hub, rig.clock)
    await journal(rogue, rejected, intended)
    expect(await rig.payment(paymentId)).toBeUndefined()
    expect(await exceptions()).toEqual(['entry.conflict', 'entry.conflict'])
    rig.clock.advance(8 * DAY)
    await rig.hub.idle()
    expect([await rig.purse(phone), await rig.purse(other)]).toEqual([
      [25_000, 0],
      [25_000, 0],
    ])
  })

  it('that was put back to a backup cannot let go of what it had captured', async () => {
    const { bytes, receipt } = await paid(requestOf(till.id, 1200))
    const { intended, held, captured, letGo } = facts(bytes, receipt)
    await journal(till, intended, held, captured, intended, letGo)
    expect(await rig.payment(receipt.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted' })
    expect(await merchantHas()).toBe(1200)
    expect(await exceptions()).toEqual(['entry.illegal_transition'])
  })
})

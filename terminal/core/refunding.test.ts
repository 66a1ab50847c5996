import { describe, expect, it } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { Minor } from '#protocol/money.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { SECOND } from '#protocol/time.ts'
import { ASK_AGAIN } from './refunding.ts'
import { APPLE, offlineTill, onlineTill, sellAndPay, sellApple, testWallet, type TestTill } from './test-till.ts'

const refundId = (n: number): string => `0198c0de-0000-7000-8000-0000000${String(n).padStart(5, '0')}`
const refund = (t: TestTill, n: number, receiptNumber: string, amountMinor: Minor): Outcome<null> =>
  t.till.command({ type: 'refund', refundId: refundId(n), receiptNumber, amountMinor })
const ELSEWHERE = 'FFFFFF-1-000042'
const refunds = (t: TestTill) => t.entries().flatMap((entry) => (entry.kind === 'payment.refunded' ? [entry.body] : []))

describe('a refund of a sale of this till', () => {
  it('is in the journal before its receipt is printed, with a number of its own, offline as well as online', () => {
    const t = offlineTill()
    const sold = sellAndPay(t)
    expect(refund(t, 1, sold, 400)).toEqual({ ok: true, value: null })
    expect(refunds(t)).toMatchObject([{ refundId: refundId(1), amountMinor: 400, receiptNumber: '0000AA-1-000002' }])
    expect(t.printed.at(-1)).toMatchObject({ job: '0000AA-1-000002', head: t.head() })
    expect(JSON.stringify(t.printed.at(-1)?.document)).toMatch(/REFUND.*0000AA-1-000001.*-4\.00/)
    expect(t.view().refunds).toMatchObject([{ refundId: refundId(1), of: sold, amountMinor: 400, state: 'done', receiptNumber: '0000AA-1-000002' }])
    expect(t.view().sold).toMatchObject([{ receiptNumber: sold, totalMinor: 1000, refundedMinor: 400, state: 'captured' }])
    expect(t.view().tender.stage).toBe('none')
    expect(t.view().lastReceipt).toEqual({ number: '0000AA-1-000002', totalMinor: 400 })
    expect(sellAndPay(t)).toBe('0000AA-1-000003')
    expect(t.view().lastReceipt?.number).toBe('0000AA-1-000003')
    expect(t.chainIsWhole()).toBe(true)
  })

  it('lowers what this till has at risk as long as the payment is not settled, and what is shown as being on it alone', () => {
    const t = offlineTill()
    const sold = sellAndPay(t)
    expect(t.view().link).toMatchObject({ waiting: { payments: 1, amountMinor: 1000 }, allowance: { tillLeftMinor: 29_000 } })
    refund(t, 1, sold, 400)
    expect(t.view().link).toMatchObject({ waiting: { payments: 1, amountMinor: 600 }, allowance: { tillLeftMinor: 29_400 } })
    t.time.advance(SECOND)
    t.goOnline()
    expect(t.view().link).toMatchObject({ waiting: { payments: 0, amountMinor: 0 }, allowance: { tillLeftMinor: 30_000 } })
    expect(refund(t, 2, sold, 600).ok).toBe(true)
    expect(t.view().link.allowance.tillLeftMinor).toBe(30_000)
  })

  it('is refused with a clear word for a sale that was given back whole, or undone', () => {
    const t = offlineTill()
    const [first, second] = [sellAndPay(t), sellAndPay(t)]
    refund(t, 1, first, 1000)
    expect(refund(t, 2, first, 1)).toMatchObject({ ok: false, code: 'refund.exceeds_captured' })
    t.till.command({ type: 'voidSale', receiptNumber: second })
    expect(refund(t, 3, second, 1)).toMatchObject({ ok: false, code: 'refund.not_captured' })
    expect(t.view().sold.map(({ state }) => state)).toEqual(['voided', 'refunded'])
  })

  it('is counted once when its entry is carried over into a later epoch: what is left can still be given back', () => {
    const t = offlineTill()
    const sold = sellAndPay(t)
    refund(t, 1, sold, 250)
    refund(t, 2, sold, 250)
    t.till.connected()
    t.time.skip(SECOND)
    t.till.received('ack', t.ack(3, { received: { n: 3, head: 'ab'.repeat(32) } }))
    expect(t.entries().filter(({ kind }) => kind === 'entry.salvaged').length).toBeGreaterThan(5)
    expect(t.view().sold).toMatchObject([{ receiptNumber: sold, refundedMinor: 500, state: 'captured' }])
    expect(refund(t.reopen(), 3, sold, 500)).toEqual({ ok: true, value: null })
  })

  it('waits until an open payment is over', () => {
    const t = onlineTill()
    const sold = sellAndPay(t)
    sellApple(t)
    expect(refund(t, 1, sold, 100)).toMatchObject({ ok: false, code: 'sale.already_paying' })
    t.till.scanned(testWallet(t).show())
    expect(refund(t, 1, sold, 100)).toMatchObject({ ok: false, code: 'sale.payment_in_flight' })
    expect(t.till.command({ type: 'voidSale', receiptNumber: sold })).toMatchObject({ ok: false, code: 'sale.payment_in_flight' })
    expect(refunds(t)).toEqual([])
  })

  it('and all of it that is known outlives a restart; nothing is printed unasked, and a copy is one', () => {
    const t = offlineTill()
    const sold = sellAndPay(t)
    refund(t, 1, sold, 400)
    const before = t.view()
    const again = t.reopen()
    expect(again.view()).toMatchObject({ sold: before.sold, refunds: before.refunds, lastReceipt: before.lastReceipt })
    expect(again.printed).toEqual([])
    again.till.command({ type: 'reprint' })
    expect(JSON.stringify(again.printed)).toMatch(/COPY.*REFUND/)
    expect(again.printed[0]?.job).toMatch(/^0000AA-1-000002\//)
    expect(refund(again, 2, sold, 601)).toMatchObject({ code: 'refund.exceeds_captured' })
  })

  it('is not made while the disk is full, and made once when there is room', () => {
    const t = offlineTill()
    const sold = sellAndPay(t)
    const printed = t.printed.length
    t.disk.full = true
    expect(refund(t, 1, sold, 400)).toMatchObject({ ok: false, code: 'till.disk_full' })
    expect(t.printed).toHaveLength(printed)
    t.disk.full = false
    t.time.advance(SECOND)
    expect(refund(t, 1, sold, 400).ok).toBe(true)
    expect(refunds(t)).toHaveLength(1)
  })

  it('whose receipt does not come out says so', () => {
    const t = offlineTill()
    refund(t, 1, sellAndPay(t), 400)
    t.till.printed(t.printed.at(-1)?.job ?? '', 'failed', 'device.paper_out')
    expect(t.view().notices.map(({ code }) => code)).toEqual(['device.paper_out'])
  })
})

describe('a void', () => {
  it('undoes the whole sale once, however often it is pressed', () => {
    const t = offlineTill()
    const receiptNumber = sellAndPay(t)
    for (let i = 0; i < 3; i++) expect(t.till.command({ type: 'voidSale', receiptNumber })).toEqual({ ok: true, value: null })
    expect(t.kinds().filter((kind) => kind === 'payment.voided')).toHaveLength(1)
    expect(t.printed.filter(({ job }) => job === `void-${receiptNumber}`)).toHaveLength(1)
    expect(t.view().link).toMatchObject({ waiting: { payments: 0 }, allowance: { tillLeftMinor: 30_000 } })
  })

  it('is refused for a sale of which something was refunded, and for a receipt that this till did not write', () => {
    const t = offlineTill()
    const receiptNumber = sellAndPay(t)
    refund(t, 1, receiptNumber, 1)
    expect(t.till.command({ type: 'voidSale', receiptNumber })).toMatchObject({ ok: false, code: 'refund.exceeds_captured' })
    expect(t.till.command({ type: 'voidSale', receiptNumber: ELSEWHERE })).toMatchObject({ ok: false, code: 'sale.unknown_receipt' })
  })
})

describe('a refund for a receipt of another till', () => {
  it('is a request until the hub has answered, also through a restart; then its receipt is printed', () => {
    const t = offlineTill()
    expect(refund(t, 1, ELSEWHERE.toLowerCase(), 500).ok).toBe(true)
    expect(t.view()).toMatchObject({ refunds: [{ of: ELSEWHERE, state: 'requested' }], notices: [{ code: 'refund.needs_hub' }] })
    expect(t.entries().at(-1)).toMatchObject({ kind: 'refund.requested', body: { refundId: refundId(1), of: ELSEWHERE, amountMinor: 500, currency: 'EUR' } })
    expect(t.printed).toEqual([])
    const again = t.reopen()
    const answer = again.answerRefund('approved')
    again.till.received('refund', answer)
    expect(again.view().refunds).toMatchObject([{ state: 'done', receiptNumber: '0000AA-1-000001' }])
    expect(again.entries().at(-1)).toMatchObject({ kind: 'refund.answered', body: { approved: true, receiptNumber: '0000AA-1-000001' } })
    expect(again.printed).toMatchObject([{ job: '0000AA-1-000001', head: again.head() }])
    again.till.received('refund', answer)
    expect(again.printed).toHaveLength(1)
    expect(sellAndPay(again)).toBe('0000AA-1-000002')
  })

  it('is over when the hub declines it, with the reason', () => {
    const t = onlineTill()
    refund(t, 1, ELSEWHERE, 500)
    expect(t.view().notices).toEqual([])
    t.till.received('refund', t.answerRefund('refund.exceeds_captured'))
    expect(t.view()).toMatchObject({ refunds: [{ state: 'declined', code: 'refund.exceeds_captured' }], notices: [{ code: 'refund.exceeds_captured' }] })
    expect(t.entries().at(-1)).toMatchObject({ kind: 'refund.answered', body: { approved: false } })
    expect(refund(t, 1, ELSEWHERE, 500)).toMatchObject({ ok: false, code: 'refund.exceeds_captured' })
    expect(t.printed).toEqual([])
  })

  it('believes no answer that is unsigned, for another till, about another request or another amount', () => {
    const t = onlineTill()
    refund(t, 1, ELSEWHERE, 500)
    const verdict = { type: 'approved', paymentId: refundId(9), amountMinor: 50_000, currency: 'EUR' } as const
    const forged = encodeSigned(t.keys.policy, signedTypes.refund, {
      v: 1,
      till: t.lastBatch().till,
      refundId: refundId(1),
      requested: t.hashAt(t.head()),
      verdict,
      hubTime: t.time.now(),
    })
    for (const answer of [forged, Uint8Array.of(1), t.answerRefund('approved', { requested: 'ab'.repeat(32) }), t.answerRefund('approved', { verdict })])
      t.till.received('refund', answer)
    t.till.received('refund', t.answerRefund('approved', { till: refundId(7) }))
    t.till.received('refund', t.answerRefund('approved', { refundId: refundId(8) }))
    expect(t.view().refunds).toMatchObject([{ state: 'requested' }])
    expect(t.kinds()).not.toContain('refund.answered')
    t.till.received('refund', t.answerRefund('approved'))
    expect(t.view().refunds).toMatchObject([{ state: 'done' }])
  })

  it('is made again under its id when the hub has everything and says nothing, ever later; any answer about it will do', () => {
    const t = onlineTill()
    const asked = () => t.entries().flatMap((entry) => (entry.kind === 'refund.requested' ? [entry.body] : []))
    const waitOnline = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += SECOND) {
        t.time.advance(SECOND)
        t.till.received('ack', t.ack(t.head()))
      }
    }
    refund(t, 1, ELSEWHERE, 500)
    waitOnline(ASK_AGAIN / 2)
    expect(asked()).toHaveLength(1)
    const first = t.answerRefund('approved')
    waitOnline(ASK_AGAIN)
    expect(asked()).toHaveLength(2)
    expect(asked()[1]).toEqual(asked()[0])
    waitOnline(ASK_AGAIN)
    expect(asked()).toHaveLength(2)
    t.till.received('refund', t.answerRefund('approved', { requested: 'ab'.repeat(32), till: refundId(7) }))
    expect(t.view().refunds).toMatchObject([{ state: 'requested' }])
    t.till.received('refund', first)
    expect(t.view().refunds).toMatchObject([{ state: 'done' }])
    waitOnline(4 * ASK_AGAIN)
    expect(asked()).toHaveLength(2)
  })

  it('is never forgotten unanswered, and a till remembers only so many', () => {
    const t = offlineTill()
    for (let i = 0; i < 200; i++) expect(refund(t, i, ELSEWHERE, 500).ok).toBe(true)
    expect(refund(t, 200, ELSEWHERE, 500)).toMatchObject({ ok: false, code: 'refund.needs_hub' })
    t.till.received('refund', t.answerRefund('approved'))
    expect(refund(t, 200, ELSEWHERE, 500).ok).toBe(true)
    expect(t.view().refunds).toHaveLength(20)
    t.till.scanned(APPLE)
    expect(t.view().sale.totalMinor).toBe(1000)
  })
})

describe('a sale from after this till was put back to a backup, and before the hub could tell it so', () => {
  /** The hub has the first sale. After the second, which was made offline, it says that this till had been further. */
  function restoredTill(): { readonly t: TestTill; readonly before: string; readonly doubtful: string } {
    const t = offlineTill()
    const before = sellAndPay(t)
    t.time.advance(SECOND)
    t.goOnline()
    t.till.disconnected()
    const doubtful = sellAndPay(t)
    t.till.connected()
    t.time.advance(SECOND)
    t.till.received('ack', t.ack(t.head(), { received: { n: 500, head: 'cd'.repeat(32) } }))
    expect(t.entries().some((entry) => entry.kind === 'epoch.opened' && entry.body.reason === 'restored')).toBe(true)
    return { t, before, doubtful }
  }

  it('may share its receipt’s number with another: the hub decides about its refund', () => {
    const { t, doubtful } = restoredTill()
    expect(refund(t, 1, doubtful, 400).ok).toBe(true)
    expect(t.view().refunds).toMatchObject([{ of: doubtful, state: 'requested' }])
    expect(refunds(t)).toEqual([])
    expect(t.till.command({ type: 'voidSale', receiptNumber: doubtful })).toMatchObject({ ok: false, code: 'refund.ambiguous_receipt' })
  })

  it('is not taken for one from before, nor for one from after', () => {
    const { t, before } = restoredTill()
    t.till.disconnected()
    const after = sellAndPay(t)
    for (const [n, number] of [before, after].entries()) expect(refund(t, n, number, 400).ok).toBe(true)
    expect(refunds(t)).toHaveLength(2)
  })
})

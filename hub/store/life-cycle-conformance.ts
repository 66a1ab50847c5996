import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyTransfer, openAccount } from '../ledger/ledger.ts'
import { refundTransfer, transferIds } from '../ledger/names.ts'
import { paymentRow, testId, type StoreUnderTest } from './conformance.ts'
import {
  MAX_ON_RECEIPT,
  MAX_WITH_NUMBER,
  salvagedKey,
  type HubStep,
  type HubStore,
  type Refund,
  type ReturnRow,
  type SendingRow,
  type Shift,
} from './hub-store.ts'
import type { Id } from '#protocol/ids.ts'

const till = testId(1)
const refundRow = (id: Id, over: Partial<Refund> = {}): Refund => ({
  id,
  version: 0,
  till,
  epoch: 1,
  n: 7,
  at: 9,
  content: 'content',
  payment: testId(5),
  amountMinor: 100,
  currency: 'EUR',
  verdict: 'approved',
  requested: undefined,
  decision: undefined,
  answeredAt: undefined,
  paidAs: undefined,
  returnId: undefined,
  ...over,
})
const late = (n: number, since: number, next?: number) =>
  paymentRow(testId(n), {
    state: next === undefined ? 'RECOVERY' : 'RETRY',
    funds: 'none',
    capturedMinor: 250,
    receiptNumber: `R-${n}`,
    unpaidSince: since,
    nextAttemptAt: next,
    attempts: 2,
    exception: 'hub.insufficient_funds',
  })

/** What every body of `HubStore` must do about payments after their capture. */
export function lifeCycleConformance(name: string, make: () => StoreUnderTest): void {
  describe(`${name}, after the capture`, () => {
    let body: StoreUnderTest
    let store: HubStore
    beforeEach(() => {
      body = make()
      store = body.open()
    })
    afterEach(async () => {
      await store.close()
      body.clean()
    })
    const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id)

    it('keeps goods that came back, and counts those without a receipt by till and person', async () => {
      const [ada, other] = [testId(20), testId(2)]
      const row = (n: number, over: Partial<ReturnRow> = {}): ReturnRow => ({
        id: testId(30 + n),
        version: 0,
        till,
        at: 100 + n,
        content: 'content',
        receipt: undefined,
        staff: ada,
        paidMinor: 100,
        paidAs: 'cash',
        ...over,
      })
      const returns = [row(1), row(2), row(3, { staff: undefined }), row(4, { till: other, paidMinor: 500 }), row(5, { receipt: 'R-5' }), row(6, { at: 9 })]
      expect(await store.commit({ returns })).toBe('done')
      expect(await store.commit({ returns: [row(1)] })).toBe('stale')
      await store.close()
      store = body.open()
      expect(await store.get('returns', [testId(31)])).toEqual([{ ...row(1), version: 1 }])
      const counts = await store.returnsWithoutReceipt(100, 10)
      expect(counts).toEqual([
        { till: other, staff: ada, returns: 1, paidMinor: 500 },
        { till, staff: ada, returns: 2, paidMinor: 200 },
        { till, staff: undefined, returns: 1, paidMinor: 100 },
      ])
      expect(await store.returnsWithoutReceipt(100, 1)).toEqual(counts.slice(0, 1))
    })

    it('keeps what a wallet was lent, and lets two who lend at once know of each other', async () => {
      const row = (version: number, body: string) => ({ id: 'ab'.repeat(16), version, body })
      expect(await store.commit({ lendings: [row(0, 'first')] })).toBe('done')
      expect(await store.commit({ lendings: [row(0, 'another first')] })).toBe('stale')
      expect(await store.commit({ lendings: [row(1, 'second')] })).toBe('done')
      expect(await store.commit({ lendings: [row(1, 'lent at once')] })).toBe('stale')
      expect(await store.get('lendings', [row(0, '').id, 'nobody'])).toEqual([row(2, 'second')])
    })

    it('keeps receipts that are to be sent, and finds those in one state', async () => {
      const row = (n: number, state: SendingRow['state']): SendingRow => ({
        id: testId(40 + n),
        version: 0,
        till,
        at: n,
        receiptNumber: `R-${n}`,
        sealed: 'AAAA',
        state,
        code: undefined,
        changedAt: n,
      })
      expect(await store.commit({ sendings: [row(1, 'waiting'), row(2, 'handing'), row(3, 'waiting')] })).toBe('done')
      expect(await store.commit({ sendings: [row(1, 'sent')] })).toBe('stale')
      expect(await store.commit({ sendings: [{ ...row(3, 'failed'), version: 1, code: 'receipt.no_sale' }] })).toBe('done')
      await store.close()
      store = body.open()
      expect(await store.get('sendings', [testId(43)])).toEqual([{ ...row(3, 'failed'), version: 2, code: 'receipt.no_sale' }])
      expect((await store.sendings('waiting', 10)).map(({ id }) => id)).toEqual([testId(41)])
      expect((await store.sendings(undefined, 2)).map(({ id }) => id)).toEqual([testId(43), testId(42)])
    })

    it('keeps what was captured, given back, asked for and tried, across a stop', async () => {
      const payment = { ...late(5, 100, 200), refundedMinor: 50 }
      const step: HubStep = { payment: payment.id, at: 3, event: 'hub.declined_late', detail: undefined }
      const refund = refundRow(testId(6), { requested: 'aa', verdict: 'refund.exceeds_captured' })
      const key = salvagedKey(till, 1, 4, 'bb')
      const shift: Shift = { id: till, version: 0, closed: 1, payments: 2, capturedMinor: 500, refunds: 3, refundedMinor: 50 }
      const changes = { payments: [payment], refunds: [refund], steps: [step, { ...step, at: 4 }], salvaged: [{ id: key, seq: 12 }], shifts: [shift] }
      expect(await store.commit(changes)).toBe('done')
      await store.close()
      store = body.open()
      const [found] = await store.get('payments', [payment.id])
      expect({ ...found, decision: undefined }).toEqual({ ...payment, version: 1, decision: undefined })
      expect(await store.refundsOf(payment.id)).toEqual([{ ...refund, version: 1 }])
      expect(await store.stepsOf(payment.id)).toEqual([step, { ...step, at: 4 }])
      expect(await store.get('salvaged', [key, 'none'])).toEqual([{ id: key, seq: 12 }])
      expect(await store.commit({ salvaged: [{ id: key, seq: 13 }] })).toBe('stale')
      expect(await store.get('shifts', [till])).toEqual([{ ...shift, version: 1 }])
      expect(await store.commit({ shifts: [shift] })).toBe('stale')
      expect(await store.commit({ refunds: [refund] })).toBe('stale')
      expect(await store.commit({ refunds: [{ ...refund, version: 1, answeredAt: 8 }] })).toBe('done')
      expect(await store.get('refunds', [refund.id])).toEqual([{ ...refund, version: 2, answeredAt: 8 }])
    })

    it('finds the attempts that are due, longest due first', async () => {
      await store.commit({ payments: [late(5, 1, 30), late(6, 2, 10), late(7, 3), late(8, 4, 20), paymentRow(testId(9))] })
      expect(await store.dueRetries(9, 5)).toEqual([])
      expect(await store.dueRetries(20, 5)).toEqual([testId(6), testId(8)])
      expect(await store.dueRetries(99, 1)).toEqual([testId(6)])
    })

    it('lists what is at risk, longest unpaid first, and counts all of it', async () => {
      await store.commit({
        payments: [late(5, 30, 30), late(6, 10), late(7, 20, 5), paymentRow(testId(8), { state: 'WRITTEN_OFF', unpaidSince: 1 }), paymentRow(testId(9))],
      })
      const all = await store.atRisk(9)
      expect([all.count, ids(all.payments)]).toEqual([3, [testId(6), testId(7), testId(5)]])
      const some = await store.atRisk(1)
      expect([some.count, ids(some.payments)]).toEqual([3, [testId(6)]])
    })

    it('finds captured payments by the number on their receipt', async () => {
      await store.commit({ payments: [late(5, 1), { ...late(6, 1), receiptNumber: 'R-5' }, late(7, 1), paymentRow(testId(8))] })
      expect(ids(await store.paymentsByReceipt(['R-5', 'R-5', 'none']))).toEqual([testId(5), testId(6)])
      expect(await store.paymentsByReceipt([])).toEqual([])
      await store.commit({ payments: Array.from({ length: 30 }, (_, index) => ({ ...late(20 + index, 1), receiptNumber: 'R-MANY' })) })
      expect(await store.paymentsByReceipt(['R-MANY'])).toHaveLength(MAX_ON_RECEIPT)
    })

    it('finds payments by the number of what they were for, the newest first, also after a stop', async () => {
      const many = Array.from({ length: 30 }, (_, index) => late(20 + index, 1))
      await store.commit({ payments: [late(5, 1), late(6, 1), ...many] })
      const numbers = [
        { number: 'SN-1', payment: testId(5), seq: 1 },
        { number: 'SN-1', payment: testId(6), seq: 3 },
        { number: 'SN-2', payment: testId(5), seq: 1 },
      ]
      expect(await store.commit({ numbers: [...numbers, ...many.map(({ id }, index) => ({ number: 'L1', payment: id, seq: 4 + index }))] })).toBe('done')
      expect(await store.commit({ numbers })).toBe('done')
      await store.close()
      store = body.open()
      expect(ids(await store.paymentsByNumber(['SN-1']))).toEqual([testId(6), testId(5)])
      expect(ids(await store.paymentsByNumber(['SN-2', 'SN-1', 'none']))).toEqual([testId(5), testId(6)])
      expect(ids(await store.paymentsByNumber(['L1']))).toEqual(ids(many.toReversed().slice(0, MAX_WITH_NUMBER)))
      expect(await store.paymentsByNumber([])).toEqual([])
    })

    it('knows the decisions and the answers that a till may still wait for', async () => {
      const decision = (byte: number) => new Uint8Array([byte])
      await store.commit({
        payments: [paymentRow(testId(5), { state: 'UNKNOWN', decision: decision(1) }), paymentRow(testId(6), { state: 'REVERSED', decision: decision(2) })],
        refunds: [
          refundRow(testId(11), { decision: decision(1) }),
          refundRow(testId(12), { decision: decision(2), answeredAt: 4 }),
          refundRow(testId(13), { decision: decision(3) }),
          refundRow(testId(14), { decision: decision(4), till: testId(2) }),
          refundRow(testId(15)),
        ],
      })
      const bytesOf = (decisions: readonly Uint8Array[]) => decisions.map(([byte]) => byte)
      expect(bytesOf(await store.openDecisions(till, 5))).toEqual([1])
      expect(bytesOf(await store.openRefundDecisions(till, 5))).toEqual([3, 1])
      expect(bytesOf(await store.openRefundDecisions(till, 1))).toEqual([3])
    })

    it('tells every transfer in order, and counts a payment once however much went back', async () => {
      const payment = testId(5)
      const bank = openAccount({ id: 'bank', label: 'Bank', currency: 'EUR', side: 'debit', rule: 'none' })
      const shop = openAccount({ id: 'shop', label: 'Shop', currency: 'EUR', side: 'credit', rule: 'none' })
      await store.commit({ accounts: [bank, shop] })
      const { pay, return: back } = transferIds(payment)
      for (const [id, debit, credit] of [
        [pay, 'bank', 'shop'],
        [refundTransfer(testId(6)), 'shop', 'bank'],
        [back, 'shop', 'bank'],
      ] as const) {
        const accounts = new Map((await store.get('accounts', ['bank', 'shop'])).map((account) => [account.id, account]))
        const books = { account: (asked: string) => accounts.get(asked), transfer: () => undefined }
        const applied = applyTransfer(books, { kind: 'single', id, debit, credit, amount: 10n, payment }, 1)
        if (!applied.ok) throw new Error(applied.code)
        expect(await store.commit({ accounts: applied.value.accounts, transfers: applied.value.transfers })).toBe('done')
      }
      const all = await store.transfersAfter(0, 9)
      expect(all.map(({ seq, id, amount, version }) => [seq, id, amount, version])).toEqual([
        [1, pay, 10n, 1],
        [2, refundTransfer(testId(6)), 10n, 1],
        [3, back, 10n, 1],
      ])
      expect(ids(await store.transfersAfter(1, 1))).toEqual([refundTransfer(testId(6))])
      expect((await store.summary(0)).postings).toEqual([{ currency: 'EUR', amount: 30n, payments: 1 }])
      const [account] = await store.get('accounts', ['shop'])
      expect(account).toMatchObject({ creditsPosted: 10n, debitsPosted: 20n })
    })
  })
}

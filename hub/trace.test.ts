import { beforeEach, describe, expect, it } from 'vitest'
import { openApi } from './api/server.ts'
import { openCounter, type Counter } from './test-counter.ts'
import { nextId, refund, sale, type TestTill } from './test-rig.ts'
import type { HubTrace } from '#protocol/hub-api/trace.ts'
import { systemTimers } from '#protocol/node/clock.ts'

let counter: Counter
let other: TestTill
beforeEach(async () => {
  counter = await openCounter()
  other = await counter.rig.till()
})
async function sold() {
  const one = sale(1000, counter.wallet.show())
  await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
  return one
}
const trace = (key: string) => counter.rig.hub.trace(key)

describe('the trace of a payment at the hub', () => {
  it('is found by its id, by its receipt and by each of its refunds', async () => {
    const one = await sold()
    const { made, refundId } = refund(one, 300)
    await counter.journal(counter.till, made)
    for (const key of [one.paymentId, one.captured.body.receiptNumber, refundId]) {
      const { payments } = await trace(key)
      expect(payments.map(({ payment }) => payment.id)).toEqual([one.paymentId])
    }
  })

  it('says where each entry lies, under which number, what it says, and whether it is safe', async () => {
    const one = await sold()
    const [traced] = (await trace(one.paymentId)).payments
    expect(traced?.entries.map(({ kind, n, amountMinor }) => [kind, n, amountMinor])).toEqual([
      ['payment.intended', 2, 1000],
      ['payment.accepted_offline', 3, undefined],
      ['payment.captured', 4, 1000],
      ['sale.completed', 5, undefined],
    ])
    expect(traced?.entries.map(({ seq }) => seq)).toEqual([2, 3, 4, 5].map((n) => n + ((traced?.entries[0]?.seq ?? 0) - 2)))
    expect(traced?.entries.every(({ safe, till }) => safe && till === counter.till.id)).toBe(true)
    expect(traced?.entries[1]?.detail).toBe('by policy version 1, the till was offline')
    expect(traced?.postings.length).toBeGreaterThan(0)
  })

  it('has the exceptions of this payment and of no other', async () => {
    const [one, two] = [await sold(), await sold()]
    await counter.journal(counter.till, refund(one, 1001).made)
    expect((await trace(one.paymentId)).payments[0]?.exceptions.map(({ code }) => code)).toEqual(['refund.exceeds_captured'])
    expect((await trace(two.paymentId)).payments[0]?.exceptions).toEqual([])
  })

  it('tells of a refund that was asked for and belongs to no payment', async () => {
    const asked = refund({ paymentId: nextId(), captured: sale(1, 'x').captured }, 5)
    await counter.journal(other, asked.asked)
    expect(await trace(asked.refundId)).toMatchObject({ payments: [], strayRefunds: [{ id: asked.refundId, verdict: 'refund.unknown_receipt' }] })
  })

  it('is asked for over HTTP, by any text that a path can hold', async () => {
    const one = await sold()
    const api = await openApi({ hub: counter.rig.hub, timers: systemTimers, port: 0, pages: '', demoWallets: undefined, warn: () => undefined })
    try {
      const ask = async (key: string) => (await (await fetch(`${api.url}/api/trace/${key}`)).json()) as HubTrace
      expect((await ask(encodeURIComponent(one.captured.body.receiptNumber))).payments[0]?.payment.id).toBe(one.paymentId)
      for (const key of ['nobody', 'a%2Fb', '%00']) expect(await ask(key)).toEqual({ payments: [], strayRefunds: [] })
      // Not a text at all: half of a character.
      expect((await fetch(`${api.url}/api/trace/%E0%A4%A`)).status).toBe(404)
    } finally {
      await api.close()
    }
  })

  it.each(['', 'R-nobody', nextId(), '%', '../../etc', '\u0000'])('knows nothing of %o', async (key) => {
    await sold()
    expect(await trace(key)).toEqual({ payments: [], strayRefunds: [] })
  })
})

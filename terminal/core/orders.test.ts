import { describe, expect, it } from 'vitest'
import { onlineTill, offlineTill, sellAndPay, type TestTill } from './test-till.ts'
import { DAY, SECOND } from '#protocol/time.ts'

const settle = (t: TestTill): void => t.till.received('ack', t.ack(t.head()))
const said = (t: TestTill) => t.entries().flatMap((entry) => (entry.kind === 'order.placed' || entry.kind === 'order.handed_over' ? [entry] : []))
const place = (t: TestTill, receiptNumber: string, days = 7, keptPpm = 100_000) => t.till.command({ type: 'placeOrder', receiptNumber, days, keptPpm })

describe('an order at the till', () => {
  it('is what was paid just now, says what becomes of the money, and is handed over by its number', () => {
    const t = onlineTill()
    const number = sellAndPay(t)
    expect(place(t, number)).toMatchObject({ ok: true })
    const [placed] = said(t)
    const { amountMinor } = t.view().orders?.[0] ?? { amountMinor: 0 }
    expect(placed).toMatchObject({
      kind: 'order.placed',
      body: { receiptNumber: number, keptMinor: Math.round(amountMinor / 10), until: t.time.now() + 7 * DAY },
    })
    expect(t.view().orders).toMatchObject([{ receiptNumber: number, atHub: false, isLate: false }])
    settle(t)
    expect(t.view().orders).toMatchObject([{ atHub: true }])
    expect(t.till.command({ type: 'handOver', receiptNumber: number.toLowerCase() })).toMatchObject({ ok: true })
    expect(said(t).map(({ kind }) => kind)).toEqual(['order.placed', 'order.handed_over'])
    expect(t.view().orders).toBeUndefined()
    expect(t.till.command({ type: 'handOver', receiptNumber: number })).toMatchObject({ ok: false, code: 'order.unknown' })
  })

  it('pressed twice is one, and is there after a stop', () => {
    const t = onlineTill()
    const number = sellAndPay(t)
    place(t, number)
    place(t, number, 3)
    expect(said(t)).toHaveLength(1)
    const again = t.reopen()
    expect(again.view().orders).toMatchObject([{ receiptNumber: number }])
    expect(again.till.command({ type: 'handOver', receiptNumber: number })).toMatchObject({ ok: true })
  })

  it('without the hub is one too, and says that nothing is held yet', () => {
    const t = offlineTill()
    const number = sellAndPay(t)
    expect(place(t, number)).toMatchObject({ ok: true })
    expect(t.view().orders).toMatchObject([{ atHub: false }])
  })

  it('is no other sale’s, and of no cash', () => {
    const t = onlineTill()
    const number = sellAndPay(t)
    expect(place(t, 'NOSUCH-1')).toMatchObject({ ok: false, code: 'sale.unknown_receipt' })
    sellAndPay(t)
    expect(place(t, number)).toMatchObject({ ok: false, code: 'sale.unknown_receipt' })
  })

  it('is not handed over when its money went back, nor after its time', () => {
    const t = onlineTill()
    const back = sellAndPay(t)
    place(t, back)
    t.till.command({ type: 'continue' })
    expect(t.till.command({ type: 'voidSale', receiptNumber: back })).toMatchObject({ ok: true })
    expect(t.view().orders).toBeUndefined()
    expect(t.till.command({ type: 'handOver', receiptNumber: back })).toMatchObject({ ok: false, code: 'order.given_back' })
    const late = sellAndPay(t)
    place(t, late, 1)
    t.time.skip(DAY)
    t.time.advance(5 * SECOND)
    t.till.command({ type: 'continue' })
    expect(t.till.command({ type: 'handOver', receiptNumber: late })).toMatchObject({ ok: false, code: 'order.too_late' })
    expect(t.view().orders).toMatchObject([{ receiptNumber: late, isLate: true }])
  })
})

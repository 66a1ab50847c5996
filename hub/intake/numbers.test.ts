import { beforeEach, expect, it } from 'vitest'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, refund, sale, type TestTill } from '../test-rig.ts'
import type { EntryBody } from '#protocol/journal/entry.ts'

/** What is printed on pieces and packets: found again by a recall, and one piece is not sold twice. */
let c: Counter
let other: TestTill
beforeEach(async () => {
  c = await openCounter()
  other = await c.rig.till()
})

type Numbered = Partial<Pick<EntryBody<'sale.completed'>['lines'][number], 'serials' | 'batch' | 'gtin'>>

async function sell(at: TestTill, numbered: Numbered): Promise<ReturnType<typeof sale>> {
  const one = sale(500, c.wallet.show())
  const [line] = one.completed.body.lines
  if (line !== undefined) one.completed.body.lines[0] = { ...line, ...numbered }
  await c.journal(at, one.intended, one.acceptedOffline, one.captured, one.completed)
  return one
}
const found = async (number: string): Promise<readonly string[]> => (await c.rig.hub.trace(number)).payments.map(({ payment }) => payment.id)
const codes = async (): Promise<readonly unknown[]> => (await c.rig.exceptions()).map(([, , code]) => code)

it('finds what was sold by the number on the piece, and everybody who bought from a batch, the newest first', async () => {
  const drill = await sell(c.till, { serials: ['SN-1'] })
  const [first, second] = [await sell(c.till, { batch: 'L0725' }), await sell(other, { batch: 'L0725' })]
  await sell(c.till, { batch: 'L0726' })
  expect(await found('SN-1')).toEqual([drill.paymentId])
  expect(await found('L0725')).toEqual([second.paymentId, first.paymentId])
  expect(await found('L07')).toEqual([])
})

it('shows a person a piece that was sold before, at whichever till, in one turn or in two', async () => {
  await sell(c.till, { serials: ['SN-1'] })
  await sell(c.till, { serials: ['SN-2'] })
  await sell(c.till, { serials: ['SN-1'], gtin: '9520000000026' })
  expect(await codes()).toEqual([])
  await sell(other, { serials: ['SN-1'] })
  expect(await codes()).toEqual(['sale.serial_sold'])
})

it('has nothing against selling a piece again that came back', async () => {
  const one = await sell(c.till, { serials: ['SN-1'] })
  await c.journal(c.till, refund(one, 500).made)
  const two = await sell(other, { serials: ['SN-1'] })
  const refundId = nextId()
  const { completed, captured, paymentId, saleId } = two
  const [line] = completed.body.lines
  const receiptNumber = 'G-1'
  await c.journal(
    other,
    { kind: 'payment.refunded', body: { refundId, paymentId, amountMinor: 500, currency: 'EUR', receiptNumber } },
    {
      kind: 'goods.returned',
      body: {
        returnId: nextId(),
        receiptNumber,
        of: captured.body.receiptNumber,
        saleId,
        currency: 'EUR',
        lines: [{ line: 0, gtin: line?.gtin ?? '', name: line?.name ?? '', quantity: 1, totalMinor: 500 }],
        taxes: completed.body.taxes,
        totalMinor: 500,
        paidMinor: 500,
        as: 'as_paid',
        refunds: [{ refundId, paymentId, amountMinor: 500 }],
        reason: 'Broken',
      },
    },
  )
  await sell(c.till, { serials: ['SN-1'] })
  expect(await codes()).toEqual([])
  await c.money()
})

it('does not take the same sale for another when it comes twice', async () => {
  const one = await sell(c.till, { serials: ['SN-1'] })
  await c.journal(c.till, one.completed)
  expect(await codes()).toEqual([])
  expect(await found('SN-1')).toEqual([one.paymentId])
})

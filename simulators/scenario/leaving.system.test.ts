import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { makeId } from '#protocol/ids.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { startShop, type Shop } from '../demo/shop.ts'
import { openScreen, payWith, scanProduct, takePayment } from './cashier.ts'
import { newCustomer, type Customer } from './customer.ts'

/** The end of a working day with real processes: money goes back, the shift is closed, and the core leaves through its gates and comes back. */
describe('a till in the evening', () => {
  let data: string
  let shop: Shop
  let customer: Customer
  let product = ''

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'evening-'))
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    customer = await newCustomer(shop.hub.http)
    product = shop.till.products[0]?.gtin ?? ''
    await shop.till.until(
      'devices ready',
      (view) => view.devices.some(({ kind }) => kind === 'printer') && view.devices.every(({ state }) => state === 'ready'),
    )
    await shop.till.until('online', (view) => view.link.state === 'online')
  }, 90_000)

  afterAll(async () => {
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  const press = async (command: Command): Promise<Outcome<null>> => {
    const screen = openScreen(shop)
    try {
      return await screen.command(command)
    } finally {
      screen.close()
    }
  }
  const sell = async (): Promise<string> => {
    await scanProduct(shop, product)
    await takePayment(shop)
    await payWith(shop, await customer.show())
    const { tender } = await shop.till.until('its receipt', (view) => view.tender.stage === 'approved' && view.tender.receipt === 'printed')
    return tender.stage === 'approved' ? tender.receiptNumber : ''
  }
  const nothingWaits = () => shop.till.until('nothing waits', (view) => view.link.state === 'online' && view.link.waiting.entries === 0, 30_000)
  const balanceIs = async (minor: number): Promise<void> => {
    await expect.poll(() => customer.balanceMinor(), { timeout: 20_000 }).toBe(minor)
  }

  it('gives money back once, prints it, and the wallet has it', async () => {
    const before = await customer.balanceMinor()
    const receiptNumber = await sell()
    const price = shop.till.view?.sold[0]?.totalMinor ?? 0
    await balanceIs(before - price)
    const wish: Command = { type: 'refund', refundId: makeId(systemClock.now(), nodeCrypto.randomBytes(10)), receiptNumber, amountMinor: 1 }
    expect(await press(wish)).toEqual({ ok: true, value: null })
    expect(await press(wish)).toEqual({ ok: true, value: null })
    await balanceIs(before - price + 1)
    await expect.poll(() => shop.counter.printer.receipts.length, { timeout: 10_000 }).toBe(2)
    const second = await sell()
    expect(await press({ type: 'voidSale', receiptNumber: second })).toEqual({ ok: true, value: null })
    await balanceIs(before - price + 1)
  })

  it('is told by the hub that it knows no such receipt', async () => {
    const refundId = makeId(systemClock.now(), nodeCrypto.randomBytes(10))
    expect(await press({ type: 'refund', refundId, receiptNumber: 'FFFFFF-1-000042', amountMinor: 5 })).toEqual({ ok: true, value: null })
    const view = await shop.till.until('the hub’s answer', ({ refunds }) =>
      refunds.some((refund) => refund.refundId === refundId && refund.state !== 'requested'),
    )
    expect(view.refunds[0]).toMatchObject({ state: 'declined', code: 'refund.unknown_receipt' })
  })

  it('closes the shift only when the hub has everything, or an export', async () => {
    await nothingWaits()
    shop.counter.cable.pull()
    await sell()
    expect(await press({ type: 'closeShift' })).toMatchObject({ ok: false, code: 'gate.outbox' })
    const stood = await shop.till.until('the gate', ({ gate }) => gate !== undefined)
    expect(stood.gate).toMatchObject({ action: 'closeShift', reasons: ['gate.outbox'], waiting: { payments: 1 }, canExport: true })
    expect(await press({ type: 'exportJournal' })).toEqual({ ok: true, value: null })
    expect((await shop.till.until('the export', ({ exported }) => exported !== undefined)).exported).toMatchObject({ covers: true })
    expect(await press({ type: 'closeShift' })).toEqual({ ok: true, value: null })
    shop.counter.cable.plug()
    await nothingWaits()
  })

  it('leaves for an update and comes back as the same till', async () => {
    const before = shop.till.view?.till.id
    expect(await press({ type: 'update' })).toEqual({ ok: true, value: null })
    await expect.poll(() => shop.till.up, { timeout: 10_000 }).toBe(false)
    await expect.poll(() => shop.till.up, { timeout: 20_000 }).toBe(true)
    const after = await nothingWaits()
    expect(after.till.id).toBe(before)
  })

  it('leaves for a reset and comes back as a till that nobody has enrolled, with everything set aside', async () => {
    expect(await press({ type: 'continue' })).toEqual({ ok: true, value: null })
    expect(await press({ type: 'reset' })).toEqual({ ok: true, value: null })
    const view = await shop.till.until('not enrolled', ({ till }) => till.blocked === 'till.not_enrolled', 20_000)
    expect(view.sold).toEqual([])
    const [aside] = readdirSync(join(data, 'till')).filter((name) => name.startsWith('set-aside-'))
    expect(readdirSync(join(data, 'till', aside ?? ''))).toEqual(expect.arrayContaining(['identity.json', 'journal.sqlite']))
  })
})

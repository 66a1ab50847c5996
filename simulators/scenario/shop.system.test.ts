import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#protocol/node/clock.ts'
import { MINUTE } from '#protocol/time.ts'
import { buildPages } from '../demo/pages.ts'
import { startShop, type Shop } from '../demo/shop.ts'
import { openScreen, overview, payWith, scanProduct, takePayment, untilHub, type Approved } from './cashier.ts'
import { newCustomer, type Customer } from './customer.ts'

/** The foundation's one thread, with real processes: hub, core, bridge, a scanner and a printer on real lines. */
describe('the demo shop', () => {
  let data: string
  let shop: Shop
  let customer: Customer
  const approved: Approved[] = []
  let product = ''

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'shop-'))
    await buildPages({ log: () => {} })
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

  /** Sells one piece and pays by a shown code. */
  const sell = async (): Promise<Approved> => {
    await scanProduct(shop, product)
    await takePayment(shop)
    const done = await payWith(shop, await customer.show())
    approved.push(done)
    return done
  }
  const everySaleSettledOnce = async (): Promise<void> => {
    const seen = await untilHub(shop, 'all settled', ({ counts }) => counts.settled === approved.length && counts.unsettledEntries === 0)
    expect(seen.money.balanced).toBe(true)
    expect(seen.exceptions).toEqual([])
    expect(
      seen.payments
        .filter((payment) => payment.settled)
        .map((payment) => payment.id)
        .toSorted(),
    ).toEqual(approved.map((payment) => payment.paymentId).toSorted())
    expect(await customer.balanceMinor()).toBe(customer.startBalanceMinor - approved.reduce((sum, payment) => sum + payment.amountMinor, 0))
  }

  const nothingWaits = () => shop.till.until('nothing waits on this till', (view) => view.link.state === 'online' && view.link.waiting.entries === 0, 30_000)

  it('sells online: scan, pay by phone, approved by the hub, a receipt comes out', async () => {
    const receipts = shop.counter.printer.receipts.length
    expect((await sell()).decidedBy).toBe('hub')
    await shop.till.until('receipt printed', ({ tender }) => tender.stage === 'approved' && tender.receipt === 'printed')
    expect(shop.counter.printer.receipts.length).toBe(receipts + 1)
    await everySaleSettledOnce()
  })

  it('takes a payment above the shown-code cap by the phone’s answer to the till’s request', async () => {
    const screen = openScreen(shop)
    await scanProduct(shop, product)
    const line = shop.till.view?.sale.lines[0]
    const many = Math.ceil(6000 / (line?.unitMinor ?? 1))
    await screen.command({ type: 'setQuantity', line: line?.id ?? '', quantity: many })
    const request = await takePayment(shop)
    const refused = await screen.command({ type: 'scan', text: await customer.show() })
    expect(refused).toMatchObject({ ok: false, code: 'code.bound_required' })
    approved.push(await payWith(shop, await customer.answer(request)))
    screen.close()
    await everySaleSettledOnce()
  })

  it('keeps selling with the cable pulled, says what is safe on this till, and settles it all when it is back', async () => {
    await nothingWaits()
    shop.counter.cable.pull()
    const first = await sell()
    expect(first.decidedBy).toBe('policy')
    const offline = await shop.till.until('offline', (view) => view.link.state === 'offline')
    expect(offline.link.waiting).toMatchObject({ payments: 1, amountMinor: first.amountMinor })
    expect(offline.link.urgent).toBeUndefined()
    await sell()
    await shop.till.until('two payments here', (view) => view.link.waiting.payments === 2)
    shop.counter.cable.plug()
    await nothingWaits()
    await everySaleSettledOnce()
  })

  it('loses and doubles nothing when the core is killed between approved and the acknowledgement', async () => {
    await nothingWaits()
    shop.counter.cable.pull()
    await sell()
    await scanProduct(shop, product)
    shop.cutPower()
    const back = await shop.till.until('back with its basket', (view) => view.till.recovered && view.sale.itemCount === 1, 30_000)
    expect(back.link.waiting.payments).toBe(1)
    shop.counter.cable.plug()
    await nothingWaits()
    await everySaleSettledOnce()
    const screen = openScreen(shop)
    await screen.command({ type: 'clearSale' })
    screen.close()
    await shop.till.until('an empty basket', ({ sale }) => sale.itemCount === 0)
  })

  it('settles what it has in custody when the hub is killed and comes back', async () => {
    await sell()
    shop.killHub()
    await sell()
    await nothingWaits()
    await everySaleSettledOnce()
  })

  it('refuses an expired code, a replayed one, garbage and an unknown product, each with its own words', async () => {
    const before = await overview(shop)
    const screen = openScreen(shop)
    expect(await screen.command({ type: 'scan', text: '4006381333931' })).toMatchObject({ ok: false, code: 'sale.unknown_product' })
    await scanProduct(shop, product)
    await takePayment(shop)
    expect(await screen.command({ type: 'scan', text: await customer.show(systemClock.now() - 5 * MINUTE) })).toMatchObject({ ok: false, code: 'code.expired' })
    expect(await screen.command({ type: 'scan', text: 'SP1:HELLO' })).toMatchObject({ ok: false, code: 'code.malformed' })
    const code = await customer.show()
    approved.push(await payWith(shop, code))
    await scanProduct(shop, product)
    await takePayment(shop)
    expect(await screen.command({ type: 'scan', text: code })).toMatchObject({ ok: false, code: 'code.replayed' })
    await screen.command({ type: 'cancelPayment' })
    await screen.command({ type: 'clearSale' })
    screen.close()
    await shop.till.until('an empty basket', ({ sale }) => sale.itemCount === 0)
    await everySaleSettledOnce()
    expect((await overview(shop)).counts.exceptions).toBe(before.counts.exceptions)
  })

  it('reads on after garbage and half a code from the scanner', async () => {
    const dropped = () => shop.till.view?.devices.find((device) => device.kind === 'scanner')?.counters['garbage_bytes'] ?? 0
    for (const fault of ['noise', 'half_frame'] as const) {
      const before = dropped()
      await shop.counter.scanner.fault(fault, product)
      await shop.till.until(`${fault} thrown away`, () => dropped() > before)
    }
    const view = await scanProduct(shop, product)
    expect(view.sale.itemCount).toBe(1)
  })
})

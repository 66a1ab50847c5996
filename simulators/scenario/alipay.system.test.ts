import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chooseCurrency } from '../demo/alipay.ts'
import { buildPages } from '../demo/pages.ts'
import { startShop, type Shop } from '../demo/shop.ts'
import { openScreen, payWith, scanProduct, takePayment, untilHub } from './cashier.ts'

/** `npm start -- --currency CNY`: real processes, and the gateway that checks and makes Alipay's signatures. */
let data: string
let shop: Shop

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'alipay-'))
  chooseCurrency(join(data, 'hub'), 'CNY')
  await buildPages({ log: () => {} })
  shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
  await shop.till.until('online', (view) => view.link.state === 'online' && view.devices.some(({ kind }) => kind === 'scanner'))
}, 90_000)

afterAll(async () => {
  await shop?.stop()
  rmSync(data, { recursive: true, force: true })
})

it('is in one currency for ever', () => {
  expect(chooseCurrency(join(data, 'hub'), 'EUR')).toContain('sells in CNY')
  expect(chooseCurrency(join(data, 'hub'), 'CNY')).toBeUndefined()
})

it('takes Alipay’s code online, says what the wallet lacks, and refuses it in its own words offline', async () => {
  await scanProduct(shop, shop.till.products[0]?.gtin ?? '')
  await takePayment(shop)
  await shop.counter.scanner.scan(`28${'1'.repeat(14)}02`)
  const refused = await shop.till.until('refused', ({ tender }) => tender.stage === 'refused')
  expect(refused.tender).toMatchObject({ code: 'hub.insufficient_funds' })
  await takePayment(shop)
  const { paymentId, amountMinor, decidedBy } = await payWith(shop, `28${'1'.repeat(14)}00`)
  expect(decidedBy).toBe('hub')
  expect(shop.alipay?.paidFen(paymentId.replaceAll('-', ''))).toBe(amountMinor)
  await untilHub(shop, 'settled', ({ counts, money }) => counts.settled === 1 && money.balanced)

  shop.counter.cable.pull()
  await shop.till.until('offline', ({ link }) => link.state === 'offline', 30_000)
  await scanProduct(shop, shop.till.products[0]?.gtin ?? '')
  await takePayment(shop)
  await shop.counter.scanner.scan(`28${'1'.repeat(14)}10`)
  await shop.till.until('refused', ({ tender }) => tender.stage === 'awaiting_code' && tender.refused?.code === 'scheme.alipay_offline')
  const screen = openScreen(shop)
  await screen.command({ type: 'cancelPayment' })
  screen.close()
}, 60_000)

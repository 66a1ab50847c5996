import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { untilHub } from './cashier.ts'
import { openBench, scanFromShelf, stage, type Counter } from './tour.ts'

const PAN = 'Cast-iron pan, 28 cm'

/** The customer's phone in real Chromium over the real till and hub. */
describe('the wallet on a phone', () => {
  let data: string
  let shop: Shop
  let browser: Browser
  let counter: Counter

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'wallet-'))
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    browser = await launchBrowser()
    counter = await openBench(browser, shop)
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  const holdPhone = () => counter.page.getByRole('button', { name: 'Hold the phone before the scanner' }).click()
  const tillIs = (state: 'online' | 'offline') => counter.till.locator(`[data-testid="link-strip"][data-state="${state}"]`).waitFor({ timeout: 30_000 })
  const takePayment = async () => {
    await counter.till.getByRole('button', { name: 'Take payment' }).click()
    await stage(counter.till, 'awaiting_code')
  }

  it('pays by a shown code and by a confirmed sum while neither it nor the till has a network', async () => {
    const { page, phone, till } = counter
    const asked: string[] = []
    await phone.getByRole('switch', { name: 'Phone is online' }).click()
    await page.getByRole('button', { name: 'Pull the cable' }).click()
    await tillIs('offline')
    page.on('request', (request) => /\/wallet\/api\/(nonce|ask|keys)/.test(request.url()) && asked.push(request.url()))

    await scanFromShelf(counter, shop.till.products[0]?.name ?? '')
    await takePayment()
    await phone.getByRole('button', { name: 'New code' }).click()
    await holdPhone()
    await stage(till, 'approved')
    expect(shop.till.view?.tender).toMatchObject({ decidedBy: 'policy' })

    await scanFromShelf(counter, PAN)
    await takePayment()
    await phone.getByRole('button', { name: 'New code' }).click()
    await holdPhone()
    // Above the cap of a code that binds nothing: the till asks for the other kind.
    await shop.till.until('a bound code is required', ({ tender }) => tender.stage === 'awaiting_code' && tender.refused?.code === 'code.bound_required')
    await phone.getByRole('button', { name: 'Scan', exact: true }).click()
    await phone.getByRole('button', { name: /^Confirm/ }).click()
    await phone.getByRole('heading', { name: 'Show this to the till' }).waitFor()
    await holdPhone()
    await stage(till, 'approved')
    expect(shop.till.view?.tender).toMatchObject({ decidedBy: 'policy' })
    expect(asked).toEqual([])

    await page.getByRole('button', { name: 'Plug it in' }).click()
    await tillIs('online')
    await phone.getByRole('switch', { name: 'Phone is online' }).click()
    await untilHub(shop, 'both settled', ({ counts }) => counts.settled === 2 && counts.unsettledEntries === 0, 30_000)
  }, 120_000)
})

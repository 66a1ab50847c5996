import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { overview } from './cashier.ts'
import { tour } from './tour.ts'

/** The sale as a person clicks it, in real Chromium over the real core, with the phone's own key made in its page. */
describe('a sale in the browser', () => {
  let data: string
  let shop: Shop
  let browser: Browser

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'browser-'))
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  it('goes online, by a confirmed sum, offline and through a power cut, and every sale is settled once', async () => {
    const folder = join(ROOT, '.build/screens')
    mkdirSync(folder, { recursive: true })
    const { sales } = await tour(browser, shop, async (name, page) => void (await page.screenshot({ path: join(folder, `${name}.png`) })))
    const seen = await overview(shop)
    expect(seen.counts).toMatchObject({ settled: sales, exceptions: 0, unsettledEntries: 0 })
    expect(seen.money.balanced).toBe(true)
  }, 180_000)
})

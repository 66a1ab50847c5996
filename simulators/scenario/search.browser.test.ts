import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'

/** A cashier who looks for a product at the screen of a real till, and an owner who changes the catalogue at the hub meanwhile. */
describe('finding a product', () => {
  let data: string
  let shop: Shop
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'search-'))
    mkdirSync(join(ROOT, '.build/screens'), { recursive: true })
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    browser = await launchBrowser()
    page = await browser.newPage({ viewport: { width: 1366, height: 768 } })
    await page.goto(shop.till.address ?? '')
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  const tiles = () => page.getByRole('list', { name: 'Products' }).getByRole('button')

  it('by two characters, by pinyin, by initials and by words, with Enter at once', async () => {
    await page.keyboard.press('F2')
    for (const text of ['可乐', 'kele', 'kl', 'cola 0.33']) {
      await page.getByRole('textbox', { name: 'Search' }).fill(text)
      await tiles().first().filter({ hasText: /cola/i }).waitFor()
    }
    await page.getByRole('textbox', { name: 'Search' }).fill('kele')
    await tiles().first().filter({ hasText: 'Cola, 0.33 l' }).waitFor()
    await page.screenshot({ path: join(ROOT, '.build/screens/search-pinyin.png') })
    await page.getByRole('textbox', { name: 'Search' }).fill('rye loaf')
    await page.keyboard.press('Enter')
    await shop.till.until('a rye loaf in the basket', (view) => view.sale.lines.some(({ name }) => name.startsWith('Rye loaf')) === true, 5000)
    await page.waitForFunction("document.querySelector('[role=search] input').value === ''")
    await page.screenshot({ path: join(ROOT, '.build/screens/products.png') })
  }, 60_000)

  it('in the catalogue that the hub has now', async () => {
    const file = 'gtin,name,category,price,tax,second_name\n9520000000011,Rye loaf,Bakery,4.29,7,\n9520000003005,Lychee drink,Drinks,1.99,19,荔枝汁\n'
    const console = await browser.newPage({ viewport: { width: 1366, height: 1400 } })
    await console.goto(`${shop.hub.http}/#/catalogue`)
    await console.getByLabel('Import a CSV file').setInputFiles({ name: 'products.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
    await console.getByText(/\b3\d\d gone/).waitFor()
    await console.screenshot({ path: join(ROOT, '.build/screens/catalogue-import.png') })
    await console.getByRole('button', { name: 'Apply to all tills' }).click()
    await console.getByText('Tills get version').waitFor()
    await tiles().filter({ hasText: 'Lychee drink' }).waitFor()
    await page.keyboard.press('F2')
    await page.getByRole('textbox', { name: 'Search' }).fill('lzz')
    await tiles().first().filter({ hasText: '荔枝汁' }).waitFor()
    expect(await tiles().count()).toBe(1)
  }, 60_000)
})

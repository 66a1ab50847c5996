import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { scanProduct } from './cashier.ts'

/** A cashier who reads Chinese, and a colleague who reads Arabic, at the screen of a real till. */
describe('the language of the screen', () => {
  let data: string
  let shop: Shop
  let browser: Browser

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'language-'))
    mkdirSync(join(ROOT, '.build/screens'), { recursive: true })
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  it('is chosen in the middle of a sale, stays after a reload, and changes nothing of the sale', async () => {
    const page = await browser.newPage({ viewport: { width: 1366, height: 768 } })
    await page.goto(shop.till.address ?? '')
    await page.getByRole('button', { name: 'Take payment' }).waitFor()
    const [first, second] = shop.till.products
    await scanProduct(shop, first?.gtin ?? '')
    await choose(page, 'Language: English', '简体中文')
    await page.getByRole('button', { name: '收款' }).waitFor()
    expect(await direction(page)).toEqual(['zh-Hans', 'ltr'])

    await page.reload()
    await page.getByRole('button', { name: '收款' }).waitFor()
    await scanProduct(shop, second?.gtin ?? '')
    await page.getByText('2 件').waitFor()
    await page.keyboard.press('F9')
    await page.getByRole('heading', { name: '请顾客出示付款码' }).waitFor()
    await page.screenshot({ path: join(ROOT, '.build/screens/language-chinese.png') })
    await page.keyboard.press('Escape')
    // The menu's key counts again once the payment is closed.
    await page.getByRole('button', { name: '收款' }).waitFor()

    await choose(page, '语言：简体中文', 'العربية')
    await page.getByRole('button', { name: 'استلام الدفع' }).waitFor()
    expect(await direction(page)).toEqual(['ar', 'rtl'])
    await page.screenshot({ path: join(ROOT, '.build/screens/language-arabic.png') })
    expect(shop.till.view?.sale.itemCount).toBe(2)
    await page.close()
  }, 120_000)
})

/** From the menu of the till, by touch. */
async function choose(page: Page, shown: string, language: string): Promise<void> {
  await page.keyboard.press('F10')
  await page.getByRole('button', { name: shown }).click()
  await page.getByRole('menuitemradio', { name: language }).click()
  await page.keyboard.press('F10')
}

const direction = (page: Page): Promise<unknown> => page.evaluate('[document.documentElement.lang, document.documentElement.dir]')

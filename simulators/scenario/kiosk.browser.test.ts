import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { violations } from './axe.ts'
import { launchBrowser } from './browser.ts'
import { newCustomer } from './customer.ts'

const pictures = join(ROOT, '.build/screens/kiosk')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const TALL = { width: 1080, height: 1920 }
const WIDE = { width: 1366, height: 768 }
const LEAST_PX = 64

/** A shopper alone with the kiosk of a whole shop, from the first touch to the receipt. */
describe('the kiosk', () => {
  let data: string
  let shop: Shop
  let browser: Browser
  let page: Page
  const at = (step: string) => page.locator(`[data-testid="kiosk"][data-step="${step}"]`).waitFor()
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click()
  const shoot = (name: string) => page.screenshot({ path: join(pictures, `${name}.png`) })
  const scan = (n: number) => shop.counter.scanner.scan(shop.till.products[n]?.gtin ?? '', { aim: ']E0' })

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    data = mkdtempSync(join(tmpdir(), 'kiosk-'))
    await buildPages({ log: () => {} })
    shop = await startShop({ data, kiosk: true, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    browser = await launchBrowser()
    page = await (await browser.newContext({ viewport: TALL, reducedMotion: 'reduce' })).newPage()
    page.setDefaultTimeout(8000)
    await page.goto(shop.till.address ?? '')
    await shop.till.until('hub and devices', ({ link, devices }) => link.state === 'online' && devices.every(({ state }) => state === 'ready'), 30_000)
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  it('serves somebody alone: a scan begins, a slip is taken back, a phone pays, the receipt goes along', async () => {
    await at('attract')
    await shoot('1-attract')
    await scan(0)
    await at('scan')
    await scan(1)
    await page.getByTestId('kiosk-line').nth(1).waitFor()
    await shoot('2-scan')
    await press('Something wrong?')
    await shoot('3-correct')
    await page
      .getByRole('button', { name: /^Remove one / })
      .first()
      .click()
    await press('Done')
    await press('No barcode?')
    await at('pick')
    await shoot('4-pick')
    await press('Back')
    await press(/^Pay /)
    await at('review')
    await press(/^Yes, pay/)
    await at('pay')
    await shoot('5-pay')
    await shop.counter.scanner.scan(await (await newCustomer(shop.hub.http)).show())
    await at('thanks')
    await page.getByText('Your receipt is in the printer.').waitFor()
    await shoot('6-thanks')
    await press('Finish')
    await at('attract')
  }, 60_000)

  it('is whole for axe in every language, in large text and on a wide display, with nothing too small for a hand', async () => {
    await press('Begin')
    await scan(2)
    await page.getByTestId('kiosk-line').first().waitFor()
    for (const [language, size] of [
      ['简体中文', TALL],
      ['العربية', WIDE],
      ['English', WIDE],
    ] as const) {
      await press(language)
      await page.setViewportSize(size)
      expect(await violations(page, RULES)).toEqual([])
      await shoot(`7-scan-${await page.locator('html').getAttribute('lang')}`)
    }
    await press('Large text')
    await shoot('8-large')
    const buttons = await page.locator('.kiosk button').all()
    const heights = await Promise.all(buttons.map(async (one) => (await one.boundingBox())?.height ?? 0))
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(LEAST_PX)
    await press('Large text')
    await press(/^Pay /)
    await press(/^Yes, pay/)
    await at('pay')
    expect(await violations(page, RULES)).toEqual([])
    await shoot('9-pay-wide')
    await press('Back')
  }, 60_000)

  it('calls a person, and lets no key and no command of a cashier in', async () => {
    await press('Help')
    await press('Call a person')
    await shop.till.until('a call', ({ help }) => help?.from === 'shopper')
    await shoot('10-help')
    await press('Back')
    for (const key of ['F2', 'F8', 'F11', 'F12', 'Control+Z']) await page.keyboard.press(key)
    await page.locator('[data-testid="kiosk"]').waitFor()
    expect(await shop.till.send({ type: 'openDrawer' })).toMatchObject({ ok: false, code: 'till.kiosk' })
    expect(await page.locator('.till, [data-testid="link-strip"]').count()).toBe(0)
  }, 60_000)
})

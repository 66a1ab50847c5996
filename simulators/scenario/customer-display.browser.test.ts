import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ToCustomer } from '#protocol/till-api/customer.ts'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { openScreen, payWith, scanProduct, takePayment } from './cashier.ts'
import { newCustomer } from './customer.ts'

const pictures = join(ROOT, '.build/screens/customer')

/** The customer's side of the counter, in real Chromium over the real core: what is scanned, what to pay, and nothing that it could say itself. */
describe('the display for customers', () => {
  let data: string
  let shop: Shop
  let browser: Browser
  let page: Page
  const address = () => readFileSync(join(data, 'till', 'customer-address'), 'utf8')
  const stage = (name: string) => page.locator(`[data-testid="customer"][data-stage="${name}"]:not([data-waits])`).waitFor()
  const shoot = (name: string) => page.screenshot({ path: join(pictures, `${name}.png`) })

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    data = mkdtempSync(join(tmpdir(), 'customer-'))
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    browser = await launchBrowser()
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  it('follows a sale from its first scan to thanks, in the language that the customer chooses', async () => {
    await page.goto(address())
    await stage('idle')
    expect(page.url()).not.toContain('token')
    await page.getByTestId('slides').waitFor()
    await shoot('idle')
    const [one, two] = shop.till.products
    await scanProduct(shop, one?.gtin ?? '')
    const view = await scanProduct(shop, two?.gtin ?? '')
    await stage('selling')
    await page.locator('.customer-line').nth(1).waitFor()
    expect(await page.locator('.customer-line').count()).toBe(view.sale.lines.length)
    const shown = new Intl.NumberFormat('en-GB', { style: 'currency', currency: view.till.currency }).format(view.sale.totalMinor / 100)
    expect(await page.getByTestId('customer-total').textContent()).toBe(shown)
    await shoot('selling')
    const request = await takePayment(shop)
    await stage('paying')
    await page.getByRole('img', { name: shown }).waitFor()
    await page.getByRole('button', { name: 'العربية' }).click()
    await page.getByRole('heading', { name: 'يرجى الدفع' }).waitFor()
    expect(await page.evaluate('[document.documentElement.lang, document.documentElement.dir]')).toEqual(['ar', 'rtl'])
    await shoot('paying')
    const customer = await newCustomer(shop.hub.http)
    await payWith(shop, await customer.answer(request))
    await stage('approved')
    await page.getByRole('heading', { name: 'شكراً لك' }).waitFor()
    await page.getByRole('img', { name: 'رمز QR لإيصالك' }).waitFor()
    await shoot('approved')
    const cashier = openScreen(shop)
    await cashier.command({ type: 'continue' })
    cashier.close()
    await stage('idle')
    // The next customer has not chosen anything yet.
    expect(await page.evaluate('document.documentElement.dir')).toBe('ltr')
  }, 60_000)

  it('says that the till is away and comes back to the same basket, on the same address', async () => {
    const [one] = shop.till.products
    await scanProduct(shop, one?.gtin ?? '')
    await stage('selling')
    const before = address()
    shop.cutPower()
    await page.locator('[data-testid="customer"][data-waits]').waitFor()
    await stage('selling')
    expect(await page.locator('.customer-line').count()).toBe(1)
    expect(new URL(address()).hash).toBe(new URL(before).hash)
  }, 60_000)

  it('gets nothing but what customers may see, and is put out when it says anything', async () => {
    const url = new URL(address())
    const token = new URLSearchParams(url.hash.slice(1)).get('token') ?? ''
    const display = new WebSocket(`ws://${url.host}/customer-display?token=${token}`)
    const heard: ToCustomer[] = []
    display.on('message', (message: Buffer) => heard.push(JSON.parse(message.toString()) as ToCustomer))
    display.on('error', () => {})
    await expect.poll(() => heard.map(({ type }) => type)).toEqual(['slides', 'view'])
    const { view } = shop.till
    for (const secret of [view?.till.id, view?.till.name, view?.sale.id]) expect(JSON.stringify(heard)).not.toContain(secret)
    const closed = new Promise((done) => display.once('close', done))
    display.send(JSON.stringify({ type: 'command', id: 'a', command: { type: 'clearSale' } }))
    await closed
    const screen = new WebSocket(`ws://${url.host}/screen?token=${token}`)
    expect(await new Promise((done) => screen.once('error', (error) => done(error.message)).once('open', () => done('open')))).toContain('403')
    expect(shop.till.view?.sale.lines).toHaveLength(1)
  })
})

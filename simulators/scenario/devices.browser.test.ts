import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ean13 } from '../../hub/demo-shop.ts'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { testCard } from '../device/test-cards.ts'
import { launchBrowser } from './browser.ts'
import { newCustomer } from './customer.ts'

const SCREENS = join(ROOT, '.build/screens')
const PATIENCE = { timeout: 15_000, interval: 50 }

/** Every device of the counter as a cashier meets it: simulated hardware, the real bridge and core, and the till's screen in real Chromium. */
describe('the devices of the counter', () => {
  let data: string
  let shop: Shop
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'devices-'))
    mkdirSync(SCREENS, { recursive: true })
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    browser = await launchBrowser()
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
    await page.goto(shop.till.address ?? '')
    await page.getByRole('heading', { name: 'Basket' }).waitFor()
    await shop.till.until('every device is ready', ({ devices }) => devices.length === 7 && devices.every(({ state }) => state === 'ready'), 30_000)
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  const shoot = async (name: string): Promise<void> => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(SCREENS, `devices-${name}-${colorScheme}.png`) })
    }
  }
  const product = (name: string) => {
    const found = shop.till.products.find((each) => each.name === name)
    if (found === undefined) throw new Error(`the demo sells no ${name}`)
    return found
  }
  const lines = (text: string) => page.getByTestId('basket-line').filter({ hasText: text })
  const customerReads = (...expected: readonly string[]): Promise<void> =>
    vi.waitFor(() => expect(shop.counter.display.lines().map((line) => line.trim())).toEqual(expected), PATIENCE)

  it('welcomes the customer', () => customerReads('Harbour Corner', 'Welcome'))

  it('sells what either scanner reads, and tells the customer', async () => {
    await shop.counter.scanner.scan(product('Rye loaf, 750 g').gtin, { aim: ']E0' })
    await lines('Rye loaf').waitFor()
    await shop.counter.hidScanner.scan(product('Salt pretzel').gtin, { aim: ']E0' })
    await lines('Salt pretzel').waitFor()
    await customerReads('Salt pretzel    0.95', 'Total       5.14 EUR')
  }, 30_000)

  it('reads GS1 element strings and the labels of the shop', async () => {
    await shop.counter.hidScanner.scan(`01${product('Butter croissant').gtin.padStart(14, '0')}10ABC`, { aim: ']d2' })
    await lines('Butter croissant').waitFor()
    // Number 00101, 1.234 kg.
    await shop.counter.scanner.scan(ean13('210010101234'), { aim: ']E0' })
    await lines('1.234 kg × €2.99 / kg').waitFor()
    await lines('€3.69').waitFor()
  }, 30_000)

  it('takes the price from a label of the service counter, and none that was misread', async () => {
    // Number 00201; 28.75 has the check digit 9 (GS1 General Specifications §7.9.3).
    await shop.counter.scanner.scan(ean13('200020192875'), { aim: ']E0' })
    await lines('Alpine cheese').filter({ hasText: '€28.75' }).waitFor()
    await shop.counter.scanner.scan(ean13('200020182875'), { aim: ']E0' })
    await page.getByTestId('notice').filter({ hasText: 'The price or weight on this label cannot be right.' }).waitFor()
    expect(await lines('Alpine cheese').count()).toBe(1)
  }, 30_000)

  it('weighs, and takes nothing while it moves', async () => {
    await shop.counter.scanner.scan(product('Potatoes, loose').gtin, { aim: ']E0' })
    const dialog = page.getByTestId('weighing')
    await dialog.getByText('Put the goods on the scale.').waitFor()
    await page.keyboard.press('Enter')
    shop.counter.scale.put(486)
    await dialog.getByText('0.486 kg').waitFor()
    await dialog.getByText('€0.87').waitFor()
    await shoot('weighing')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await lines('0.486 kg × €1.79 / kg').waitFor()
    await customerReads('0.486 kg Potato 0.87', 'Total      40.10 EUR')
    expect(shop.till.view?.sale.lines).toHaveLength(6)
    await shoot('basket')
  }, 30_000)

  it('sells nothing by what was weighed before it, and minds the keys of the scale', async () => {
    await shop.counter.scanner.scan(product('Carrots, loose').gtin, { aim: ']E0' })
    const dialog = page.getByTestId('weighing')
    await dialog.getByText('This weight is in the basket already.').waitFor()
    await page.keyboard.press('Enter')
    await shoot('weighing-again')
    shop.counter.scale.put(0)
    await dialog.getByText('Put the goods on the scale.').waitFor()
    // A bowl.
    shop.counter.scale.put(150)
    await dialog.getByText('0.150 kg').waitFor()
    await page.keyboard.press('End')
    await dialog.getByText('Put the goods on the scale.').waitFor()
    expect(shop.counter.scale.tareMilli).toBe(150)
    shop.counter.scale.put(0)
    await dialog.getByText('Below zero').waitFor()
    await page.keyboard.press('Home')
    await dialog.getByText('Put the goods on the scale.').waitFor()
    expect(shop.counter.scale.tareMilli).toBe(0)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(shop.till.view?.sale.lines).toHaveLength(6)
  }, 30_000)

  it('gives weighing up with Escape', async () => {
    await page.getByRole('button', { name: /Cooked ham, sliced/ }).click()
    await page.getByTestId('weighing').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('weighing').waitFor({ state: 'detached' })
    expect(shop.till.view?.weighing).toBeUndefined()
  }, 30_000)

  it('shows no more of a card than its masked number', async () => {
    const card = testCard('Visa')
    await shop.counter.cardReader.swipe(card)
    await page.getByTestId('card').getByText(card.pan.slice(-4)).waitFor()
    await page.getByTestId('notice').filter({ hasText: 'The card was read, but no payment is open.' }).waitFor()
    const seen = await page.content()
    expect(seen).not.toContain(card.pan)
    expect(JSON.stringify(shop.till.view)).not.toContain(card.pan)
    await shoot('card')
    await shop.counter.cardReader.fault('unreadable')
    await page.getByTestId('notice').filter({ hasText: 'The card could not be read.' }).waitFor()
  }, 30_000)

  it('shows every device, and has it do what it can', async () => {
    await page.keyboard.press('F12')
    const pane = page.getByTestId('devices')
    await pane.getByText('The drawer is shut.').waitFor()
    await shoot('page')
    await pane.getByRole('button', { name: 'Open drawer' }).click()
    await pane.getByText('The drawer is open.').waitFor()
    expect(shop.counter.printer.drawerOpen).toBe(true)
    shop.counter.printer.pushDrawerShut()
    await pane.getByText('The drawer is shut.').waitFor()
    const before = shop.counter.printer.receipts.length
    await pane.getByRole('button', { name: 'Print test page' }).click()
    await vi.waitFor(() => expect(shop.counter.printer.receipts).toHaveLength(before + 1), PATIENCE)
    shop.counter.scale.put(200)
    // It takes no tare while it moves.
    await vi.waitFor(() => expect(shop.counter.scale.view()).toMatchObject({ state: 'stable', milli: 200 }), PATIENCE)
    await pane.getByRole('button', { name: 'Tare' }).click()
    await vi.waitFor(() => expect(shop.counter.scale.tareMilli).toBe(200), PATIENCE)
    shop.counter.scale.put(0)
    shop.counter.scanner.unplug()
    await pane.getByText('The device is not connected.').waitFor()
    await shoot('trouble')
    await shop.counter.scanner.replug()
    await page.getByTestId('device-trouble').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
  }, 60_000)

  it('is paid as one sum, printed, and thanked for', async () => {
    const customer = await newCustomer(shop.hub.http)
    await page.keyboard.press('F9')
    await customerReads('Total      40.10 EUR', 'Please pay')
    const before = shop.counter.printer.receipts.length
    await shop.counter.hidScanner.scan(await customer.show())
    await page.getByRole('heading', { name: 'Approved' }).waitFor()
    await customerReads('Paid       40.10 EUR', 'Thank you')
    await vi.waitFor(() => expect(shop.counter.printer.receipts).toHaveLength(before + 1), PATIENCE)
    expect(await page.getByTestId('card').count()).toBe(0)
    await shoot('approved')
    await shop.till.until('the hub has it', ({ link }) => link.waiting.entries === 0, 20_000)
  }, 60_000)
})

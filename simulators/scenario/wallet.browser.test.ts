import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { receiptText } from '../device/receipt.ts'
import { violations } from './axe.ts'
import { launchBrowser } from './browser.ts'
import { untilHub } from './cashier.ts'
import { openBench, scanFromShelf, stage, type Counter } from './tour.ts'

const pictures = join(ROOT, '.build/screens/wallet')
const DEAR = 'Cast-iron pan, 28 cm'
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** The customer's phone in real Chromium over the real till and hub: both cables out, receipts, two phones of one wallet. */
describe('the wallet on a phone', () => {
  let data: string
  let shop: Shop
  let browser: Browser
  let counter: Counter

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
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
  /** The same phone in a window of its own: one storage, one key. */
  async function phonePage(path = ''): Promise<Page> {
    const opened = counter.page.context().waitForEvent('page')
    await counter.page.evaluate('window.open("about:blank")')
    const page = await opened
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(new URL(`/wallet/${path}`, shop.bench).href)
    return page
  }
  const isClean = async (page: Page): Promise<void> => expect(await violations(page, RULES)).toEqual([])

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

    await scanFromShelf(counter, DEAR)
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

  it('verifies the receipt on the till’s display by the till’s certificate, and later without a network', async () => {
    const { phone } = counter
    const { tender } = shop.till.view ?? {}
    const receipt = tender?.stage === 'approved' ? (tender.receiptText ?? '') : ''
    const scanned = async () => {
      await phone.getByRole('button', { name: 'Scan', exact: true }).click()
      await phone.getByText(/^Signed by Till 1/).waitFor()
    }
    await scanned()
    await phone.getByRole('switch', { name: 'Phone is online' }).click()
    await scanned()
    await phone.getByRole('button', { name: 'Back' }).click()
    await phone.getByLabel('Or paste it').fill(receipt.replace('TOTAL', 'T0TAL'))
    await phone.getByRole('button', { name: 'Read' }).click()
    await phone.getByText(/^Not genuine/).waitFor()
    await phone.getByRole('switch', { name: 'Phone is online' }).click()
    const page = await phonePage()
    await page.getByRole('button', { name: 'Scan', exact: true }).click()
    await page.getByText(/^Signed by Till 1/).waitFor()
    await isClean(page)
    await page.screenshot({ path: join(pictures, 'till-receipt.png') })
    await page.getByRole('button', { name: 'Back' }).click()
    await isClean(page)
    await page.screenshot({ path: join(pictures, 'scan.png') })
    await page.close()
  }, 60_000)

  it('keeps receipts that its bank signed, verifies them without a network, and says of one that was changed that it is not genuine', async () => {
    const page = await phonePage()
    await page.getByRole('button', { name: 'Activity' }).click()
    const receipts = page.getByRole('button', { name: /^Receipt of .*Paid$/ })
    await receipts.nth(1).waitFor()
    await isClean(page)
    await page.screenshot({ path: join(pictures, 'activity.png') })
    await receipts.first().click()
    await page.getByText('Signed by your bank').waitFor()
    await isClean(page)
    await page.screenshot({ path: join(pictures, 'receipt.png') })

    // Somebody changes what the phone has stored, and the bank is away.
    await page.route(/\/wallet\/api\/(nonce|ask|keys)/, (route) => route.abort())
    await page.evaluate(changeFirstReceipt)
    await page.reload()
    await page.getByRole('button', { name: 'Activity' }).click()
    await page.getByText(/^As of/).waitFor()
    const changed = page.getByRole('button', { name: /^Receipt of .*99\.99/ })
    await changed.click()
    await page.getByText('Not genuine').waitFor()
    expect(await page.getByText('99.99').count()).toBe(0)
    await isClean(page)
    await page.screenshot({ path: join(pictures, 'receipt-forged.png') })
    await page.getByRole('button', { name: 'Back' }).click()
    await receipts.filter({ hasNotText: '99.99' }).first().click()
    await page.getByText('Signed by your bank').waitFor()
    await page.close()
  }, 60_000)

  it('pays from another currency: phone, till and customer’s display show both sums, rate, margin and source before it is confirmed, and the paper after', async () => {
    const { till } = counter
    const { printer } = shop.counter
    const before = printer.receipts.length
    const abroad = await phonePage('?currency=CNY')
    await abroad.getByText('CN¥').first().waitFor()
    await scanFromShelf(counter, shop.till.products[1]?.name ?? '')
    await takePayment()
    await abroad.getByRole('button', { name: 'Scan', exact: true }).click()
    await abroad.getByText('Margin of your bank (1.5%)').waitFor()
    await abroad.getByText('1 EUR = 7.8123 CNY').waitFor()
    await isClean(abroad)
    await abroad.screenshot({ path: join(pictures, 'exchange.png') })
    await till.getByTestId('exchange').waitFor()
    await counter.page.screenshot({ path: join(pictures, 'exchange-till.png') })
    await abroad.getByRole('button', { name: /^Confirm CN¥/ }).click()
    await stage(till, 'approved')
    expect(shop.till.view?.tender).toMatchObject({ decidedBy: 'hub' })
    await vi.waitFor(() => expect(printer.receipts.length).toBeGreaterThan(before), { timeout: 10_000 })
    const paper = printer.receipts.slice(-1).map(({ receipt }) => receiptText(receipt))
    for (const said of ['Wallet pays', '1 EUR = 7.8123 CNY + 1.5 %', 'Demo rates']) expect(paper).toEqual([expect.stringContaining(said)])
    await abroad.getByRole('button', { name: 'Activity' }).click()
    await abroad.locator('button.payment').first().click()
    await abroad.getByText(/^Signed by your bank/).waitFor()
    await abroad.getByText('The shop gets').waitFor()
    await isClean(abroad)
    await abroad.screenshot({ path: join(pictures, 'exchange-receipt.png') })
    // The rates that it was paid by, as people at the hub see them.
    await abroad.goto(`${shop.hub.http}/#/rates`)
    await abroad.getByText('Demo rates').waitFor()
    await isClean(abroad)
    await abroad.screenshot({ path: join(pictures, 'exchange-rates.png') })
    await abroad.close()
  }, 60_000)

  it('is joined by a second phone, which denies the first when that is lost: the till refuses it with the cable out', async () => {
    const first = await phonePage()
    await first.getByRole('button', { name: 'Phones' }).click()
    await first.getByRole('button', { name: 'Add a phone' }).click()
    const link = await first.getByRole('link', { name: 'Invitation' }).getAttribute('href')
    await isClean(first)
    await first.screenshot({ path: join(pictures, 'phones.png') })

    const second = await phonePage(link?.slice(link.indexOf('?')) ?? '')
    await second.locator('svg.qr').waitFor()
    await second.getByRole('button', { name: 'Phones' }).click()
    await second.getByText('This phone').waitFor()
    expect(await second.locator('.phone-row').count()).toBe(2)
    await second.getByRole('button', { name: '中文' }).click()
    await second.getByRole('heading', { name: '手机' }).waitFor()
    await isClean(second)
    await second.screenshot({ path: join(pictures, 'phones-zh.png') })
    await second.getByRole('button', { name: '付款码' }).click()
    await isClean(second)
    await second.screenshot({ path: join(pictures, 'code-zh.png') })
    await second.getByRole('button', { name: '手机' }).click()
    await second.getByRole('button', { name: 'English' }).click()
    await second.getByRole('button', { name: 'Report as lost: Phone', exact: true }).click()
    await second.getByRole('button', { name: 'Yes, it is lost' }).click()
    await first.getByText('This phone was reported lost').waitFor()
    await second.getByText('Reported lost').waitFor()
    await isClean(first)
    await first.screenshot({ path: join(pictures, 'lost.png') })

    const { page, phone } = counter
    await page.getByRole('button', { name: 'Pull the cable' }).click()
    await tillIs('offline')
    await scanFromShelf(counter, shop.till.products[0]?.name ?? '')
    await takePayment()
    await first.close()
    await second.close()
    await phone.getByRole('button', { name: 'Show', exact: true }).click()
    await phone.getByRole('button', { name: 'New code' }).click()
    await holdPhone()
    await shop.till.until('refused', ({ tender }) => tender.stage === 'awaiting_code' && tender.refused?.code === 'policy.denied')
  }, 120_000)
})

/** In the page: the newest payment of the kept account says 99.99, in its line and in its receipt's bytes. */
const changeFirstReceipt = `(async () => {
  const done = (request) => new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)))
  const store = (await done(indexedDB.open('stillpoint-wallet', 1))).transaction('phone', 'readwrite').objectStore('phone')
  const account = await done(store.get('account'))
  const newest = account.payments.reduce((a, b) => (a.at > b.at ? a : b))
  const hexOf = (text) => Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('')
  newest.receipt = newest.receipt.replace(hexOf('"amountMinor":' + newest.amountMinor), hexOf('"amountMinor":9999'))
  newest.amountMinor = 9999
  await done(store.put(account, 'account'))
})()`

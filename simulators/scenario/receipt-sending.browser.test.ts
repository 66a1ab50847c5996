import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { openBench, payByShownCode, scanFromShelf, type Counter } from './tour.ts'

const pictures = join(ROOT, '.build/screens/receipts')

/** A receipt for an address, from the till's screen to the folder that a mail program empties, and forgotten in the console. */
describe('a receipt that is sent', () => {
  let data: string
  let shop: Shop
  let browser: Browser
  let counter: Counter
  const letters = () => readdirSync(join(data, 'hub', 'outbox')).filter((name) => name.endsWith('.eml'))
  const send = async (address: string) => {
    await counter.till.getByTestId('send-address').fill(address)
    await counter.till.getByTestId('send-receipt').getByRole('button', { name: 'Send', exact: true }).click()
  }
  /** In clear, in any file of the shop. */
  const placesOf = (text: string): string[] =>
    readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => readFileSync(path, 'latin1').includes(text))

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    data = mkdtempSync(join(tmpdir(), 'receipts-'))
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

  it('goes out from the approved screen; an address that is none is said to be none', async () => {
    const { till, page } = counter
    await scanFromShelf(counter, shop.till.products[0]?.name ?? '')
    await payByShownCode(counter)
    await till.getByRole('button', { name: 'Send the receipt' }).click()
    await send('ada')
    await till.getByTestId('send-receipt').getByText('neither an e-mail address nor a phone number').waitFor()
    await page.screenshot({ path: join(pictures, 'refused.png') })
    await send('ada.lovelace@example.org')
    await till.getByTestId('send-receipt').getByText('The hub has it and sends it.').waitFor({ timeout: 30_000 })
    await page.screenshot({ path: join(pictures, 'handed.png') })
    expect(letters()).toHaveLength(1)
    const letter = readFileSync(join(data, 'hub', 'outbox', letters()[0] ?? ''), 'utf8')
    expect(letter).toContain('To: <ada.lovelace@example.org>')
    await till.getByTestId('send-receipt').getByRole('button', { name: 'Close' }).click()
    expect(placesOf('lovelace')).toEqual([join(data, 'hub', 'outbox', letters()[0] ?? '')])
  }, 60_000)

  it('goes out for an earlier sale, from the list', async () => {
    const { till } = counter
    // Whoever touches the dialog away goes on with a key: it must not open the dialog again.
    await till.getByTestId('send-receipt').waitFor({ state: 'detached' })
    await counter.page.keyboard.press('Enter')
    await till.getByTestId('tender').waitFor({ state: 'detached' })
    await till.getByRole('banner').getByRole('button', { name: 'Sales' }).click()
    await till.getByRole('button', { name: / Paid / }).click()
    await till.getByTestId('return').getByRole('button', { name: 'Send the receipt' }).click()
    await send('+49 30 123456')
    await till.getByTestId('send-receipt').getByText('The hub has it and sends it.').waitFor({ timeout: 30_000 })
    expect(letters()).toHaveLength(2)
  }, 60_000)

  it('is listed in the console without its address, which is erased there', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await page.goto(`${shop.hub.http}/#/receipts`)
    const sendings = page.locator('.sendings')
    await sendings.getByText('a…@example.org').waitFor()
    await sendings.scrollIntoViewIfNeeded()
    await page.screenshot({ path: join(pictures, 'console.png') })
    await sendings.getByLabel('E-mail address or phone number').fill('Ada.Lovelace@example.org')
    await sendings.getByRole('button', { name: 'Erase an address' }).click()
    await sendings.getByText('Erased in 1 request.').waitFor()
    await sendings.getByText('Address erased').waitFor()
    expect(letters()).toHaveLength(1)
    expect(placesOf('lovelace')).toEqual([])
    await page.close()
  }, 60_000)
})

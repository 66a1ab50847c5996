import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, FrameLocator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { overview, untilHub } from './cashier.ts'
import { openBench, payByShownCode, scanFromShelf, type Counter } from './tour.ts'

/** Money given back and a working day ended, as a person clicks it: on the real core, with the hub there and with the cable pulled. */
describe('refunds and gates in the browser', () => {
  let data: string
  let shop: Shop
  let browser: Browser
  let counter: Counter

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'refunds-'))
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
    browser = await launchBrowser()
    counter = await openBench(browser, shop)
    await scanFromShelf(counter, shop.till.products[0]?.name ?? '')
    await payByShownCode(counter)
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  it('gives part of a sale back once, however often it is pressed, and names the sum before', async () => {
    const { till } = counter
    await openPane(till, 'Sales')
    await till.getByRole('button', { name: / Paid / }).click()
    await till.getByRole('button', { name: 'Give a sum back instead' }).click()
    for (const digit of ['5', '0']) await till.getByRole('button', { name: digit, exact: true }).click()
    await till.getByRole('button', { name: 'Refund €0.50' }).click()
    await till.getByRole('heading', { name: 'Give back €0.50?' }).waitFor()
    await till.getByRole('button', { name: 'Yes, give back €0.50' }).dblclick()
    await till.getByRole('heading', { name: '€0.50 was given back' }).waitFor()
    await till.getByTestId('refund').getByRole('button', { name: 'Close' }).click()
    await till.getByTestId('refunds').getByText('Done').waitFor()
    expect(shop.till.view?.refunds).toHaveLength(1)
    expect(shop.till.view?.sold[0]).toMatchObject({ refundedMinor: 50, state: 'captured' })
    await untilHub(shop, 'the refund', ({ payments }) => payments[0]?.refundedMinor === 50)
  }, 60_000)

  it('opens the refund of a receipt that the scanner reads', async () => {
    const { till } = counter
    await shop.counter.scanner.scan(shop.till.view?.sold[0]?.receiptNumber ?? '', { aim: ']Q1' })
    await till.getByRole('heading', { name: 'Take goods back' }).waitFor()
    await till.getByTestId('return').getByText('1 left').first().waitFor()
    await till.getByRole('button', { name: 'Cancel' }).click()
    await till.getByTestId('return').waitFor({ state: 'detached' })
  }, 30_000)

  it('keeps the shift open while money waits, says how much, and closes it once the hub has it', async () => {
    const { page, till } = counter
    await page.getByRole('button', { name: 'Pull the cable' }).click()
    await till.locator('[data-testid="link-strip"][data-state="offline"]').waitFor({ timeout: 20_000 })
    const bread = shop.till.products[0]
    await scanFromShelf(counter, bread?.name ?? '')
    await payByShownCode(counter)
    await openPane(till, 'Till menu')
    await till.getByRole('button', { name: 'Close shift' }).click()
    const gate = till.getByTestId('gate')
    await gate.getByText(`1 payment, €${((bread?.priceMinor ?? 0) / 100).toFixed(2)}`).waitFor()
    await gate.getByText('Payments on this till are not safe at the hub yet.').waitFor()
    expect(shop.till.view?.gate).toMatchObject({ action: 'closeShift', reasons: ['gate.outbox'] })

    await page.getByRole('button', { name: 'Plug it in' }).click()
    await gate.getByRole('button', { name: 'Sync now' }).click()
    await gate.getByRole('heading', { name: 'The shift can be closed now' }).waitFor({ timeout: 30_000 })
    await gate.getByRole('button', { name: 'Close shift' }).click()
    await gate.waitFor({ state: 'detached' })
    await untilHub(shop, 'both sales', ({ counts }) => counts.settled === 2)
    const seen = await overview(shop)
    expect(seen.counts).toMatchObject({ exceptions: 0, atRisk: 0 })
    expect(seen.money.balanced).toBe(true)
  }, 90_000)

  it('signs out only with a press that is meant, and back in', async () => {
    const { till } = counter
    await shop.till.until('nothing waits', ({ link }) => link.waiting.entries === 0, 30_000)
    await till.getByRole('button', { name: 'Sign out' }).click()
    await till.getByTestId('signed-out').waitFor()
    await till.getByRole('button', { name: 'Sign in' }).click()
    await till.getByTestId('link-strip').waitFor()
    expect(shop.till.view?.till.signedOut).toBe(false)
  }, 60_000)
})

/** By its button in the bar; what the button says first is its name, then its key. */
const openPane = (till: FrameLocator, name: string): Promise<void> => till.getByRole('banner').getByRole('button', { name }).click()

import type { Browser, FrameLocator, Locator, Page } from 'playwright-core'
import type { Shop } from '../demo/shop.ts'
import { untilHub } from './cashier.ts'

/** A moment worth looking at. */
export type Shoot = (name: string, page: Page) => Promise<void>

export type Counter = { readonly page: Page; readonly till: FrameLocator; readonly phone: FrameLocator }

/** Opens the bench as a tester does, with the till's screen and the phone in it, ready to sell. */
export async function openBench(browser: Browser, shop: Shop): Promise<Counter> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
  await page.goto(shop.bench)
  const till = page.frameLocator('iframe[title="Screen of the till"]')
  const phone = page.frameLocator('iframe[title="The customer’s phone with its wallet"]')
  const online = till.getByTestId('link-strip').and(till.locator('[data-state="online"]'))
  const signedOut = till.getByTestId('signed-out')
  await online.or(signedOut).first().waitFor()
  if (await signedOut.isVisible()) await signIn(signedOut)
  await online.waitFor()
  await phone.locator('svg.qr').waitFor()
  return { page, till, phone }
}

/** Where people work: as the demo's cashier, whom `inventPeople` makes. */
async function signIn(form: Locator): Promise<void> {
  await form.getByRole('button', { name: 'Ben' }).click()
  for (const digit of '2222') await form.getByRole('button', { name: digit, exact: true }).click()
  await form.getByRole('button', { name: 'Sign in' }).click()
}

/** Clicks a product on the shelf: the simulated scanner reads its barcode, and the line appears. */
export async function scanFromShelf({ page, till }: Counter, product: string): Promise<void> {
  const lines = till.getByTestId('basket-line')
  await page.getByRole('button', { name: `Scan ${product}` }).click()
  await lines.filter({ hasText: product }).first().waitFor()
}

/** Takes payment by the code that the phone shows, and waits for the till's verdict. */
export async function payByShownCode({ page, till, phone }: Counter): Promise<void> {
  await till.getByRole('button', { name: 'Take payment' }).click()
  await stage(till, 'awaiting_code')
  // Every code pays once: the phone makes a fresh one for this payment.
  await phone.getByRole('button', { name: 'New code' }).click()
  await page.getByRole('button', { name: 'Hold the phone before the scanner' }).click()
  await stage(till, 'approved')
}

export const stage = (till: FrameLocator, name: string): Promise<void> => till.locator(`[data-testid="tender"][data-stage="${name}"]`).waitFor()

/** The foundation's thread as a tester clicks it: online, a confirmed sum, offline, a power cut, and the hub's console at the end. */
export async function tour(browser: Browser, shop: Shop, shoot: Shoot): Promise<{ readonly sales: number }> {
  const counter = await openBench(browser, shop)
  const { page, till, phone } = counter
  const [bread, fruit] = [name(shop, 0), name(shop, 5)]
  // Costs more than a code that is merely shown may pay.
  const pan = 'Cast-iron pan, 28 cm'

  await scanFromShelf(counter, bread)
  await scanFromShelf(counter, fruit)
  await shoot('bench-selling', page)
  await payByShownCode(counter)
  await page.getByRole('button', { name: /^Receipt 1/ }).waitFor()
  await shoot('bench-approved', page)

  await scanFromShelf(counter, pan)
  await till.getByRole('button', { name: 'Take payment' }).click()
  await stage(till, 'awaiting_code')
  await phone.getByRole('button', { name: 'Scan', exact: true }).click()
  await phone.getByRole('button', { name: /^Confirm/ }).click()
  // Both are online: the phone pays at the hub, and the till hears of it.
  await stage(till, 'approved')
  await shoot('bench-confirmed-sum', page)
  await phone.getByRole('button', { name: 'Show', exact: true }).click()

  await page.getByRole('button', { name: 'Pull the cable' }).click()
  await till.locator('[data-testid="link-strip"][data-state="offline"]').waitFor({ timeout: 20_000 })
  await scanFromShelf(counter, bread)
  await payByShownCode(counter)
  await till.getByTestId('link-strip').getByText('1 payment safe on this till').waitFor()
  await scanFromShelf(counter, fruit)
  await shoot('bench-offline', page)
  await page.getByRole('button', { name: 'Cut the power' }).click()
  await till.getByTestId('recovered').waitFor({ timeout: 30_000 })
  await shoot('bench-recovered', page)
  await till.getByTestId('link-strip').getByText('1 payment safe on this till').waitFor()

  await page.getByRole('button', { name: 'Plug it in' }).click()
  await till.locator('[data-testid="link-strip"][data-state="online"]').waitFor({ timeout: 30_000 })
  await shop.till.until('outbox empty', (view) => view.link.waiting.entries === 0 && view.link.state === 'online', 30_000)
  const sales = 3
  await untilHub(shop, 'settled', ({ counts }) => counts.settled === sales)

  const console = await browser.newPage({ viewport: { width: 1440, height: 1000 }, locale: 'en-GB' })
  await console.goto(shop.hub.http)
  await console.getByText('Ledger balances').first().waitFor()
  await console.getByText(`${sales} settled`).first().waitFor()
  await console.locator('canvas').first().waitFor()
  await shoot('hub-console', console)
  await console.setViewportSize({ width: 360, height: 740 })
  await shoot('hub-console-phone', console)
  await console.close()
  await page.close()
  return { sales }
}

const name = (shop: Shop, index: number): string => shop.till.products[index]?.name ?? ''

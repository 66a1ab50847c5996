import { expect } from 'vitest'
import { newCustomer } from '../customer.ts'
import { button, lineOf, nextCustomer, payByPhone, payCash, scan, tenderAt, totalIs, type Stand } from './stand.ts'

/** The journeys that a till lives by: in the browser and at the till's own window, the same to the letter. Each begins and ends with an empty basket. */

const linkIs = ({ page }: Stand, state: string): Promise<void> => page.locator(`[data-testid="link-strip"][data-state="${state}"]`).waitFor({ timeout: 30_000 })

/** Three products, the customer’s code, and the next customer’s first product: nothing is pressed but “Take payment”. */
export async function sellByScan(stand: Stand): Promise<void> {
  await scan(stand, 'Rye loaf, 750 g', 'Butter croissant', 'Butter croissant')
  await totalIs(stand, '€7.49')
  await payByPhone(stand)
  await stand.page.getByText(/^Receipt .* printed$/).waitFor()
  await stand.shoot('sale-by-scan')
  // Nobody presses anything: the scan begins the next sale.
  await scan(stand, 'Salt pretzel')
  await totalIs(stand, '€0.95')
  expect(stand.shop.till.view?.sold).toHaveLength(1)
  await payCash(stand, '100')
  await nextCustomer(stand)
}

/** Category, tiles, one more, suggested notes, next customer. */
export async function sellByTouch(stand: Stand): Promise<void> {
  const { page } = stand
  await button(page.getByRole('group', { name: 'Categories' }), 'Drinks').click()
  await button(page, /^.*Cola, 0\.33 l/).click()
  await button(page, /Sparkling water, 0\.5 l/).click()
  await lineOf(stand, 'Sparkling water').waitFor()
  await lineOf(stand, 'Cola').click()
  await button(page, 'One more').click()
  await totalIs(stand, '€3.97')
  await page.getByRole('button', { name: /^Cash/ }).click()
  await button(page.getByTestId('cash'), '€5.00').click()
  await page.getByTestId('cash').getByText('€1.03').waitFor()
  await stand.shoot('sale-by-touch')
  await button(page.getByTestId('cash'), 'Take cash').click()
  await tenderAt(stand, 'approved').waitFor()
  await button(page, 'Next customer').click()
  await tenderAt(stand, 'approved').waitFor({ state: 'detached' })
  expect(stand.shop.till.view?.sold[0]).toMatchObject({ totalMinor: 397, cash: true })
}

/** Search, quantity, removal, cash. */
export async function sellByKeyboard(stand: Stand): Promise<void> {
  const { page, shop } = stand
  await page.keyboard.press('F2')
  await page.keyboard.type('umbrella', { delay: 80 })
  await page.keyboard.press('Enter')
  await lineOf(stand, 'Umbrella').waitFor()
  await page.keyboard.press('F2')
  await page.keyboard.type('batteries', { delay: 80 })
  await page.keyboard.press('Enter')
  await lineOf(stand, 'Batteries').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('+')
  await totalIs(stand, '€26.88')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Delete')
  await lineOf(stand, 'Umbrella').waitFor({ state: 'detached' })
  await stand.shoot('sale-by-keyboard')
  await page.keyboard.press('F11')
  await page.getByTestId('cash').waitFor()
  await page.keyboard.type('1500', { delay: 80 })
  await page.keyboard.press('F9')
  await tenderAt(stand, 'approved').waitFor()
  // A receipt for the customer's phone, and away again.
  const receipt = page.getByRole('img', { name: 'The receipt, for the customer’s phone' })
  await page.keyboard.press('PageUp')
  await receipt.locator('path').waitFor()
  await page.keyboard.press('PageUp')
  await receipt.waitFor({ state: 'detached' })
  await nextCustomer(stand)
  expect(shop.till.view?.sold[0]?.totalMinor).toBe(1198)
}

/** Accepted under the rules, kept on the till, and drained when the line is back. */
export async function sellOffline(stand: Stand): Promise<void> {
  const { page, shop } = stand
  await shop.till.until('all is at the hub', ({ link: { waiting } }) => waiting.entries === 0, 30_000)
  shop.counter.cable.pull()
  await linkIs(stand, 'offline')
  const customer = await newCustomer(shop.hub.http)
  await scan(stand, 'Umbrella')
  await page.keyboard.press('F9')
  await tenderAt(stand, 'awaiting_code').waitFor()
  await shop.counter.scanner.scan(await customer.show())
  await page.getByText('Accepted under the offline rules. Safe on this till.').waitFor()
  await page.getByTestId('link-strip').getByText('1 payment safe on this till').waitFor()
  await stand.shoot('offline-sale')
  await nextCustomer(stand)
  shop.counter.cable.plug()
  await linkIs(stand, 'online')
  await shop.till.until('drained', ({ link: { waiting } }) => waiting.entries === 0, 30_000)
  await stand.shoot('drained')
}

/** In the middle of a sale: the same basket, and the till says so. */
export async function outliveAPowerCut(stand: Stand): Promise<void> {
  const { page, shop } = stand
  await scan(stand, 'Rye loaf, 750 g', 'Cola, 0.33 l')
  shop.cutPower()
  await page.getByRole('alert').filter({ hasText: 'The till is restarting itself.' }).waitFor()
  await page.getByTestId('recovered').waitFor({ timeout: 30_000 })
  await lineOf(stand, 'Rye loaf').waitFor()
  await totalIs(stand, '€5.68')
  await stand.shoot('power-cut')
  await shop.till.until('devices again', ({ devices, link: { state } }) => state === 'online' && devices.every((device) => device.state === 'ready'), 30_000)
  await payByPhone(stand)
  await nextCustomer(stand)
}

import type { Page } from 'playwright-core'
import type { NewCard } from '#protocol/hub-api/customers.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  button,
  lineOf,
  nextCustomer,
  openPane,
  openStand,
  payByPhone,
  payCash,
  photographer,
  printed,
  productOf,
  scan,
  tenderAt,
  totalIs,
  type StandInBrowser,
} from './stand.ts'

/** Goods that are more than a price, words on a sale, and what the customer sees of it. */
describe('goods and customers', () => {
  let stand: StandInBrowser

  beforeAll(async () => {
    stand = await openStand()
  }, 180_000)
  afterAll(() => stand?.close())
  afterEach(({ task }) => (task.result?.state === 'fail' ? stand.shoot(`failed ${task.name}`) : undefined))

  const show = (name: string): Promise<void> => stand.shop.counter.scanner.scan(productOf(stand, name).gtin, { aim: ']E0' })

  it('a shirt in the size and colour that the customer wants', async () => {
    const { page } = stand
    await page.keyboard.press('F2')
    await page.keyboard.type('t-shirt', { delay: 80 })
    await button(page.getByRole('list', { name: 'Products' }), /Harbour T-shirt/)
      .first()
      .click()
    const variants = page.getByTestId('variants')
    await variants.waitFor()
    await stand.shoot('variants')
    await button(variants, /XL · White/).click()
    await lineOf(stand, 'Harbour T-shirt, XL, white').waitFor()
    await page.keyboard.press('Escape')
    await totalIs(stand, '€21.90')
    await payCash(stand, '2190')
    await nextCustomer(stand)
  }, 60_000)

  it('a coffee as it is made for this customer', async () => {
    const { page } = stand
    await show('Barista coffee')
    const dialog = page.getByTestId('modifiers')
    await dialog.waitFor()
    await button(dialog, /Oat drink/).click()
    await button(dialog, /Extra shot/).click()
    await stand.shoot('modifiers')
    await button(dialog, /Take it for €4\.40/).click()
    await lineOf(stand, 'Oat drink').waitFor()
    const receipt = await printed(stand, () => payCash(stand, '440'))
    expect(receipt).toContain('Extra shot')
    await nextCustomer(stand)
  }, 60_000)

  it('gin only for who is old enough', async () => {
    const { page } = stand
    await show('Lighthouse gin, 0.5 l')
    const age = page.getByTestId('age')
    await age.waitFor()
    await stand.shoot('age-check')
    await button(age, 'No, set it aside').click()
    await age.waitFor({ state: 'detached' })
    expect(await lineOf(stand, 'Lighthouse gin').count()).toBe(0)
    await show('Lighthouse gin, 0.5 l')
    await button(age, 'Yes, old enough').click()
    await lineOf(stand, 'Lighthouse gin').waitFor()
    await payCash(stand, '2490')
    await nextCustomer(stand)
  }, 60_000)

  it('a drill with its number, and a bottle with its deposit', async () => {
    const { page, shop } = stand
    await show('Cordless drill')
    await page.getByTestId('number').waitFor()
    await shop.counter.scanner.scan('SN-4711', { aim: ']C0' })
    await page.getByTestId('number').waitFor({ state: 'detached' })
    await lineOf(stand, 'SN-4711').waitFor()
    await show('Spring water, returnable bottle')
    await totalIs(stand, '€90.94')
    await stand.shoot('serial-and-deposit')
    await payCash(stand, '9094')
    await nextCustomer(stand)
  }, 60_000)

  it('a note on the receipt, and a coupon that no scanner reads', async () => {
    const { page } = stand
    await scan(stand, 'Umbrella', 'Umbrella')
    const menu = await openPane(stand, 'F10', 'menu')
    await page.keyboard.press('c')
    await page.getByTestId('coupon').getByRole('textbox').fill('HARBOUR-10')
    await page.keyboard.press('F9')
    await totalIs(stand, '€26.82')
    // The sum is there before the dialog is gone, and a key is the dialog's until then.
    await page.getByTestId('coupon').waitFor({ state: 'detached' })
    await page.keyboard.press('n')
    await page.getByTestId('note').getByRole('textbox').fill('Collected on Friday')
    await page.keyboard.press('F9')
    await page.getByTestId('sale-note').waitFor()
    await page.getByTestId('note').waitFor({ state: 'detached' })
    await stand.shoot('note-and-coupon')
    await page.keyboard.press('F10')
    await menu.waitFor({ state: 'detached' })
    const receipt = await printed(stand, () => payCash(stand, '3000'))
    expect(receipt).toContain('Collected on Friday')
    await nextCustomer(stand)
  }, 60_000)

  it('points for a customer’s card, and what they are worth the next time', async () => {
    const { page, shop } = stand
    const { code } = await newCustomerCard(shop.hub.http)
    const withCard = async (): Promise<void> => {
      await shop.counter.scanner.scan(code)
      await shop.till.until('the customer', ({ sale }) => sale.customer?.balance !== undefined, 10_000)
    }
    await scan(stand, 'Umbrella', 'Umbrella')
    await withCard()
    await shop.till.until('points to come', ({ sale }) => sale.customer?.earns === 29)
    const receipt = await printed(stand, () => payCash(stand, '2980'))
    expect(receipt).toContain('29')
    await nextCustomer(stand)

    await scan(stand, 'Butter croissant')
    await withCard()
    await shop.till.until('points of the first sale', ({ sale }) => sale.customer?.canSpend === 29, 20_000)
    const menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Spend points').click()
    await stand.shoot('points')
    await button(page.getByTestId('points'), 'As many as possible').click()
    await page.getByTestId('points').waitFor({ state: 'detached' })
    await totalIs(stand, '€1.36')
    await stand.shoot('points-spent')
    await page.keyboard.press('F10')
    await menu.waitFor({ state: 'detached' })
    await payCash(stand, '136')
    await nextCustomer(stand)
  }, 60_000)

  it('every key is on one page', async () => {
    const { page } = stand
    await page.keyboard.press('?')
    await page.getByRole('heading', { name: 'Keys' }).waitFor()
    await stand.shoot('all-keys')
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'detached' })
  }, 30_000)

  it('the customer sees each line, the sum, what to do, and thanks', async () => {
    const { browser, shop, customer } = stand
    const display = await (await browser.newContext({ viewport: { width: 1024, height: 600 }, reducedMotion: 'reduce' })).newPage()
    await display.goto(stand.customerDisplay)
    await shootDisplay(display, 'customer-idle')
    await scan(stand, 'Rye loaf, 750 g', 'Cola, 0.33 l')
    await display.getByText('€5.68').first().waitFor()
    await shootDisplay(display, 'customer-basket')
    await stand.page.keyboard.press('F9')
    await tenderAt(stand, 'awaiting_code').waitFor()
    await display.getByText('Please pay').waitFor()
    await shootDisplay(display, 'customer-pays')
    await shop.counter.scanner.scan(await customer.show())
    await display.getByText('Thank you').waitFor()
    await shootDisplay(display, 'customer-thanks')
    await nextCustomer(stand)
    await display.context().close()
  }, 60_000)

  it('and a whole basket of it paid by phone', async () => {
    await show('Picnic for two')
    const age = stand.page.getByTestId('age')
    await age.waitFor()
    await button(age, 'Yes, old enough').click()
    await lineOf(stand, 'Picnic for two').waitFor()
    await stand.shoot('bundle')
    await payByPhone(stand)
    await nextCustomer(stand)
  }, 60_000)
})

const shootDisplay = (display: Page, name: string): Promise<void> => photographer(display)(name)

/** As the console makes one. */
async function newCustomerCard(hub: string): Promise<NewCard> {
  const response = await fetch(new URL('/api/customers', hub), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
  return (await response.json()) as NewCard
}

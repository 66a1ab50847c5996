import type { Page } from 'playwright-core'
import {
  button,
  enterPin,
  lineOf,
  nextCustomer,
  openPane,
  payByPhone,
  payCash,
  productOf,
  scan,
  scanLabel,
  signIn,
  tenderAt,
  type Stand,
} from './journeys/stand.ts'

/**
 * A day at the till in the order of the cashier's guide (docs/cashiers-guide.md), with a picture of each of its moments. `shootCustomer`: of what is
 * shown on the other side of the counter.
 */
export async function walkThroughDay(stand: Stand, shootCustomer: Stand['shoot']): Promise<void> {
  await begin(stand)
  await sell(stand)
  await bePaid(stand, shootCustomer)
  await beOffline(stand)
  await giveBack(stand)
  await elsewhere(stand)
  await end(stand)
}

async function begin(stand: Stand): Promise<void> {
  await stand.shoot('till-sign-in')
  await signIn(stand, 'Ben', '2222')
  const menu = await openPane(stand, 'F10', 'menu')
  await button(menu, 'Open shift').click()
  await stand.page.getByTestId('shift').waitFor()
  await stand.page.keyboard.type('10000', { delay: 80 })
  await stand.page.keyboard.press('F9')
  await menu.getByText(/^Open since/).waitFor()
  await stand.shoot('till-shift')
  await closePane(stand.page, 'menu')
}

async function sell(stand: Stand): Promise<void> {
  const { page, shop } = stand
  await scan(stand, 'Rye loaf, 750 g', 'Butter croissant', 'Butter croissant', 'Cola, 0.33 l')
  await scanLabel(stand, '200020192875')
  await lineOf(stand, 'Alpine cheese').waitFor()
  await stand.shoot('till-selling')
  await shop.counter.scanner.scan(productOf(stand, 'Carrots, loose').gtin, { aim: ']E0' })
  await page.getByTestId('weighing').waitFor()
  shop.counter.scale.put(732)
  await page.getByTestId('weighing').getByText('0.732 kg').waitFor()
  await stand.shoot('till-weighing')
  await page.keyboard.press('Enter')
  await lineOf(stand, '0.732 kg').waitFor()
  shop.counter.scale.put(0)
  await page.keyboard.press('F2')
  await page.keyboard.type('kele', { delay: 80 })
  await page.getByRole('list', { name: 'Products' }).getByRole('button').first().filter({ hasText: '可乐' }).waitFor()
  await stand.shoot('till-search')
  await page.keyboard.press('Escape')
}

async function bePaid(stand: Stand, shootCustomer: Stand['shoot']): Promise<void> {
  const { page, shop, customer } = stand
  await page.keyboard.press('F11')
  await page.getByTestId('cash').waitFor()
  await button(page.getByTestId('cash'), '€50.00').click()
  await stand.shoot('till-cash')
  await page.keyboard.press('F9')
  await tenderAt(stand, 'approved').waitFor()
  await page.getByText(/^Receipt .* printed$/).waitFor()
  await stand.shoot('till-approved')
  await nextCustomer(stand)
  await scan(stand, 'Umbrella')
  await page.keyboard.press('F9')
  await tenderAt(stand, 'awaiting_code').waitFor()
  await stand.shoot('till-payment-code')
  await shootCustomer('till-customer')
  const code = await customer.show()
  await shop.counter.scanner.scan(code)
  await tenderAt(stand, 'approved').waitFor()
  await nextCustomer(stand)
  await scan(stand, 'Salt pretzel')
  await page.keyboard.press('F9')
  await tenderAt(stand, 'awaiting_code').waitFor()
  await shop.counter.scanner.scan(code)
  await page.getByText('The payment is still open.').waitFor()
  await stand.shoot('till-refused')
  await page.keyboard.press('Escape')
  await tenderAt(stand, 'awaiting_code').waitFor({ state: 'detached' })
  await payCash(stand, '100')
  await nextCustomer(stand)
}

async function beOffline(stand: Stand): Promise<void> {
  const { page, shop } = stand
  const link = (state: string) => page.locator(`[data-testid="link-strip"][data-state="${state}"]`).waitFor({ timeout: 30_000 })
  await shop.till.until('all is at the hub', ({ link: { waiting } }) => waiting.entries === 0, 30_000)
  shop.counter.cable.pull()
  await link('offline')
  await scan(stand, 'Cola, 0.33 l')
  await payByPhone(stand)
  await nextCustomer(stand)
  await scan(stand, 'Salt pretzel')
  await stand.shoot('till-offline')
  shop.counter.cable.plug()
  await link('online')
  await payCash(stand, '95')
  await nextCustomer(stand)
  await shop.till.until('all is at the hub', ({ link: { waiting } }) => waiting.entries === 0, 30_000)
}

async function giveBack(stand: Stand): Promise<void> {
  const { page } = stand
  const sales = await openPane(stand, 'F6', 'sales')
  await sales.getByRole('button', { name: /14\.90/ }).click()
  const goods = page.getByTestId('return')
  await button(goods, 'More of Umbrella').click()
  await goods.getByRole('radio', { name: 'Faulty' }).check()
  await stand.shoot('till-refund')
  await button(goods, 'Give back €14.90').click()
  const asking = page.getByTestId('asking')
  await asking.waitFor()
  await stand.shoot('till-manager-allows')
  await enterPin(asking, '1111', 'Allow')
  await sales.getByText('Refunded', { exact: true }).waitFor()
  await closePane(page, 'sales')
}

/** In other words, in other light. */
async function elsewhere(stand: Stand): Promise<void> {
  const { page } = stand
  await scan(stand, 'Rye loaf, 750 g', 'Cola, 0.33 l')
  for (const [name, language] of [
    ['till-chinese', '简体中文'],
    ['till-arabic', 'العربية'],
  ] as const) {
    await choose(stand, language)
    await stand.shoot(name)
  }
  await choose(stand, 'English')
  await page.emulateMedia({ colorScheme: 'dark' })
  await stand.shoot('till-dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await payCash(stand, '1000')
  await nextCustomer(stand)
}

async function choose(stand: Stand, language: string): Promise<void> {
  const menu = await openPane(stand, 'F10', 'menu')
  await menu.getByRole('button', { name: /^(?:Language|语言|اللغة)/ }).click()
  await stand.page.getByRole('menuitemradio', { name: language }).click()
  await closePane(stand.page, 'menu')
}

async function end(stand: Stand): Promise<void> {
  const menu = await openPane(stand, 'F10', 'menu')
  await button(menu, 'Count and close').click()
  await stand.page.getByTestId('shift').waitFor()
  await stand.page.keyboard.type('14000', { delay: 80 })
  await stand.shoot('till-count')
  await stand.page.keyboard.press('Escape')
  await closePane(stand.page, 'menu')
}

async function closePane(page: Page, testId: string): Promise<void> {
  await page.keyboard.press('Escape')
  await page.getByTestId(testId).waitFor({ state: 'detached' })
}

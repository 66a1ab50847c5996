import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testCard } from '../../device/test-cards.ts'
import { untilHub } from '../cashier.ts'
import { outliveAPowerCut, sellOffline } from './main-journeys.ts'
import { payAtHub, payAtHubOffline } from './pay-at-hub.ts'
import { button, lineOf, nextCustomer, openPane, openStand, payByPhone, payCash, printed, scan, tenderAt, totalIs, type Stand } from './stand.ts'

/** How a sale is paid when all is well and when it is not. The shop rounds cash to five cents. */
describe('paying', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await openStand({ shop: { cashRoundingMinor: 5 } })
  }, 180_000)
  afterAll(() => stand?.close())
  afterEach(({ task }) => (task.result?.state === 'fail' ? stand.shoot(`failed ${task.name}`) : undefined))

  it('in cash, rounded to the coins that there are, with change', async () => {
    const { page } = stand
    await scan(stand, 'Sparkling water, 0.5 l', 'Salt pretzel', 'Rye loaf, 750 g')
    await totalIs(stand, '€6.13')
    await page.keyboard.press('F11')
    const dialog = page.getByTestId('cash')
    await dialog.getByText('Rounded by €0.02 for cash').waitFor()
    await button(dialog, '€10.00').click()
    await dialog.getByText('€3.85').waitFor()
    await stand.shoot('cash-rounding')
    await page.keyboard.press('F9')
    await tenderAt(stand, 'approved').waitFor()
    await stand.shoot('cash-change')
    await nextCustomer(stand)
  }, 60_000)

  it('a code that was used before is refused, and the next one pays the same sale', async () => {
    const { page, shop, customer } = stand
    const used = await customer.show()
    await scan(stand, 'Cola, 0.33 l')
    await page.keyboard.press('F9')
    await tenderAt(stand, 'awaiting_code').waitFor()
    await shop.counter.scanner.scan(used)
    await tenderAt(stand, 'approved').waitFor()
    await nextCustomer(stand)

    await scan(stand, 'Umbrella')
    await page.keyboard.press('F9')
    await tenderAt(stand, 'awaiting_code').waitFor()
    await shop.counter.scanner.scan(used)
    await page.getByText('The payment is still open.').waitFor()
    await stand.shoot('refused-code')
    await shop.counter.scanner.scan(await customer.show())
    await tenderAt(stand, 'approved').waitFor()
    await nextCustomer(stand)
    expect(shop.till.view?.sold.slice(0, 2).map(({ totalMinor }) => totalMinor)).toEqual([1490, 149])
  }, 60_000)

  it('by card, through the reader', async () => {
    const { shop } = stand
    await scan(stand, 'Umbrella')
    await stand.page.keyboard.press('F9')
    await tenderAt(stand, 'awaiting_code').waitFor()
    await shop.counter.cardReader.swipe(testCard('Visa'))
    await tenderAt(stand, 'approved').waitFor()
    await stand.shoot('card')
    await nextCustomer(stand)
    await expect.poll(() => shop.acquirer.books.takenMinor, { timeout: 20_000 }).toBe(1490)
  }, 60_000)

  it('now, and fetched later: the customer is told what becomes of the money, and it is held until the goods are handed over', async () => {
    const { page, shop } = stand
    await scan(stand, 'Umbrella')
    await payByPhone(stand)
    await button(page, 'Fetch later').click()
    const dialog = page.getByTestId('order-later')
    await dialog.getByLabel('If nobody comes, the shop keeps').selectOption('25')
    await stand.shoot('order-terms')
    const slip = await printed(stand, () => button(dialog, 'Take the order').click())
    expect(slip).toContain('TO BE FETCHED')
    expect(slip).toMatch(/you get\s+back\s+11\.17 EUR/)
    await dialog.getByText('Held until it is fetched.').waitFor()
    await stand.shoot('order-held')
    await button(dialog, 'Close').click()
    await nextCustomer(stand)
    const held = (posted: string) =>
      untilHub(shop, `${posted} is held`, ({ money }) => money.accounts.some((one) => one.id.startsWith('escrow/') && one.posted === posted))
    await held('1490')
    await openPane(stand, 'F6', 'sales')
    await page.getByRole('tab', { name: 'To be fetched (1)' }).click()
    await page.getByTestId('orders').getByText('1 × Umbrella').waitFor()
    await stand.shoot('orders')
    await button(page.getByTestId('orders'), 'Hand over').click()
    await page.getByText('No order waits here.').waitFor()
    await held('0')
    await page.keyboard.press('Escape')
  }, 60_000)

  it('above the cap of a shown code, the phone confirms the sum', async () => {
    const { page, shop, customer } = stand
    await scan(stand, 'Cast-iron pan, 28 cm')
    await page.keyboard.press('F9')
    await page.getByRole('heading', { name: 'The phone must confirm this sum' }).waitFor()
    await stand.shoot('bound-over-cap')
    const { tender } = await shop.till.until('a request', (view) => view.tender.stage === 'awaiting_code')
    await shop.counter.scanner.scan(await customer.answer(tender.stage === 'awaiting_code' ? tender.request : ''))
    await tenderAt(stand, 'approved').waitFor()
    await nextCustomer(stand)
  }, 60_000)

  it('with the printer out of paper: the sale stands, the screen says so, and the receipt comes after', async () => {
    const { page, shop } = stand
    shop.counter.printer.setPaper('out')
    await shop.till.until('no paper', ({ devices }) => devices.some(({ kind, state }) => kind === 'printer' && state !== 'ready'))
    await scan(stand, 'Butter croissant')
    await payByPhone(stand)
    await page.getByText('did not print').waitFor()
    await stand.shoot('printer-out-of-paper')
    shop.counter.printer.setPaper('ok')
    await shop.till.until('paper again', ({ devices }) => devices.every(({ state }) => state === 'ready'))
    const receipt = await printed(stand, () => page.keyboard.press('F8'))
    expect(receipt).toContain('Butter croissant')
    await nextCustomer(stand)
  }, 60_000)

  it('the last receipt once more, marked as a copy', async () => {
    const { page } = stand
    const receipt = await printed(stand, () => page.keyboard.press('F8'))
    expect(receipt).toContain('COPY')
    await stand.shoot('reprint')
  }, 30_000)

  it('cancelled at the last moment, and nothing is taken', async () => {
    const { page, shop } = stand
    await scan(stand, 'Umbrella')
    await page.keyboard.press('F9')
    await tenderAt(stand, 'awaiting_code').waitFor()
    await page.keyboard.press('Escape')
    await button(page, 'Take payment').waitFor()
    await stand.shoot('payment-cancelled')
    await lineOf(stand, 'Umbrella').waitFor()
    await payCash(stand, '1500')
    await nextCustomer(stand)
    expect(shop.till.view?.sold[0]).toMatchObject({ totalMinor: 1490, cash: true })
  }, 60_000)

  it('by a phone that is online: the hub tells the till, and its receipt is good once', () => payAtHub(stand), 60_000)
  it('by the receipt of such a phone, with the till offline, where another till’s is refused, and Alipay too', () => payAtHubOffline(stand), 90_000)
  it('offline', () => sellOffline(stand), 90_000)
  it('through a power cut', () => outliveAPowerCut(stand), 90_000)

  it('and in the end every sale is settled once, and the ledger balances', async () => {
    const { shop } = stand
    await shop.till.until('all is at the hub', ({ link: { waiting } }) => waiting.entries === 0, 30_000)
    const sold = shop.till.view?.sold ?? []
    const seen = await untilHub(shop, 'everything settled', ({ counts }) => counts.unsettledEntries === 0 && counts.settled === sold.length)
    expect(seen.counts.exceptions).toBe(0)
    expect(seen.money.balanced).toBe(true)
  }, 60_000)
})

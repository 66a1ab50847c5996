import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isCreditCode } from '#protocol/credit/code.ts'
import { newCustomer, type Customer } from '../customer.ts'
import { button, lineOf, nextCustomer, openPane, openStand, paperOf, payCash, productOf, scan, tenderAt, type Stand } from './stand.ts'

/** A sale that is paid in more ways than one, or with more than it costs. */
describe('tenders', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await openStand()
  }, 180_000)
  afterAll(() => stand?.close())
  afterEach(({ task }) => (task.result?.state === 'fail' ? stand.shoot(`failed ${task.name}`) : undefined))

  const awaitCode = async (): Promise<void> => {
    await stand.page.keyboard.press('F9')
    await tenderAt(stand, 'awaiting_code').waitFor()
  }

  /** An umbrella for 14.90, and five euros of it by this phone. */
  const payFiveOfUmbrella = async (phone: Customer): Promise<void> => {
    const { page, shop } = stand
    await scan(stand, 'Umbrella')
    await awaitCode()
    await button(page, /^Pay a part/).click()
    await page.getByTestId('part').waitFor()
    await page.keyboard.type('500', { delay: 80 })
    await stand.shoot('split-part')
    await page.keyboard.press('F9')
    await shop.till.until('five euros asked for', ({ tender }) => tender.stage === 'awaiting_code' && tender.amountMinor === 500)
    await shop.counter.scanner.scan(await phone.show())
    await shop.till.until('a part is paid', ({ tenders }) => tenders?.restMinor === 990)
  }

  it('split: five euros by phone, the rest in cash, on one receipt', async () => {
    const { page, shop, customer } = stand
    await payFiveOfUmbrella(customer)
    await page.getByTestId('paid-so-far').first().waitFor()
    await stand.shoot('split-rest')
    const { text } = await paperOf(stand, () => payCash(stand, '990'))
    expect(text).toContain('9.90')
    expect(text).toContain('5.00')
    await stand.shoot('split-approved')
    await nextCustomer(stand)
    expect(shop.till.view?.sold[0]?.totalMinor).toBe(1490)
  }, 60_000)

  it('a deposit now and the rest at pick-up, by other means, on a receipt that says so', async () => {
    const { page, shop, customer } = stand
    await payFiveOfUmbrella(customer)
    await button(page, 'Rest at pick-up').click()
    const dialog = page.getByTestId('order-later')
    await dialog.waitFor()
    await stand.shoot('deposit-terms')
    const slip = await paperOf(stand, () => button(dialog, 'Take the order').click())
    expect(slip.text).toContain('9.90')
    await shop.till.until('an empty basket', ({ sale }) => sale.itemCount === 0)
    await stand.shoot('deposit-taken')
    await dialog.waitFor({ state: 'detached' })
    await page.keyboard.press('F6')
    await page.getByRole('tab', { name: 'To be fetched (1)' }).click()
    await stand.shoot('deposit-waits')
    await button(page.getByTestId('orders'), 'Take the rest').click()
    await shop.till.until('the basket is back', ({ sale, tenders }) => sale.itemCount === 1 && tenders?.restMinor === 990)
    await stand.shoot('deposit-rest')
    const { text } = await paperOf(stand, () => payCash(stand, '990'))
    expect(text).toContain('Deposit paid before')
    await stand.shoot('deposit-fetched')
    expect(await button(page, 'Fetch later').count()).toBe(0)
    await nextCustomer(stand)
  }, 60_000)

  it('with a tip', async () => {
    const { page, shop } = stand
    const guest = await newCustomer(shop.hub.http)
    await scan(stand, 'Umbrella')
    await awaitCode()
    await button(page, /^Tip/).click()
    const tip = page.getByTestId('tip')
    await button(tip, /10% · €1\.49/).click()
    await stand.shoot('tip')
    await button(tip, 'Give €1.49').click()
    await shop.till.until('with its tip', ({ tender }) => tender.stage === 'awaiting_code' && tender.amountMinor === 1639)
    await shop.counter.scanner.scan(await guest.show())
    await tenderAt(stand, 'approved').waitFor()
    await nextCustomer(stand)
    expect(await guest.balanceMinor()).toBe(guest.startBalanceMinor - 1639)
  }, 60_000)

  it('a gift card is sold, and pays for something later', async () => {
    const { page, shop } = stand
    await shop.counter.scanner.scan(productOf(stand, 'Gift card').gtin, { aim: ']E0' })
    await lineOf(stand, 'Gift card').waitFor()
    const menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Price of Gift card').click()
    await page.getByTestId('price').waitFor()
    await page.keyboard.type('2000', { delay: 80 })
    await page.keyboard.press('F9')
    await page.getByTestId('price').waitFor({ state: 'detached' })
    await page.keyboard.press('F10')
    await menu.waitFor({ state: 'detached' })
    const { codes } = await paperOf(stand, () => payCash(stand, '2000'))
    await nextCustomer(stand)
    const gift = codes.find(isCreditCode)
    expect(gift).toBeDefined()

    await scan(stand, 'Umbrella')
    await awaitCode()
    await shop.counter.scanner.scan(gift ?? '')
    await tenderAt(stand, 'approved').waitFor()
    await stand.shoot('gift-card')
    await nextCustomer(stand)
  }, 60_000)

  it('in dollars, with change in euros', async () => {
    const { page } = stand
    await scan(stand, 'Umbrella')
    await awaitCode()
    await button(page, /^Foreign cash/).click()
    const foreign = page.getByTestId('foreign')
    await button(foreign, /^USD/).click()
    await foreign.getByRole('heading', { name: /\$17\.74/ }).waitFor()
    await page.keyboard.type('2000', { delay: 80 })
    await stand.shoot('foreign-cash')
    await page.keyboard.press('F9')
    await tenderAt(stand, 'approved').waitFor()
    await stand.shoot('foreign-change')
    await nextCustomer(stand)
  }, 60_000)

  it('a part that was paid goes back when the sale comes to nothing', async () => {
    const { page, shop } = stand
    const guest = await newCustomer(shop.hub.http)
    await payFiveOfUmbrella(guest)
    await tenderAt(stand, 'awaiting_code').or(button(page, 'Take payment')).first().waitFor()
    if (!(await tenderAt(stand, 'awaiting_code').isVisible())) await awaitCode()
    await button(page, /^Give everything back/).click()
    await page.getByTestId('give-back').waitFor()
    await stand.shoot('give-everything-back')
    await button(page.getByTestId('give-back'), 'Give everything back').click()
    await shop.till.until('nothing is paid', ({ tenders, tender }) => tender.stage === 'none' && (tenders?.parts.length ?? 0) === 0)
    await lineOf(stand, 'Umbrella').waitFor()
    await expect.poll(() => guest.balanceMinor(), { timeout: 10_000 }).toBe(guest.startBalanceMinor)
    await payCash(stand, '1490')
    await nextCustomer(stand)
  }, 60_000)
})

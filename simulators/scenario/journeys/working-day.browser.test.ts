import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { button, enterPin, lineOf, nextCustomer, openPane, openStand, payByPhone, payCash, printed, scan, signIn, type Stand } from './stand.ts'

/** A day at a till where people sign in: Ben sells, Ada is the manager. */
describe('the working day', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await openStand({ withPeople: true })
  }, 180_000)
  afterAll(() => stand?.close())
  afterEach(({ task }) => (task.result?.state === 'fail' ? stand.shoot(`failed ${task.name}`) : undefined))

  /** An amount into the dialog of the shift, and its main step. */
  const amount = async (digits: string, reason?: string): Promise<void> => {
    const dialog = stand.page.getByTestId('shift')
    await dialog.waitFor()
    await stand.page.keyboard.type(digits, { delay: 80 })
    if (reason !== undefined) await dialog.getByLabel('Reason').fill(reason)
    await stand.page.keyboard.press('F9')
  }
  /** From what goods come back to a sum. */
  const sumInstead = async (): Promise<void> => {
    await button(stand.page.getByTestId('return'), 'Give a sum back instead').click()
    await stand.page.getByTestId('refund').waitFor()
  }
  const managerAllows = async (act: string): Promise<void> => {
    const asking = stand.page.getByTestId('asking')
    await asking.getByRole('heading', { name: act }).waitFor()
    await enterPin(asking, '1111', 'Allow')
    await asking.waitFor({ state: 'detached' })
  }

  it('begins with a name and a PIN', async () => {
    await stand.shoot('sign-in')
    await signIn(stand, 'Ada', '1111')
    expect(stand.shop.till.view?.staff?.signedIn?.name).toBe('Ada')
  }, 60_000)

  it('opens with a float, and takes cash in and out with a reason', async () => {
    const { page, shop } = stand
    const menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Open shift').click()
    await amount('10000')
    await menu.getByText(/^Open since/).waitFor()
    await stand.shoot('shift-open')
    await button(menu, 'Put cash in').click()
    await amount('2000', 'Coins from the bank')
    await shop.till.until('cash in', ({ shift }) => shift.movedInMinor === 2000)
    await button(menu, 'Take cash out').click()
    await amount('500', 'Stamps')
    await shop.till.until('cash out', ({ shift }) => shift.movedOutMinor === 500)
    await stand.shoot('cash-in-and-out')
    await page.keyboard.press('F10')
  }, 60_000)

  it('is handed over to a colleague with the basket as it is', async () => {
    const { page } = stand
    await scan(stand, 'Umbrella')
    await button(page, 'Ada is signed in. Hand over').click()
    const dialog = page.getByTestId('hand-over')
    await dialog.waitFor()
    await stand.shoot('hand-over')
    await enterPin(dialog, '2222', 'Sign in')
    await button(page, 'Ben is signed in. Hand over').waitFor()
    await lineOf(stand, 'Umbrella').waitFor()
    await payCash(stand, '2000')
    await nextCustomer(stand)
  }, 120_000)

  it('lets a cashier give part of a sale back once the manager allows it', async () => {
    const { page, shop } = stand
    await scan(stand, 'Cola, 0.33 l', 'Batteries AA, 4 pieces')
    await payByPhone(stand)
    await nextCustomer(stand)
    const sales = await openPane(stand, 'F6', 'sales')
    await sales
      .getByRole('button', { name: / Paid / })
      .first()
      .click()
    await sumInstead()
    await page.keyboard.type('149', { delay: 80 })
    await button(page.getByTestId('refund'), 'Refund €1.49').click()
    await button(page.getByTestId('refund'), 'Yes, give back €1.49').click()
    await page.getByTestId('asking').waitFor()
    await stand.shoot('manager-override')
    await managerAllows('Refund')
    await sales.getByText('€1.49 refunded').waitFor()
    await stand.shoot('refund-part')
    expect(shop.till.view?.sold[0]).toMatchObject({ refundedMinor: 149, state: 'captured' })
    await page.keyboard.press('F6')
  }, 60_000)

  it('gives a whole sale back, and undoes another', async () => {
    const { page, shop } = stand
    for (const product of ['Umbrella', 'Butter croissant']) {
      await scan(stand, product)
      await payByPhone(stand)
      await nextCustomer(stand)
    }
    const [second, first] = shop.till.view?.sold ?? []
    const sales = await openPane(stand, 'F6', 'sales')
    await button(sales, new RegExp(first?.receiptNumber ?? '')).click()
    await sumInstead()
    const refund = page.getByTestId('refund')
    await button(refund, 'Refund €14.90').click()
    await button(refund, 'Yes, give back €14.90').click()
    await managerAllows('Refund')
    await sales.getByText('Refunded', { exact: true }).waitFor()
    await stand.shoot('refund-whole')

    await button(sales, new RegExp(second?.receiptNumber ?? '')).click()
    await sumInstead()
    await button(refund, 'Void the sale').click()
    await button(refund, 'Yes, void the sale').click()
    await managerAllows('Undo a sale')
    await sales.getByText('Voided').waitFor()
    await stand.shoot('void')
    await page.keyboard.press('F6')
  }, 90_000)

  it('takes one of two back by its line, and the customer takes something else for what it was worth', async () => {
    const { page, shop } = stand
    await scan(stand, 'Umbrella', 'Umbrella', 'Cola, 0.33 l')
    await payByPhone(stand)
    await nextCustomer(stand)
    const sales = await openPane(stand, 'F6', 'sales')
    await button(sales, new RegExp(shop.till.view?.sold[0]?.receiptNumber ?? 'no receipt')).click()
    const goods = page.getByTestId('return')
    await button(goods, 'More of Umbrella').click()
    await goods.getByRole('radio', { name: 'Faulty' }).check()
    await goods.getByRole('radio', { name: /As store credit/ }).check()
    await stand.shoot('return-by-line')
    await button(goods, 'Give back €14.90').click()
    await managerAllows('Take goods back')
    await shop.till.until('the return', ({ returned }) => returned?.paidMinor === 1490)
    await stand.shoot('returned')
    await closeAll(page)
    await scan(stand, 'Batteries AA, 4 pieces', 'Batteries AA, 4 pieces', 'Batteries AA, 4 pieces')
    const exchange = await openPane(stand, 'F6', 'sales')
    await stand.shoot('exchange')
    await button(exchange, 'Pay with what came back (€14.90)').click()
    await shop.till.until('the rest', ({ tenders }) => tenders?.restMinor === 307)
    await page.getByTestId('paid-so-far').first().waitFor()
    await stand.shoot('exchange-rest')
    await payCash(stand, '307')
    await nextCustomer(stand)
  }, 90_000)

  it('trains on a till of its own: nothing of it counts', async () => {
    const { page, shop } = stand
    const before = shop.till.view?.shift.sales
    const menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Begin training').click()
    await managerAllows('Begin training')
    await page.getByTestId('training').waitFor()
    await page.keyboard.press('Escape')
    await menu.waitFor({ state: 'detached' })
    await scan(stand, 'Cast-iron pan, 28 cm')
    await payCash(stand, '10000')
    await stand.shoot('training')
    await button(page, 'End training').click()
    await page.getByTestId('training').waitFor({ state: 'detached' })
    const after = await shop.till.until('the real till', ({ training }) => training === undefined)
    expect(after.shift.sales).toBe(before)
  }, 60_000)

  it('prints an X report, is counted blind, and ends with a Z report', async () => {
    const { page, shop } = stand
    const menu = await openPane(stand, 'F10', 'menu')
    const x = await printed(stand, () => button(menu, 'Print X report').click())
    expect(x).toContain('X')
    expect(x).not.toContain('132.97')
    await stand.shoot('x-report')
    await shop.till.until('all is at the hub', ({ link: { waiting } }) => waiting.entries === 0, 30_000)
    await button(menu, 'Count and close').click()
    // 100.00 float + 20.00 − 5.00 + 14.90 + 3.07.
    const z = await printed(stand, async () => {
      await amount('13297')
      await page.getByTestId('shift').waitFor({ state: 'detached' })
    })
    expect(z).toContain('132.97')
    await menu.getByText('It is right.').waitFor()
    await stand.shoot('z-report')
    await page.keyboard.press('F10')
  }, 60_000)

  it('ends with signing out; a wrong PIN five times locks that person out for a while, and nobody else', async () => {
    const { page } = stand
    await openPane(stand, 'F10', 'menu')
    await button(page, 'Sign out').click()
    const form = page.getByTestId('signed-out')
    await button(form, 'Ben').click()
    for (let attempt = 0; attempt < 5; attempt++) {
      await enterPin(form, '9999', 'Sign in')
      // Emptied by the answer.
      await page.locator('input[type="password"][value=""]').waitFor()
    }
    await form.getByText(/^No PIN is taken until/).waitFor()
    await stand.shoot('locked-out')
    await button(form, 'Somebody else').click()
    await signIn(stand, 'Ada', '1111')
  }, 60_000)
})

/** Out of whatever is open beside the basket. */
async function closeAll(page: Page): Promise<void> {
  for (const testId of ['return', 'sales']) {
    if ((await page.getByTestId(testId).count()) === 0) continue
    await page.keyboard.press('Escape')
    await page.getByTestId(testId).waitFor({ state: 'detached' })
  }
}

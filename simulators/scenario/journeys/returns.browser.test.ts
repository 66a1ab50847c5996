import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { untilHub } from '../cashier.ts'
import { button, enterPin, openPane, openStand, payByPhone, productOf, scan, signIn, tenderAt, type Stand } from './stand.ts'

/** Somebody is added at the hub's console while the till runs; what they sell comes back, by line, without a receipt, and for something else. */
describe('staff of the console, and goods that come back', () => {
  let stand: Stand
  let desk: Page

  beforeAll(async () => {
    const returns = { inCash: true, asCredit: true, withoutReceipt: { cashMinor: 2000, creditMinor: 10_000 } } as const
    const opened = await openStand({ withPeople: true, shop: { returns, credits: { perDayMinor: 50_000 } } })
    stand = opened
    desk = await opened.browser.newPage({ viewport: { width: 1200, height: 900 } })
    desk.setDefaultTimeout(8000)
    await desk.goto(`${stand.shop.hub.http}/#/staff`)
  }, 180_000)
  afterAll(() => stand?.close())
  afterEach(({ task }) => (task.result?.state === 'fail' ? stand.shoot(`failed ${task.name}`) : undefined))

  const managerAllows = async (): Promise<void> => {
    const asking = stand.page.getByTestId('asking')
    await enterPin(asking, '1111', 'Allow')
    await asking.waitFor({ state: 'detached' })
  }
  const openReceipt = async (): Promise<void> => {
    const sales = await openPane(stand, 'F6', 'sales')
    await sales.getByRole('listitem').getByRole('button').first().click()
    await stand.page.getByTestId('return').waitFor()
  }

  it('a name that the console has just added signs in at the till', async () => {
    const staff = desk.locator('#staff')
    await button(staff, 'Add somebody').click()
    await desk.getByLabel('Name').fill('Dora')
    await desk.getByLabel('PIN').fill('4711')
    await desk.getByRole('button', { name: 'Add', exact: true }).click()
    await button(desk, 'Done').click()
    await staff.getByText('Dora', { exact: true }).waitFor()
    await desk.screenshot({ path: '.build/journeys/console-staff.png' })
    await signIn(stand, 'Dora', '4711')
    expect(stand.shop.till.view?.staff?.signedIn?.name).toBe('Dora')
  }, 60_000)

  it('one of two pieces comes back, once a manager allows it, and the hub agrees', async () => {
    const { page, shop } = stand
    const { priceMinor } = productOf(stand, 'Umbrella')
    await scan(stand, 'Umbrella', 'Umbrella')
    await payByPhone(stand)
    await page.keyboard.press('Enter')
    await openReceipt()
    const dialog = page.getByTestId('return')
    await button(dialog, 'More of Umbrella').click()
    await dialog.getByText('Store credit').or(dialog.getByText('As store credit')).first().waitFor()
    await stand.shoot('return-lines')
    await button(dialog, /^Give back/).click()
    await managerAllows()
    await shop.till.until('one umbrella came back', ({ returned }) => returned?.paidMinor === priceMinor, 20_000)
    expect(shop.till.view?.sold[0]).toMatchObject({ state: 'captured', refundedMinor: priceMinor })
    await untilHub(shop, 'the return', ({ payments, counts }) => payments[0]?.refundedMinor === priceMinor && counts.exceptions === 0)
    await page.keyboard.press('F6')
  }, 60_000)

  it('the other one is exchanged: what it was worth pays for something else', async () => {
    const { page, shop } = stand
    const { priceMinor } = productOf(stand, 'Umbrella')
    await openReceipt()
    const dialog = page.getByTestId('return')
    await dialog.getByText('1 left').waitFor()
    await button(dialog, 'Everything').click()
    await dialog.getByText('As store credit').click()
    await button(dialog, /^Give back/).click()
    await managerAllows()
    await shop.till.until('store credit', ({ returned }) => returned?.as === 'credit' && returned.paidMinor === priceMinor, 20_000)
    await page.keyboard.press('F6')
    await scan(stand, 'Umbrella')
    const sales = await openPane(stand, 'F6', 'sales')
    await button(sales, /^Pay with what came back/).click()
    await tenderAt(stand, 'approved').waitFor()
    await stand.shoot('exchanged')
    await untilHub(shop, 'the exchange', ({ counts }) => counts.exceptions === 0 && counts.unsettledEntries === 0)
    await page.keyboard.press('Enter')
  }, 60_000)

  it('goods without a receipt leave the basket at their price of today, in notes up to the cap', async () => {
    const { page, shop } = stand
    await scan(stand, 'Umbrella')
    const sales = await openPane(stand, 'F6', 'sales')
    await button(sales, 'These goods came back without a receipt').click()
    const dialog = page.getByTestId('loose-return')
    await stand.shoot('return-without-receipt')
    await button(dialog, /^Give back/).click()
    await managerAllows()
    await shop.till.until('the basket is empty', ({ sale }) => sale.itemCount === 0, 20_000)
    await untilHub(shop, 'the return', ({ counts }) => counts.exceptions === 0 && counts.unsettledEntries === 0)
    await page.keyboard.press('F6')
  }, 60_000)

  it('whoever the console retires is signed out, and somebody else goes on', async () => {
    const { shop } = stand
    await button(desk.getByRole('listitem', { name: 'Dora' }), 'Retire…').click()
    await desk.getByRole('button', { name: 'Retire', exact: true }).click()
    await shop.till.until('Dora is out', ({ till }) => till.signedOut, 20_000)
    await signIn(stand, 'Ben', '2222')
    expect(shop.till.view?.staff?.people.map(({ name }) => name)).toEqual(['Ada', 'Ben'])
  }, 60_000)
})

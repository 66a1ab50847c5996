import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sellByKeyboard, sellByScan, sellByTouch } from './main-journeys.ts'
import { button, lineOf, nextCustomer, openPane, openStand, payCash, printed, productOf, scan, scanLabel, totalIs, type Stand } from './stand.ts'

/** How goods come into the basket and are paid for: each journey begins with an empty basket and ends with a picture. */
describe('selling', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await openStand()
  }, 180_000)
  afterAll(() => stand?.close())
  afterEach(({ task }) => (task.result?.state === 'fail' ? stand.shoot(`failed ${task.name}`) : undefined))

  it('by scanning alone', () => sellByScan(stand), 60_000)
  it('by touch alone', () => sellByTouch(stand), 60_000)
  it('by keyboard alone', () => sellByKeyboard(stand), 60_000)

  it('ten products, cash and the receipt: beside the scans three keys, and nothing to wait for or to look at', async () => {
    const { page, shop } = stand
    await scan(stand, ...Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? 'Cola, 0.33 l' : 'Salt pretzel')))
    // On a machine so busy that the screen stood still for a second, what was pressed meanwhile is thrown away: see `input/freshness.ts`.
    await page.evaluate('new Promise((idle) => requestIdleCallback(idle))')
    for (const key of ['F11', 'F1', 'F9']) await page.keyboard.press(key)
    await page.getByText(/^Receipt .* printed$/).waitFor()
    expect(shop.till.view?.sold[0]).toMatchObject({ cash: true })
    await stand.shoot('ten-products')
    await nextCustomer(stand)
  }, 60_000)

  it('weighed goods, and a label with the price of a piece of cheese', async () => {
    const { page, shop } = stand
    await shop.counter.scanner.scan(productOf(stand, 'Carrots, loose').gtin, { aim: ']E0' })
    const weighing = page.getByTestId('weighing')
    await weighing.waitFor()
    shop.counter.scale.put(732)
    await weighing.getByText('0.732 kg').waitFor()
    await stand.shoot('weighed')
    await page.keyboard.press('Enter')
    await lineOf(stand, '0.732 kg').filter({ hasText: '€1.09' }).waitFor()
    shop.counter.scale.put(0)
    // Number 00201; 28.75 has the check digit 9 (GS1 General Specifications §7.9.3).
    await scanLabel(stand, '200020192875')
    await lineOf(stand, 'Alpine cheese').filter({ hasText: '€28.75' }).waitFor()
    await totalIs(stand, '€29.84')
    await stand.shoot('price-label')
    await payCash(stand, '3000')
    await nextCustomer(stand)
  }, 60_000)

  it('a discount on a line and one on the whole basket, and undo takes back the last', async () => {
    const { page } = stand
    await scan(stand, 'Umbrella', 'Cola, 0.33 l')
    const menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Discount on Cola, 0.33 l').click()
    await button(page.getByTestId('price'), '20%').click()
    await lineOf(stand, 'Cola').getByTestId('line-discount').waitFor()
    await totalIs(stand, '€16.09')
    await stand.shoot('discount-on-line')
    await button(menu, 'Discount on the sale').click()
    await page.keyboard.type('100', { delay: 80 })
    await page.keyboard.press('F9')
    await totalIs(stand, '€15.09')
    await stand.shoot('discount-on-basket')
    await button(menu, 'Undo the last change').click()
    await totalIs(stand, '€16.09')
    await stand.shoot('undo')
    await page.keyboard.press('F10')
    await empty(stand)
  }, 60_000)

  it('a coupon and a promotion, with the reason on the line and on the receipt', async () => {
    await scan(stand, 'Bananas, bunch', 'Bananas, bunch', 'Bananas, bunch')
    await totalIs(stand, '€5.67')
    await stand.shop.counter.scanner.scan('THREE-FOR-TWO', { aim: ']C1' })
    await totalIs(stand, '€3.78')
    await lineOf(stand, '3 for 2').waitFor()
    await stand.shoot('promotion')
    await scan(stand, 'Cast-iron pan, 28 cm')
    await stand.shop.counter.scanner.scan('HARBOUR-10', { aim: ']C1' })
    await lineOf(stand, 'Harbour coupon').first().waitFor()
    await stand.shoot('coupon')
    const receipt = await printed(stand, () => payCash(stand, '10000'))
    expect(receipt).toContain('3 for 2')
    expect(receipt).toContain('Harbour coupon')
    await nextCustomer(stand)
  }, 60_000)

  it('puts a basket aside for another customer, and takes it back', async () => {
    const { page, shop } = stand
    await scan(stand, 'Umbrella')
    let menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Put the basket aside').click()
    await lineOf(stand, 'Umbrella').waitFor({ state: 'detached' })
    await menu.getByRole('list', { name: 'Baskets put aside' }).getByText('€14.90').waitFor()
    await stand.shoot('parked')
    await page.keyboard.press('F10')
    await scan(stand, 'Salt pretzel')
    await payCash(stand, '95')
    await nextCustomer(stand)
    menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Take back').click()
    await lineOf(stand, 'Umbrella').waitFor()
    await stand.shoot('recalled')
    await page.keyboard.press('F10')
    await empty(stand)
    expect(shop.till.view?.parked ?? []).toEqual([])
  }, 60_000)

  it('finds a product by pinyin', async () => {
    const { page } = stand
    await page.keyboard.press('F2')
    await page.keyboard.type('kele', { delay: 60 })
    await page.getByRole('list', { name: 'Products' }).getByRole('button').first().filter({ hasText: '可乐' }).waitFor()
    await stand.shoot('search-pinyin')
    await page.keyboard.press('Enter')
    await lineOf(stand, 'Cola').waitFor()
    await page.keyboard.press('Escape')
    await empty(stand)
  }, 60_000)

  it('empties the basket only when it is pressed twice', async () => {
    const { page } = stand
    await scan(stand, 'Umbrella')
    await page.keyboard.press('F4')
    await button(page, /Press again to empty/).waitFor()
    await stand.shoot('empty-twice')
    expect(await lineOf(stand, 'Umbrella').count()).toBe(1)
    await page.keyboard.press('F4')
    await lineOf(stand, 'Umbrella').waitFor({ state: 'detached' })
  }, 30_000)
})

async function empty(stand: Stand): Promise<void> {
  await stand.page.keyboard.press('F4')
  await button(stand.page, /Press again to empty/).waitFor()
  await stand.page.keyboard.press('F4')
  await stand.page.getByTestId('basket-line').first().waitFor({ state: 'detached' })
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStand, type Stand } from './journeys/stand.ts'

/** Slower than any scanner, faster than most hands. */
const BY_HAND = { delay: 80 }

/** What a cashier does who never lifts a hand from the keyboard, in real Chromium over the real core. */
describe('keys', () => {
  let stand: Stand
  const until = (what: string, fits: Parameters<Stand['shop']['till']['until']>[1]) => stand.shop.till.until(what, fits, 8000)
  const type = (text: string) => stand.page.keyboard.type(text, BY_HAND)
  const press = (key: string) => stand.page.keyboard.press(key)

  beforeAll(async () => {
    stand = await openStand()
    const [first] = stand.shop.till.products
    await stand.shop.counter.scanner.scan(first?.gtin ?? '', { aim: ']E0' })
    await stand.page.getByTestId('basket-line').waitFor()
  }, 180_000)
  afterAll(() => stand?.close())

  it('set a quantity by digits and Enter or ×, and undo and redo it', async () => {
    await type('3')
    await stand.page.getByText('Quantity 3: press × or Enter').waitFor({ state: 'attached' })
    await press('Enter')
    await until('three', ({ sale }) => sale.itemCount === 3)
    await type('12*')
    await until('twelve', ({ sale }) => sale.itemCount === 12)
    await press('Control+z')
    await until('three again', ({ sale }) => sale.itemCount === 3)
    await press('Control+y')
    await until('twelve again', ({ sale }) => sale.itemCount === 12)
    await type('45')
    await press('Escape')
    await press('Enter')
    await type('+')
    await until('one more than twelve, not 45', ({ sale }) => sale.itemCount === 13)
  })

  it('add a product by its number, typed wherever the focus is, and by arrows among the products', async () => {
    const [, second, third] = stand.shop.till.products
    await type(second?.gtin ?? '')
    expect(await stand.page.getByRole('textbox', { name: 'Search products' }).inputValue()).toBe(second?.gtin)
    await press('Enter')
    await until('the second product', ({ sale }) => sale.lines.length === 2)
    await press('F2')
    await press('ArrowDown')
    await press('ArrowRight')
    await press('ArrowRight')
    await stand.page
      .locator('.tile:focus')
      .filter({ hasText: third?.name ?? '' })
      .waitFor()
    await press('Enter')
    await until('the third product', ({ sale }) => sale.lines.length === 3)
    await press('Home')
    await press('ArrowUp')
    await stand.page.locator('input:focus').waitFor()
    await press('Escape')
  })

  it('press the buttons of this till’s pane: a discount, a note, a coupon that is none; a scan in between is a scan', async () => {
    const { page, shop } = stand
    const before = shop.till.view?.sale.totalMinor ?? 0
    await press('F10')
    await page.getByTestId('menu').waitFor()
    await press('d')
    await page.getByTestId('price').waitFor()
    await press('F2')
    await until('a tenth off', ({ sale }) => sale.totalMinor < before)
    await press('n')
    const note = page.getByTestId('note')
    await note.getByRole('textbox').fill('red coat')
    const [first] = shop.till.products
    // No character of the code's: what was typed before is over.
    await press('End')
    await page.keyboard.type(first?.gtin ?? '')
    await press('Enter')
    await until('one more by a scan', ({ sale }) => sale.itemCount === 16)
    expect(await note.getByRole('textbox').inputValue()).toBe('red coat')
    await press('Enter')
    await until('the note', ({ sale }) => sale.note === 'red coat')
    await note.waitFor({ state: 'detached' })
    await press('c')
    await page.getByTestId('coupon').getByRole('textbox').fill('NOT-A-COUPON')
    await press('Enter')
    await page.getByTestId('coupon').getByRole('alert').waitFor()
    await stand.shoot('keys-coupon')
    await press('Escape')
    await page.getByTestId('coupon').waitFor({ state: 'detached' })
  })

  it('are all listed, from anywhere, by ?', async () => {
    const { page } = stand
    await press('?')
    await page.getByRole('heading', { name: 'Keys' }).waitFor()
    expect(await page.locator('.keys-list dt').count()).toBeGreaterThan(40)
    await stand.shoot('keys-all')
    await press('?')
    await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'detached' })
  })

  it('choose another look, which the screen remembers', async () => {
    const { page } = stand
    await page.locator('.look-menu-button').press('Enter')
    await page.getByRole('menuitemradio', { name: 'Dark' }).press('Enter')
    await page.locator(':root[data-scheme="dark"]').waitFor()
    await page.reload()
    await page.locator(':root[data-scheme="dark"]').waitFor()
    await page.getByTestId('basket-line').first().waitFor()
    await stand.shoot('keys-dark')
  })
})

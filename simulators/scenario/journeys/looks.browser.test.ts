import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { demoShop, ean13 } from '../../../hub/demo-shop.ts'
import { filmOf } from '../camera-film.ts'
import { button, lineOf, nextCustomer, openPane, openStand, payByPhone, payCash, printed, productOf, scan, tenderAt, totalIs, type Stand } from './stand.ts'

const gtinOf = (name: string): string => demoShop.products.find((product) => product.name === name)?.gtin ?? ''
const REPAIR = {
  gtin: ean13('952000000999'),
  name: 'Repair, by agreement',
  category: 'Household',
  priceMinor: 0,
  taxPpm: 190_000,
  symbol: '🔧',
  openPrice: true,
} as const

/** The screen in other words and other light, what its camera sees, and the devices on its own page. */
describe('the look of the till', () => {
  let stand: Stand
  let films: string

  beforeAll(async () => {
    films = mkdtempSync(join(tmpdir(), 'journeys-film-'))
    const film = join(films, 'held.mjpeg')
    writeFileSync(film, await filmOf(gtinOf('Kitchen sponges, 3 pieces')))
    const browserArgs = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${film}`]
    stand = await openStand({ browserArgs, shop: { products: [...demoShop.products, REPAIR] } })
  }, 180_000)
  afterAll(async () => {
    await stand?.close()
    rmSync(films, { recursive: true, force: true })
  })
  afterEach(({ task }) => (task.result?.state === 'fail' ? stand.shoot(`failed ${task.name}`) : undefined))

  const choose = async (shown: string, language: string): Promise<void> => {
    const menu = await openPane(stand, 'F10', 'menu')
    await button(menu, shown).click()
    await stand.page.getByRole('menuitemradio', { name: language }).click()
    await stand.page.keyboard.press('F10')
    await menu.waitFor({ state: 'detached' })
  }

  const language = (): Promise<unknown> => stand.page.evaluate('[document.documentElement.lang, document.documentElement.dir]')

  it('Chinese, chosen in the middle of a sale: it stays after a reload, and changes nothing of the sale', async () => {
    const { page, shop } = stand
    await scan(stand, 'Cola, 0.33 l', 'Rye loaf, 750 g')
    await choose('Language: English', '简体中文')
    await button(page, '收款').waitFor()
    expect(await language()).toEqual(['zh-Hans', 'ltr'])
    await page.reload()
    await button(page, '收款').waitFor()
    await scan(stand, 'Salt pretzel')
    await page.getByText('3 件').waitFor()
    expect(shop.till.view?.sale.itemCount).toBe(3)
    await stand.shoot('chinese')
    await page.keyboard.press('F9')
    await page.getByRole('heading', { name: '请顾客出示付款码' }).waitFor()
    await stand.shoot('chinese-payment')
    await page.keyboard.press('Escape')
    await tenderAt(stand, 'awaiting_code').waitFor({ state: 'detached' })
    await payByPhone(stand)
    await stand.shoot('chinese-approved')
    await nextCustomer(stand)
  }, 60_000)

  it('Arabic, from right to left, to the end of a sale that was begun in Chinese', async () => {
    const { page, shop } = stand
    await scan(stand, 'Cola, 0.33 l', 'Umbrella')
    await choose('语言：简体中文', 'العربية')
    await button(page, 'استلام الدفع').waitFor()
    expect(await language()).toEqual(['ar', 'rtl'])
    expect(shop.till.view?.sale.itemCount).toBe(2)
    await stand.shoot('arabic')
    await payCash(stand, '2000')
    await stand.shoot('arabic-approved')
    await nextCustomer(stand)
    const menu = await openPane(stand, 'F10', 'menu')
    await page.locator('.language-menu-button').click()
    await page.getByRole('menuitemradio', { name: 'English' }).click()
    await page.keyboard.press('F10')
    await menu.waitFor({ state: 'detached' })
  }, 60_000)

  it('in the dark, and with more contrast', async () => {
    const { page } = stand
    await scan(stand, 'Umbrella', 'Cola, 0.33 l')
    await page.emulateMedia({ colorScheme: 'dark' })
    await stand.shoot('dark')
    await page.emulateMedia({ colorScheme: 'light' })
    const menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Appearance: Like the system').click()
    await page.getByRole('menuitemradio', { name: 'High contrast' }).click()
    await stand.shoot('high-contrast')
    await button(menu, 'Appearance: High contrast').click()
    await page.getByRole('menuitemradio', { name: 'Like the system' }).click()
    await page.keyboard.press('F10')
    await menu.waitFor({ state: 'detached' })
    await payCash(stand, '2000')
    await nextCustomer(stand)
  }, 60_000)

  it('a product whose price is made on the spot', async () => {
    const { page } = stand
    await stand.shop.counter.scanner.scan(REPAIR.gtin, { aim: ']E0' })
    await lineOf(stand, 'Repair').waitFor()
    const menu = await openPane(stand, 'F10', 'menu')
    await button(menu, 'Price of Repair, by agreement').click()
    await page.getByTestId('price').waitFor()
    await page.keyboard.type('3500', { delay: 80 })
    await stand.shoot('open-price')
    await page.keyboard.press('F9')
    await page.getByTestId('price').waitFor({ state: 'detached' })
    await totalIs(stand, '€35.00')
    await page.keyboard.press('F10')
    await payCash(stand, '4000')
    await nextCustomer(stand)
  }, 60_000)

  it('what the camera of the screen sees is sold', async () => {
    const { page } = stand
    await page.keyboard.press('F5')
    await page.getByTestId('camera-last').filter({ hasText: 'Read ' }).waitFor()
    await lineOf(stand, 'Kitchen sponges').waitFor()
    await stand.shoot('camera')
    await page.keyboard.press('Escape')
    await page.getByTestId('camera-scan').waitFor({ state: 'detached' })
    await payCash(stand, '200')
    await nextCustomer(stand)
  }, 60_000)

  it('every device says how it is, and the one that was unplugged says so on every screen', async () => {
    const { page, shop } = stand
    const devices = await openPane(stand, 'F12', 'devices')
    await printed(stand, () => button(devices, 'Print test page').click())
    await button(devices, 'Open drawer').click()
    await devices.getByText('The drawer is open.').waitFor()
    shop.counter.printer.pushDrawerShut()
    shop.counter.scanner.unplug()
    await devices.getByText('The device is not connected.').waitFor()
    await stand.shoot('devices')
    await page.keyboard.press('F12')
    await page.getByTestId('device-trouble').waitFor()
    // The other scanner goes on.
    await shop.counter.hidScanner.scan(productOf(stand, 'Salt pretzel').gtin, { aim: ']E0' })
    await lineOf(stand, 'Salt pretzel').waitFor()
    await stand.shoot('device-trouble')
    await shop.counter.scanner.replug()
    await page.getByTestId('device-trouble').waitFor({ state: 'detached' })
    await payCash(stand, '100')
    await nextCustomer(stand)
  }, 60_000)
})

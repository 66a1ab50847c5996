import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { demoShop, ean13 } from '../../../hub/demo-shop.ts'
import type { Shop as ShopFile } from '../../../hub/shop.ts'
import type { View } from '#protocol/till-api/api.ts'
import { inventPeople } from '../../demo/people.ts'
import { buildPages } from '../../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../../demo/shop.ts'
import type { Printed } from '../../device/receipt.ts'
import { launchBrowser } from '../browser.ts'
import { newCustomer, type Customer } from '../customer.ts'

const PICTURES = join(ROOT, '.build/journeys')
/** For everything that the screen owes a person: far more than they would wait. */
const PATIENCE = 8000

/** What a journey needs: a whole shop, its till's screen in Chromium, and a customer who can pay. */
export type Stand = {
  readonly shop: Shop
  readonly page: Page
  readonly customer: Customer
  /** Into `.build/journeys`, to be looked at. */
  shoot(name: string): Promise<void>
  close(): Promise<void>
}

/** Names of pictures end with `after`. */
export function photographer(page: Page, after = ''): Stand['shoot'] {
  mkdirSync(PICTURES, { recursive: true })
  return async (name) => void (await page.screenshot({ path: join(PICTURES, `${name}${after}.png`) }))
}

export type StandOptions = {
  /** People work here and sign in: Ada, a manager (1111), and Ben, a cashier (2222). */
  readonly withPeople?: true
  /** What is different from the demo shop. */
  readonly shop?: Partial<ShopFile>
  readonly look?: BrowserContextOptions
  readonly browserArgs?: readonly string[]
}

/** `customerDisplay`: the address of the screen on the other side of the counter. */
export type StandInBrowser = Stand & { readonly browser: Browser; readonly customerDisplay: string }

export async function openStand({ withPeople, shop: different, look = {}, browserArgs = [] }: StandOptions = {}): Promise<StandInBrowser> {
  const data = mkdtempSync(join(tmpdir(), 'journeys-'))
  const hubData = join(data, 'hub')
  mkdirSync(hubData, { recursive: true, mode: 0o700 })
  if (withPeople) inventPeople(hubData)
  if (different !== undefined) writeFileSync(join(hubData, 'shop.json'), JSON.stringify({ ...demoShop, ...different }))
  await buildPages({ log: () => {} })
  const shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
  const browser = await launchBrowser({ args: browserArgs })
  const page = await (await browser.newContext({ viewport: { width: 1366, height: 768 }, reducedMotion: 'reduce', ...look })).newPage()
  page.setDefaultTimeout(PATIENCE)
  await page.goto(shop.till.address ?? '')
  await page.getByTestId(withPeople ? 'signed-out' : 'link-strip').waitFor()
  await shop.till.until('hub and devices', ({ link, devices }) => link.state === 'online' && devices.every(({ state }) => state === 'ready'), 30_000)
  return {
    shop,
    browser,
    customerDisplay: readFileSync(join(data, 'till/customer-address'), 'utf8').trim(),
    page,
    customer: await newCustomer(shop.hub.http),
    shoot: photographer(page),
    close: async () => {
      await browser.close()
      await shop.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

export function productOf({ shop }: Stand, name: string): { readonly gtin: string; readonly name: string; readonly priceMinor: number } {
  const found = demoShop.products.find((each) => each.name === name) ?? shop.till.products.find((each) => each.name === name)
  if (found === undefined) throw new Error(`the shop sells no ${name}`)
  return found
}

/** With the scanner of the counter, as products are scanned. */
export async function scan(stand: Stand, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const line = lineOf(stand, name)
    const before = await line.count()
    const was = stand.shop.till.view?.sale.itemCount ?? 0
    const approved = stand.shop.till.view?.tender.stage === 'approved'
    await stand.shop.counter.scanner.scan(productOf(stand, name).gtin, { aim: ']E0' })
    if (before === 0 || approved) await line.first().waitFor()
    else await stand.shop.till.until(`another ${name}`, ({ sale }) => sale.itemCount > was)
  }
}

export const lineOf = ({ page }: Stand, text: string): Locator => page.getByTestId('basket-line').filter({ hasText: text })
export const tenderAt = ({ page }: Stand, stage: View['tender']['stage']): Locator => page.locator(`[data-testid="tender"][data-stage="${stage}"]`)
export const total = ({ page }: Stand): Locator => page.getByTestId('total')
export const button = (within: Page | Locator, name: string | RegExp): Locator => within.getByRole('button', { name })

export const totalIs = (stand: Stand, sum: string): Promise<void> => total(stand).filter({ hasText: sum }).waitFor()

/** The customer's phone shows a code, and the cashier scans it. */
export async function payByPhone(stand: Stand): Promise<void> {
  await stand.page.keyboard.press('F9')
  await tenderAt(stand, 'awaiting_code').waitFor()
  await stand.shop.counter.scanner.scan(await stand.customer.show())
  await tenderAt(stand, 'approved').waitFor()
}

/** Notes are counted into the dialog: what is typed are its digits. */
export async function payCash(stand: Stand, digits: string): Promise<void> {
  await stand.page.keyboard.press('F11')
  await stand.page.getByTestId('cash').waitFor()
  await stand.page.keyboard.type(digits, { delay: 80 })
  await stand.page.keyboard.press('F9')
  await tenderAt(stand, 'approved').waitFor()
}

export async function nextCustomer(stand: Stand): Promise<void> {
  await stand.page.keyboard.press('Enter')
  await tenderAt(stand, 'approved').waitFor({ state: 'detached' })
}

/** A pane of the bar, by its key. */
export async function openPane({ page }: Stand, key: 'F1' | 'F6' | 'F10' | 'F12', testId: string): Promise<Locator> {
  await page.keyboard.press(key)
  const pane = page.getByTestId(testId)
  await pane.waitFor()
  return pane
}

/** In the PIN form that is open. */
export async function enterPin(within: Locator, pin: string, does: string): Promise<void> {
  for (const digit of pin) await within.getByRole('button', { name: digit, exact: true }).click()
  await within.getByRole('button', { name: does }).click()
}

export async function signIn(stand: Stand, name: string, pin: string): Promise<void> {
  const form = stand.page.getByTestId('signed-out')
  await button(form, name).click()
  await enterPin(form, pin, 'Sign in')
  await stand.page.getByTestId('link-strip').waitFor()
}

type Paper = { readonly text: string; readonly codes: readonly string[] }

/** What the printer prints because of `act`: its text, line by line, and what its 2D codes say. */
export async function paperOf({ shop }: Stand, act: () => Promise<unknown>): Promise<Paper> {
  let stop = (): void => {}
  const came = new Promise<readonly Printed[]>((done) => (stop = shop.counter.printer.onReceipt(({ receipt }) => done(receipt.lines))))
  await act()
  const lines = await came
  stop()
  return {
    text: lines.map(({ pieces }) => pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')).join(' ')).join('\n'),
    codes: lines.flatMap(({ pieces }) => pieces.flatMap((piece) => (piece.kind === 'picture' && piece.code !== undefined ? [piece.code.text] : []))),
  }
}

export const printed = async (stand: Stand, act: () => Promise<unknown>): Promise<string> => (await paperOf(stand, act)).text

/** A label of a scale in the shop from its first twelve digits, which say what it is and its price or weight. */
export const scanLabel = (stand: Stand, twelve: string): Promise<void> => stand.shop.counter.scanner.scan(ean13(twelve), { aim: ']E0' })

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { freePort, startShop, type Shop } from '../demo/shop.ts'
import { payWith } from './cashier.ts'
import type { Customer } from './customer.ts'
import { findTillPage } from './electron-program.ts'

export type ShopWithWindow = { readonly shop: Shop; readonly page: Page; close(): Promise<void> }

/**
 * A whole demo shop whose till has its window: `program` is an Electron with the till in it, or a packaged till. The shop starts the window
 * as it does for a person; the test joins through Chromium's debugging port. `switches`: Chromium's own.
 */
export async function openShopWithWindow(program: string, data: string, switches: readonly string[] = []): Promise<ShopWithWindow> {
  const port = await freePort(0, 'the debugger', () => {})
  const debugged = join(data, 'debugged-till')
  writeFileSync(debugged, `#!/bin/sh\nexec '${program}' "$@" --devtools --remote-debugging-port=${port} ${switches.join(' ')}\n`, { mode: 0o700 })
  const shop = await startShop({ data, electron: debugged, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
  try {
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`)
    // Never closed by itself: the connection ends with the window, and Electron would keep a closing one waiting for half a minute.
    return { shop, page: await findTillPage(browser), close: () => shop.stop() }
  } catch (error) {
    await shop.stop()
    throw error
  }
}

/** One piece, as a cashier at the window sells it: scanned, paid by a shown code, approved, with a receipt from the printer. */
export async function makeSale(page: Page, shop: Shop, customer: Customer): Promise<void> {
  const receipts = shop.counter.printer.receipts.length
  await scanProduct(page, shop)
  await takePayment(page)
  await payWith(shop, await customer.show())
  await page.getByRole('heading', { name: 'Approved' }).waitFor()
  await page.getByText(/^Receipt .* printed$/).waitFor()
  if (shop.counter.printer.receipts.length !== receipts + 1) throw new Error('the window says that a receipt was printed, and none came out')
}

/** Presses “Take payment”; once more if the page stood still meanwhile, as it may on a busy machine, and for safety did not take the press. */
export async function takePayment(page: Page): Promise<void> {
  const asked = page.getByRole('heading', { name: 'Ask the customer to show their payment code' })
  const notTaken = page.getByText('What was pressed meanwhile was not done.')
  do {
    await page.getByRole('button', { name: 'Take payment' }).click()
    await asked.or(notTaken).first().waitFor()
  } while (!(await asked.isVisible()))
}

/** Scans the first product of the catalogue and waits until the window shows it in the basket. */
export async function scanProduct(page: Page, shop: Shop): Promise<void> {
  const product = shop.till.products[0]
  if (product === undefined) throw new Error('the catalogue is empty')
  await shop.counter.scanner.scan(product.gtin, { aim: ']E0' })
  await page.getByTestId('basket-line').filter({ hasText: product.name }).waitFor()
}

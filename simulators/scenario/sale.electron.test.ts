import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { untilHub } from './cashier.ts'
import { newCustomer, type Customer } from './customer.ts'
import { electronWithTill, scratch } from './electron-program.ts'
import { makeSale, openShopWithWindow, scanProduct, takePayment, type ShopWithWindow } from './shop-window.ts'

const runtime = scratch()
const data = scratch()
let opened: ShopWithWindow
let customer: Customer
beforeAll(async () => {
  await buildPages({ log() {} })
  opened = await openShopWithWindow(electronWithTill(runtime.folder), data.folder)
  customer = await newCustomer(opened.shop.hub.http)
})
afterAll(async () => {
  await opened?.close()
  runtime.remove()
  data.remove()
})

test('a sale at the till’s own window reaches the hub', async () => {
  const { shop, page } = opened
  await makeSale(page, shop, customer)
  const seen = await untilHub(shop, 'settled', ({ counts }) => counts.settled === 1)
  expect(seen.money.balanced).toBe(true)
})

test('the window tells that the core was killed, and comes back to the same basket', async () => {
  const { shop, page } = opened
  await scanProduct(page, shop)
  const pid = Number(readFileSync(join(data.folder, 'till/core.pid'), 'utf8'))
  process.kill(pid, 'SIGKILL')
  await page.getByRole('alert').filter({ hasText: 'The till is restarting itself.' }).waitFor()
  await page.getByText('The till came back to the same basket.').waitFor()
  expect(await page.getByTestId('basket-line').count()).toBe(1)
  await page.getByTestId('restarting').waitFor({ state: 'detached' })
  await takePayment(page)
})

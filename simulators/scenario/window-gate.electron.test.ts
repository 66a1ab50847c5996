import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { buildPages } from '../demo/pages.ts'
import { startShop, type Shop } from '../demo/shop.ts'
import { newCustomer, type Customer } from './customer.ts'
import { electronWithTill, openTillWindow, scratch } from './electron-program.ts'

const runtime = scratch()
const data = scratch()
let shop: Shop
let customer: Customer
let till: Awaited<ReturnType<typeof openTillWindow>>

/** A second till of the shop, without devices: its cashier types, and its scanner is one that types too. It hangs on the same network cable. */
beforeAll(async () => {
  await buildPages({ log() {} })
  shop = await startShop({ data: join(data.folder, 'shop'), ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
  customer = await newCustomer(shop.hub.http)
  const registered = await fetch(new URL('/api/tills', shop.hub.http), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Till 2' }),
  })
  const { code } = z.object({ code: z.string() }).parse(await registered.json())
  const mqtt = `${new URL(shop.hub.mqtt).protocol}//127.0.0.1:${shop.counter.cable.port}`
  till = await openTillWindow(electronWithTill(runtime.folder), [
    '--data',
    join(data.folder, 'till-2'),
    '--hub',
    shop.hub.http,
    '--enrol',
    code,
    '--mqtt',
    mqtt,
  ])
})
afterAll(async () => {
  await till?.close()
  await shop?.stop()
  runtime.remove()
  data.remove()
})

const linkIs = (state: string) => till.page.locator(`[data-testid="link-strip"][data-state="${state}"]`).waitFor({ timeout: 30_000 })
const closeWindow = () => till.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())

test('the window stays open while payments wait, says how much, and closes once the hub has them', async () => {
  const { page, program } = till
  await linkIs('online')
  shop.counter.cable.pull()
  await linkIs('offline')
  await page.locator('.product-grid button').first().click()
  await page.getByTestId('basket-line').waitFor()
  await page.getByRole('button', { name: 'Take payment' }).click()
  await page.getByRole('heading', { name: 'Ask the customer to show their payment code' }).waitFor()

  await closeWindow()
  const gate = page.getByTestId('gate')
  await gate.getByText('A payment is not finished.').waitFor()
  await gate.getByRole('button', { name: 'Cancel' }).click()
  await page.keyboard.type(await customer.show())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Approved' }).waitFor()

  await closeWindow()
  await gate.getByRole('heading', { name: 'The window stays open' }).waitFor()
  await gate.getByText(/^1 payment, €/).waitFor()
  shop.counter.cable.plug()
  await gate.getByRole('button', { name: 'Sync now' }).click()
  await gate.getByRole('heading', { name: 'The window can be closed now' }).waitFor({ timeout: 30_000 })

  const ended = new Promise((exit) => program.once('exit', exit))
  await gate.getByRole('button', { name: 'Close the window' }).click()
  expect(await ended).toBe(0)
})

import { afterAll, beforeAll, describe, it } from 'vitest'
import { buildPages } from '../../demo/pages.ts'
import { newCustomer } from '../customer.ts'
import { electronWithTill, scratch } from '../electron-program.ts'
import { openShopWithWindow, type ShopWithWindow } from '../shop-window.ts'
import { outliveAPowerCut, sellByKeyboard, sellByScan, sellByTouch, sellOffline } from './main-journeys.ts'
import { photographer, type Stand } from './stand.ts'

/** What a cashier does all day, at the till's own window. */
describe('at the till’s own window', () => {
  const runtime = scratch()
  const data = scratch()
  let opened: ShopWithWindow | undefined
  let stand: Stand

  beforeAll(async () => {
    await buildPages({ log() {} })
    opened = await openShopWithWindow(electronWithTill(runtime.folder), data.folder)
    const { shop, page, close } = opened
    stand = { shop, page, customer: await newCustomer(shop.hub.http), shoot: photographer(page, '-electron'), close }
    await page.getByRole('heading', { name: 'Basket' }).waitFor()
    await shop.till.until('hub and devices', ({ link, devices }) => link.state === 'online' && devices.every(({ state }) => state === 'ready'), 30_000)
  }, 180_000)
  afterAll(async () => {
    await opened?.close()
    runtime.remove()
    data.remove()
  })

  it('by scanning alone', () => sellByScan(stand), 60_000)
  it('by touch alone', () => sellByTouch(stand), 60_000)
  it('by keyboard alone', () => sellByKeyboard(stand), 60_000)
  it('offline', () => sellOffline(stand), 90_000)
  it('through a power cut', () => outliveAPowerCut(stand), 90_000)
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { filmOf } from './camera-film.ts'
import { electronWithTill, scratch } from './electron-program.ts'
import { openShopWithWindow, type ShopWithWindow } from './shop-window.ts'

const GTIN = '9520000000011'
const runtime = scratch()
const data = scratch()
let opened: ShopWithWindow | undefined
afterAll(async () => {
  await opened?.close()
  runtime.remove()
  data.remove()
})

/** The window's content security policy, its trusted types and its own scheme all stand between the page and its decoder. */
test('the camera of the till’s own window sells what is held before it', async () => {
  await buildPages({ log() {} })
  const film = join(data.folder, 'held.mjpeg')
  writeFileSync(film, await filmOf(GTIN))
  opened = await openShopWithWindow(electronWithTill(runtime.folder), data.folder, [
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture='${film}'`,
  ])
  const { page } = opened
  const product = opened.shop.till.products.find(({ gtin }) => gtin === GTIN)
  await page.getByRole('heading', { name: 'Basket' }).waitFor()
  await page.keyboard.press('F5')
  await page
    .getByTestId('camera-last')
    .filter({ hasText: `Read ${GTIN}` })
    .waitFor()
  await page
    .getByTestId('basket-line')
    .filter({ hasText: product?.name ?? GTIN })
    .waitFor()
  await page.keyboard.press('Escape')
  await page.getByTestId('camera-scan').waitFor({ state: 'detached' })
  expect(await page.getByTestId('basket-line').count()).toBe(1)
})

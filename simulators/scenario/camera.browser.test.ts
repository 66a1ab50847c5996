import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { ROOT, startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'
import { filmOf } from './camera-film.ts'

const SCREENS = join(ROOT, '.build/screens')

/** The browser tells nobody which cameras it has open. Text: this project knows no DOM. */
const REMEMBER_TRACKS = `{
  const { mediaDevices } = navigator
  const open = mediaDevices.getUserMedia.bind(mediaDevices)
  window.cameraTracks = []
  mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted)
    cameraTracks.push(...stream.getTracks())
    return stream
  }
}`

/** A camera of the till's own machine: Chromium plays a file in its place. */
describe('the camera of the screen', () => {
  let data: string
  let shop: Shop
  let browser: Browser | undefined

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'camera-'))
    mkdirSync(SCREENS, { recursive: true })
    await buildPages({ log: () => {} })
    shop = await startShop({ data, ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
  }, 180_000)

  afterEach(() => browser?.close())

  afterAll(async () => {
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  /** A headless browser asks nobody for permission: its arguments answer. */
  async function openTill(args: readonly string[]): Promise<Page> {
    browser = await launchBrowser({ args: ['--use-fake-device-for-media-stream', ...args] })
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.addInitScript(REMEMBER_TRACKS)
    await page.goto(shop.till.address ?? '')
    await page.getByRole('heading', { name: 'Basket' }).waitFor()
    await page.keyboard.press('F5')
    return page
  }

  it('sells what is held before it, and closes with Escape', async () => {
    const product = shop.till.products.find(({ gtin, soldBy }) => gtin.length === 13 && soldBy === undefined)
    if (product === undefined) throw new Error('the catalogue has no product with 13 digits')
    const film = join(data, 'held.mjpeg')
    writeFileSync(film, await filmOf(product.gtin))
    const page = await openTill(['--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${film}`])

    await page
      .getByTestId('camera-last')
      .filter({ hasText: `Read ${product.gtin}` })
      .waitFor()
    await page.getByTestId('basket-line').filter({ hasText: product.name }).waitFor()
    await page.screenshot({ path: join(SCREENS, 'camera.png') })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.screenshot({ path: join(SCREENS, 'camera-dark.png') })

    await page.keyboard.press('Escape')
    await page.getByTestId('camera-scan').waitFor({ state: 'detached' })
    // It was held all the time, and sold once.
    expect(await page.getByTestId('basket-line').count()).toBe(1)
  }, 60_000)

  it('goes dark when it is closed, opens again, and tells when it was pulled', async () => {
    const page = await openTill(['--use-fake-ui-for-media-stream'])
    const tracks = () => page.evaluate('cameraTracks.map(({ readyState }) => readyState)')
    const live = () => page.getByTestId('camera-last').filter({ hasText: 'Hold the code inside the frame.' }).waitFor()
    await live()
    expect(await tracks()).toEqual(['live'])
    await page.keyboard.press('Escape')
    await page.getByTestId('camera-scan').waitFor({ state: 'detached' })
    expect(await tracks()).toEqual(['ended'])

    await page.keyboard.press('F5')
    await live()
    await page.evaluate(`cameraTracks[1].dispatchEvent(new Event('ended'))`)
    await page.getByTestId('camera-trouble').filter({ hasText: 'The camera was unplugged.' }).waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await live()
    expect(await tracks()).toEqual(['ended', 'ended', 'live'])
  }, 60_000)

  it('says what to do when it may not be used', async () => {
    const page = await openTill(['--use-fake-ui-for-media-stream=deny'])
    await page.getByTestId('camera-trouble').filter({ hasText: 'This page may not use the camera.' }).waitFor()
    await page.screenshot({ path: join(SCREENS, 'camera-refused.png') })
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByTestId('camera-scan').waitFor({ state: 'detached' })
  }, 60_000)
})

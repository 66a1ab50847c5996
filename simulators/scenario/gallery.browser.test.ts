import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import axe, { type AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import sirv from 'sirv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { ROOT } from '../demo/shop.ts'
import { launchBrowser } from './browser.ts'

/**
 * Every part and every screen of the till by itself, in Chromium under the till's own content security policy: what axe finds against
 * WCAG 2.2 AA, in light and dark, from left to right and from right to left, and at 200 % zoom.
 */
const POLICY = "default-src 'self'; style-src 'self'; img-src 'self' data:"
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What another colour or another room can spoil; names and roles are the same in every look. */
const RULES_OF_LOOKS = ['color-contrast', 'target-size', 'scrollable-region-focusable']
const folder = join(ROOT, '.build/screens/gallery')

/** `look`: chosen at the till, against what the system asks for. */
type Look = {
  readonly name: string
  readonly language: string
  readonly options: BrowserContextOptions
  readonly zoomed?: true
  readonly look?: 'dark' | 'contrast'
}
const full = { width: 1366, height: 768 }
const SIDE_BY_SIDE = { concurrent: true, timeout: 300_000 }
const looks: readonly Look[] = [
  { name: 'light, left to right', language: 'en', options: { viewport: full, colorScheme: 'light' } },
  { name: 'dark, right to left', language: 'ar', options: { viewport: full, colorScheme: 'dark' } },
  { name: 'light, right to left, zoomed', language: 'ar', options: { viewport: { width: 683, height: 384 }, colorScheme: 'light' }, zoomed: true },
  { name: 'chosen dark, Chinese, upright', language: 'zh', options: { viewport: { width: 800, height: 1280 }, colorScheme: 'light' }, look: 'dark' },
  { name: 'chosen contrast', language: 'en', options: { viewport: { width: 1024, height: 768 }, colorScheme: 'light' }, look: 'contrast' },
]

describe('the gallery', () => {
  let server: Server | undefined
  let browser: Browser
  let address: string

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    await buildPages({ only: ['gallery'], log: () => {} })
    const files = sirv(join(ROOT, '.build/pages/gallery'), { setHeaders: (response) => response.setHeader('content-security-policy', POLICY) })
    const pages = createServer((request, response) => files(request, response))
    server = pages
    await new Promise<void>((listening) => pages.listen(0, '127.0.0.1', listening))
    const at = pages.address()
    address = `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}/`
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await new Promise<void>((closed) => (server === undefined ? closed() : server.close(() => closed())))
  })

  // Side by side: a scene takes some frames to be drawn, and a page that waits for them leaves the machine to another.
  it.each(looks)('$name: nothing that axe, the browser or a ruler finds wrong', SIDE_BY_SIDE, async ({ name, language, options, zoomed, look = 'system' }) => {
    const isFirst = name === looks[0]?.name
    const context = await browser.newContext({ ...options, reducedMotion: 'reduce' })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${address}?${new URLSearchParams({ language, look }).toString()}`)
    await page.evaluate(axe.source)
    const scripts = countScripts(page)
    const scenes = await page.locator('.gallery-links a').allTextContents()
    expect(scenes.length).toBeGreaterThan(25)
    for (const scene of ['', ...scenes]) {
      await page.evaluate(`location.hash = ${JSON.stringify(encodeURIComponent(scene))}`)
      await page.locator(`#root[data-scene="${scene}"]`).waitFor()
      await drawn(page, scripts)
      await page.screenshot({ path: join(folder, `${name} ${scene || 'parts'}.png`.replaceAll(/[ ,]+/g, '-')) })
      // Zoomed, the same elements have the same names and colours.
      if (zoomed !== true) complaints.push(...(await found(page, isFirst ? RULES : RULES_OF_LOOKS)).map((what) => `${scene || 'parts'}: ${what}`))
      if (zoomed !== true && scene !== '')
        complaints.push(...(await page.evaluate<string[]>(TOO_SMALL)).map((what) => `${scene}: too small for a finger: ${what}`))
      else {
        if (await isTooWide(page)) complaints.push(`${scene || 'parts'}: has to be scrolled sideways`)
        complaints.push(...(await page.evaluate<string[]>(SQUEEZED)).map((what) => `${scene || 'parts'}: squeezed until nothing of it is seen: ${what}`))
      }
    }
    await context.close()
    expect(complaints).toEqual([])
  })

  it('changes its language by keyboard, and the whole page with it', async () => {
    const page = await browser.newPage({ viewport: full })
    await page.goto(`${address}?scene=menu`)
    const choice = page.getByRole('button', { name: 'Language: English' })
    await choice.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitemradio', { name: '简体中文' }).waitFor()
    // The arrow keys are the menu's now, not those of the lines in the basket. Where it begins depends on when it had the focus.
    const arabic = page.getByRole('menuitemradio', { name: 'العربية' })
    const isFocused = (): Promise<boolean> => arabic.evaluate('(item) => item === document.activeElement')
    for (let presses = 0; presses < 4 && !(await isFocused()); presses++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'هذا الصندوق' }).waitFor()
    expect(await page.evaluate('[document.documentElement.lang, document.documentElement.dir]')).toEqual(['ar', 'rtl'])
    const [basket, work] = await Promise.all([page.locator('.sale').boundingBox(), page.locator('.till-work').boundingBox()])
    expect(basket?.x).toBeGreaterThan(work?.x ?? Infinity)
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toContain('العربية')
    await page.close()
  })

  it('keeps the focus in a dialog and gives it back, through the steps of a refund', async () => {
    const page = await browser.newPage({ viewport: full })
    await page.goto(`${address}?scene=sales`)
    const row = page.getByRole('button', { name: /A1B2C3-1-000042/ })
    await row.press('Enter')
    // The till is asked first what of the receipt can come back by its lines.
    await page.getByRole('heading', { name: 'Give money back' }).waitFor()
    await page.keyboard.press('F9')
    await page.getByRole('heading', { name: 'Give back €32.75?' }).waitFor()
    for (let press = 0; press < 5; press++) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.closest("[role=dialog]") !== null')).toBe(true)
    }
    // One step back, then out.
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'Give money back' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toContain('A1B2C3-1-000042')
    await page.close()
  })

  it('after a dialog that was touched, and after a pane, a screen reader goes on in the screen’s main region, and Enter presses nothing', async () => {
    const page = await browser.newPage({ viewport: full })
    await page.goto(`${address}?scene=sales`)
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.tagName')
    await page.getByRole('button', { name: /A1B2C3-1-000042/ }).click()
    await page.getByRole('heading', { name: 'Give money back' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(focused).toBe('MAIN')
    await page.keyboard.press('Enter')
    await page.keyboard.press('F6')
    await page.getByTestId('sales').waitFor({ state: 'detached' })
    await expect.poll(focused).toBe('MAIN')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.close()
  })
})

/** What a till loads before it can sell, compressed: a scanner's engine and the like come when they are first used. */
it('the screen of the till is small enough for a slow machine', async () => {
  const MAX_BYTES = 250_000
  await buildPages({ only: ['till'], log: () => {} })
  const page = join(ROOT, '.build/pages/till')
  const html = readFileSync(join(page, 'index.html'), 'utf8')
  const first = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, path]) => join(page, path ?? ''))
  expect(first.length).toBeGreaterThanOrEqual(2)
  expect(first.reduce((sum, path) => sum + gzipSync(readFileSync(path), { level: 9 }).length, 0)).toBeLessThan(MAX_BYTES)
}, 180_000)

/** How many scripts the page has asked for after its own. */
function countScripts(page: Page): { asked: number } {
  const scripts = { asked: 0 }
  page.on('request', (request) => {
    if (request.resourceType() === 'script') scripts.asked += 1
  })
  return scripts
}

/** After the keys and presses of the scene, which take a frame each. Whatever has its script fetched when it is first used is a dialog. */
async function drawn(page: Page, scripts: { readonly asked: number }): Promise<void> {
  const before = scripts.asked
  await page.locator('#root > *').first().waitFor()
  await page.evaluate('new Promise((done) => { let left = 6; const next = () => (left-- > 0 ? requestAnimationFrame(next) : done()); next() })')
  if (scripts.asked > before) await page.getByRole('dialog').first().waitFor()
}

async function found(page: Page, rules: readonly string[]): Promise<readonly string[]> {
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`)
  return violations.map(
    ({ id, nodes }) =>
      `${id} ${nodes
        .map(({ target, any }) => `${String(target)} ${any[0]?.message ?? ''}`)
        .slice(0, 3)
        .join(' | ')}`,
  )
}

/** A finger's: 48 px each way, or the label around it, which does the same. Half a pixel is rounding. */
const TOO_SMALL = `[...document.querySelectorAll('button, input, select, a[href], summary, [role="menuitemradio"], [role="tab"]')].flatMap((target) => {
  const { width, height } = (target.closest('label') ?? target).getBoundingClientRect()
  return width === 0 || (width >= 47.5 && height >= 47.5) ? [] : [Math.round(width) + ' x ' + Math.round(height) + ' ' + target.className + ' ' + target.textContent]
})`

/** What scrolls by itself and has less room than one row of it needs. */
const SQUEEZED = `[...document.querySelectorAll('#root *, [role="dialog"] *')].flatMap((box) => {
  const { overflowY } = getComputedStyle(box)
  const isSqueezed = (overflowY === 'auto' || overflowY === 'scroll') && box.clientHeight < 48 && box.scrollHeight > box.clientHeight + 1
  return isSqueezed ? [box.clientHeight + ' of ' + box.scrollHeight + ' ' + box.className] : []
})`

const isTooWide = (page: Page): Promise<boolean> => page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth + 1')

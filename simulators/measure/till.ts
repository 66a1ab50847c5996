import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { buildPages } from '../demo/pages.ts'
import { startShop, type Shop } from '../demo/shop.ts'
import { launchBrowser } from '../scenario/browser.ts'
import { percentile, rounded } from './percentile.ts'
import { emptyBasket, fillBasket, lineOf, lineWith, must } from './till-basket.ts'
import { inventGoods, type Goods } from './till-goods.ts'
import { measureInteractions } from './till-interactions.ts'
import { now, openProbed, type ProbedPage } from './till-page.ts'

/** How much of everything. `quick` is for a test, and too little for a 99th percentile. */
const SIZES = {
  full: { products: 50_000, loads: 5, scans: 300, slowScans: 40, presses: 30, searches: 60, warmUp: 20, sales: 1000, floors: 300 },
  quick: { products: 2000, loads: 1, scans: 4, slowScans: 2, presses: 2, searches: 2, warmUp: 2, sales: 10, floors: 20 },
} as const
type Amounts = (typeof SIZES)[keyof typeof SIZES]

export const tillParts = ['ready', 'scans', 'search', 'interactions', 'heap'] as const
export type TillPart = (typeof tillParts)[number]

const BASKETS = [1, 20, 200] as const
/** What a till of today is compared with: a processor so many times slower than this one. */
const SLOWER = 4

export const tillHelp = `till [--quick] [--part P] the cashier's screen in Chromium, over a real hub, core and bridge with simulated devices and 50,000 products:
                         from the window's opening to ready to sell (the slowest of 5, nothing cached); from the byte of the scanner to the
                         painted line with 1, 20 and 200 lines in the basket (the worst of them counts) beside its floor, an empty change of the page
                         until it is painted, and the core's part; from a key of a search to painted results; presses on a processor made ${SLOWER}
                         times slower, the slowest kind by Chromium's Event Timing, and until what was asked for is painted; bytes of the first load; the page's heap after 1,000 sales; _cpu_ms: of the
                         page's own thread, which a busy machine does not change. --quick: a few of each. --part: one of ${tillParts.join(', ')}.`

type Metrics = Readonly<Record<string, number>>

/** What a cashier waits for at the screen, or `only` a part of it. Milliseconds, kB of 1,000 bytes, MB of 1,000,000. */
export async function till(scratch: string, quick: boolean, only?: TillPart): Promise<{ readonly metrics: Metrics; readonly detail: unknown }> {
  const wants = (part: TillPart): boolean => only === undefined || only === part
  const amounts = quick ? SIZES.quick : SIZES.full
  mkdirSync(scratch, { recursive: true })
  await buildPages({ log: () => {} })
  const shop = await startShop({ data: mkdtempSync(join(scratch, 'till-')), ports: { till: 0, bench: 0, hub: 0 }, log: () => {} })
  const browser = await launchBrowser()
  try {
    const goods = inventGoods(amounts.products, amounts.searches)
    await stockUp(shop, goods)
    const ready = wants('ready') ? await measureReady(browser, shop, amounts) : {}
    const screen = await openProbed(browser, shop.till.address ?? '')
    const floor = await measureFloor(screen, amounts)
    const scans = wants('scans') ? await measureScans(screen, shop, goods, amounts) : {}
    const search = wants('search') ? await measureSearch(screen, goods) : {}
    const slow = wants('interactions') ? await measureInteractions(screen, shop, goods, { presses: amounts.presses, rate: SLOWER }) : undefined
    await emptyBasket(shop)
    const heap = wants('heap') ? await measureHeap(screen, shop, goods, amounts) : {}
    return {
      metrics: {
        ...ready,
        ...scans,
        ...floor,
        ...slow?.metrics,
        ...search,
        ...(wants('ready') ? { bundle_gzip_kb: bundleKb(screen) } : {}),
        ...heap,
      },
      detail: slow?.kinds ?? {},
    }
  } finally {
    await browser.close()
    await shop.stop()
  }
}

/** The owner imports the catalogue at the hub, and the till gets it, as any till does. */
async function stockUp(shop: Shop, { csv, goods }: Goods): Promise<void> {
  const response = await fetch(new URL('/api/catalogue/apply', shop.hub.http), { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv })
  if (!response.ok) throw new Error(`the hub did not take the catalogue: ${await response.text()}`)
  await shop.till.until('the new catalogue', () => shop.till.products.some(({ gtin }) => gtin === goods[0]?.gtin), 120_000)
  await shop.till.until('devices and hub', ({ link, devices }) => link.state === 'online' && devices.every(({ state }) => state === 'ready'), 30_000)
}

async function measureReady(browser: Browser, shop: Shop, { loads }: Amounts): Promise<Metrics> {
  const at = async (rate: number): Promise<readonly number[]> => {
    const times: number[] = []
    for (let load = 0; load < loads; load++) {
      const screen = await openProbed(browser, shop.till.address ?? '', rate)
      times.push(screen.readyMs)
      await screen.close()
    }
    return times
  }
  const [times, slow] = [await at(1), await at(SLOWER)]
  return { ready_ms: rounded(Math.max(...times), 0), ready_p50_ms: rounded(percentile(times, 0.5), 0), [`ready_${SLOWER}x_ms`]: rounded(Math.max(...slow), 0) }
}

async function measureFloor(screen: ProbedPage, { floors }: Amounts): Promise<Metrics> {
  const metrics: Record<string, number> = {}
  for (const [rate, name] of [
    [1, ''],
    [SLOWER, `_${SLOWER}x`],
  ] as const) {
    await screen.throttle(rate)
    const times: number[] = []
    for (let time = 0; time < floors; time++) times.push(await screen.floor())
    metrics[`floor_paint${name}_p50_ms`] = rounded(percentile(times, 0.5), 1)
    metrics[`floor_paint${name}_p99_ms`] = rounded(percentile(times, 0.99), 1)
  }
  await screen.throttle(1)
  return metrics
}

/** Each scan adds a line to a basket that has `BASKETS` lines, and is taken out again. */
async function measureScans(screen: ProbedPage, shop: Shop, goods: Goods, { scans, slowScans }: Amounts): Promise<Metrics> {
  const metrics: Record<string, number> = {}
  const core: number[] = []
  for (const lines of BASKETS) {
    const stack = await fillBasket(shop, goods, lines)
    for (const [rate, count, name] of [
      [1, scans, ''],
      [SLOWER, slowScans, `_${SLOWER}x`],
    ] as const) {
      await screen.throttle(rate)
      const times: number[] = []
      const busy = await screen.cpu()
      for (let scan = 0; scan < count; scan++) {
        const took = await scanOne(screen, shop, stack.next())
        times.push(took.painted)
        if (rate === 1) core.push(took.core)
      }
      // Of a line that comes and goes again, which is two changes.
      if (rate === 1) metrics[`scan_${lines}_lines_cpu_ms`] = rounded(((await screen.cpu()) - busy) / count / 2, 1)
      metrics[`scan_to_paint${name}_${lines}_lines_p50_ms`] = rounded(percentile(times, 0.5), 1)
      metrics[`scan_to_paint${name}_${lines}_lines_p99_ms`] = rounded(percentile(times, 0.99), 1)
    }
    await screen.throttle(1)
    await emptyBasket(shop)
  }
  const worst = (share: string) => Math.max(...BASKETS.map((lines) => metrics[`scan_to_paint_${lines}_lines_${share}_ms`] ?? NaN))
  return {
    scan_to_paint_p50_ms: worst('p50'),
    scan_to_paint_p99_ms: worst('p99'),
    ...metrics,
    scan_to_core_p50_ms: rounded(percentile(core, 0.5), 1),
    scan_to_core_p99_ms: rounded(percentile(core, 0.99), 1),
  }
}

/** From the moment in which the scanner's bytes leave it at once, until the new line is painted and until another screen has heard of it. */
async function scanOne(screen: ProbedPage, shop: Shop, { gtin, name }: Goods['goods'][number]): Promise<{ painted: number; core: number }> {
  let began = 0
  let heard = 0
  const { paintedAt } = await screen.painted(lineOf(name), async () => {
    began = now()
    void shop.counter.scanner.scan(gtin, { aim: ']E0', pacing: 'whole' })
    await shop.till.until(name, (view) => lineWith(view, gtin) !== undefined)
    heard = now()
  })
  const line = shop.till.view === undefined ? undefined : lineWith(shop.till.view, gtin)
  const gone = await screen.painted(`!${lineOf(name)}`, () => must(shop, { type: 'setQuantity', line: line?.id ?? '', quantity: 0 }))
  if (gone.paintedAt < paintedAt) throw new Error('a line was gone before it was there')
  return { painted: paintedAt - began, core: heard - began }
}

/** A person types letter by letter and looks at what comes. */
async function measureSearch(screen: ProbedPage, { searches }: Goods): Promise<Metrics> {
  const { page } = screen
  const times: number[] = []
  const busy = await screen.cpu()
  for (const text of searches) {
    await page.keyboard.press('F2')
    let typed = ''
    for (const letter of text.trim()) {
      typed += letter
      // What ends with a space is the same search as without it.
      if (letter === ' ') await page.keyboard.press('Space')
      else {
        const { paintedAt, pressedAt } = await screen.foundPainted(typed, () =>
          /^[ -~]$/.test(letter) ? page.keyboard.press(letter) : page.keyboard.insertText(letter),
        )
        times.push(paintedAt - (pressedAt ?? NaN))
      }
    }
    await page.keyboard.press('Escape')
  }
  const cpu = rounded(((await screen.cpu()) - busy) / times.length, 1)
  return {
    search_keys: times.length,
    search_cpu_ms: cpu,
    search_p50_ms: rounded(percentile(times, 0.5), 1),
    search_p99_ms: rounded(percentile(times, 0.99), 1),
  }
}

/** Everything that the first load fetched, compressed as well as gzip can. */
function bundleKb({ loaded }: ProbedPage): number {
  return rounded(loaded.reduce((sum, { bytes }) => sum + gzipSync(bytes, { level: 9 }).length, 0) / 1000, 1)
}

async function measureHeap(screen: ProbedPage, shop: Shop, goods: Goods, { warmUp, sales }: Amounts): Promise<Metrics> {
  const sell = async (count: number): Promise<void> => {
    for (let sale = 0; sale < count; sale++) {
      for (const piece of [0, 1, 2]) await must(shop, { type: 'addProduct', gtin: goods.goods[(sale * 3 + piece) % 500]?.gtin ?? '' })
      await must(shop, { type: 'payCash', tenderedMinor: 1_000_000 })
      await must(shop, { type: 'continue' })
    }
    await screen.page.getByText('Scan a product, or pick one from the list.').waitFor()
  }
  await sell(warmUp)
  const before = await screen.heap()
  await sell(sales)
  const after = await screen.heap()
  return { heap_mb: rounded(after / 1e6, 2), heap_growth_mb: rounded((after - before) / 1e6, 2) }
}

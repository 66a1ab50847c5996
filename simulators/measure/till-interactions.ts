import type { Locator, Page } from 'playwright-core'
import type { Shop } from '../demo/shop.ts'
import { percentile, rounded } from './percentile.ts'
import { emptyBasket, fillBasket, lineOf, lineWith, must } from './till-basket.ts'
import type { Goods } from './till-goods.ts'
import type { ProbedPage } from './till-page.ts'

const LINES = 20

/** A press that is prepared, what the page shows once it has done its work, and how everything is put back. */
type Kind = { readonly name: string; prepare(): Promise<() => Promise<unknown>>; readonly shows: string; back(): Promise<unknown> }

type Found = {
  readonly metrics: Readonly<Record<string, number>>
  /** One row a kind of press: input until its effect is painted (the core's answer included), and until Chromium's next paint. */
  readonly kinds: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/**
 * Presses on a processor made `rate` times slower, with 20 lines in the basket. `throttled_interaction_p99_ms`: input to next paint as Chromium measures it
 * (Event Timing, in steps of 8 ms), of the slowest kind of press; `throttled_effect`: until what was asked for is painted, the core's answer included.
 */
export async function measureInteractions(screen: ProbedPage, shop: Shop, goods: Goods, { presses, rate }: { presses: number; rate: number }): Promise<Found> {
  await fillBasket(shop, goods, LINES)
  await screen.throttle(rate)
  const found: Record<string, Record<string, number>> = {}
  const effects: number[] = []
  for (const kind of kindsOf(screen.page, shop, goods)) {
    const { effect, event } = await measureKind(screen, kind, presses)
    found[kind.name] = {
      effect_p50_ms: rounded(percentile(effect, 0.5), 1),
      effect_p99_ms: rounded(percentile(effect, 0.99), 1),
      event_p99_ms: rounded(percentile(event, 0.99), 0),
    }
    effects.push(...effect)
  }
  await screen.throttle(1)
  await emptyBasket(shop)
  const worst = (metric: string): number => Math.max(...Object.values(found).map((row) => row[metric] ?? NaN))
  return {
    metrics: {
      throttled_presses: presses * Object.keys(found).length,
      throttled_interaction_p99_ms: worst('event_p99_ms'),
      throttled_effect_p50_ms: rounded(percentile(effects, 0.5), 1),
      throttled_effect_p99_ms: rounded(percentile(effects, 0.99), 1),
    },
    kinds: found,
  }
}

async function measureKind(
  screen: ProbedPage,
  { prepare, shows, back }: Kind,
  presses: number,
): Promise<{ readonly effect: number[]; readonly event: number[] }> {
  const [effect, event]: [number[], number[]] = [[], []]
  // The first of each kind may load what is loaded when it is first used.
  for (let time = -1; time < presses; time++) {
    const act = await prepare()
    // What it took to get here is not told of as this press.
    await screen.rest()
    const { paintedAt, pressedAt } = await screen.painted(shows, act)
    // Chromium tells of an interaction some time after its frame was shown.
    await screen.rest()
    const longest = await screen.longestEvent()
    await back()
    await screen.rest()
    if (time < 0) continue
    effect.push(paintedAt - (pressedAt ?? NaN))
    event.push(longest)
  }
  return { effect, event }
}

/** By its place alone: Playwright's own way to a button looks at the whole page, on the processor that is measured. */
async function placeOf(page: Page, target: Locator): Promise<() => Promise<void>> {
  await target.scrollIntoViewIfNeeded()
  const box = await target.boundingBox()
  if (box === null) throw new Error(`${String(target)} is not on the screen`)
  return () => page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
}

const shown = (testId: string): string => `document.querySelector('[data-testid="${testId}"]')`

function kindsOf(page: Page, shop: Shop, { goods }: Goods): readonly Kind[] {
  // One that lies on the first shelf and not yet in the basket.
  const added = goods.slice(LINES).find(({ gtin }) => shop.till.products.slice(0, 40).some((product) => product.gtin === gtin))
  if (added === undefined) throw new Error('nothing to add by touch')
  const isGone = async (testId: string) => page.getByTestId(testId).waitFor({ state: 'detached' })
  const key = (press: string) => page.keyboard.press(press)
  const lastOf = () => shop.till.view?.sale.lines.at(-1)
  const setLast = async (quantity: number) => must(shop, { type: 'setQuantity', line: lastOf()?.id ?? '', quantity })
  const tag = (language: string) => `document.documentElement.lang === '${language}'`
  const languageTo = async (name: string) => page.getByRole('menuitemradio', { name }).click()
  const openLanguages = async () => page.locator('.language-menu-button').click()
  return [
    {
      name: 'add_by_touch',
      prepare: () => placeOf(page, page.locator('.tile').filter({ hasText: added.name })),
      shows: lineOf(added.name),
      back: async () => {
        const view = await shop.till.until('the touched product', (each) => lineWith(each, added.gtin) !== undefined)
        await must(shop, { type: 'setQuantity', line: lineWith(view, added.gtin)?.id ?? '', quantity: 0 })
        await page.getByTestId('basket-line').filter({ hasText: added.name }).waitFor({ state: 'detached' })
      },
    },
    {
      name: 'one_more',
      prepare: () => placeOf(page, page.getByRole('button', { name: 'One more' })),
      shows: `document.querySelector('.line-actions-quantity').textContent === '2'`,
      back: async () => {
        await setLast(1)
        await page.locator('.line-actions-quantity').filter({ hasText: /^1$/ }).waitFor()
      },
    },
    {
      name: 'take_payment',
      prepare: () => placeOf(page, page.getByRole('button', { name: 'Take payment' })),
      shows: `document.querySelector('[data-testid="tender"][data-stage="awaiting_code"]')`,
      back: async () => {
        await key('Escape')
        await page.getByRole('button', { name: 'Take payment' }).waitFor()
        await isGone('tender')
      },
    },
    {
      name: 'open_cash_dialog',
      prepare: async () => () => key('F11'),
      shows: shown('cash'),
      back: async () => {
        await key('Escape')
        await isGone('cash')
      },
    },
    {
      name: 'open_menu',
      prepare: async () => () => key('F10'),
      shows: shown('menu'),
      back: async () => {
        await key('F10')
        await isGone('menu')
      },
    },
    {
      // All the products come back, as after each sale.
      name: 'close_menu',
      prepare: async () => {
        await key('F10')
        await page.getByTestId('menu').waitFor()
        return () => key('F10')
      },
      shows: `document.querySelector('.tile')`,
      back: async () => isGone('menu'),
    },
    {
      name: 'cancel_payment',
      prepare: async () => {
        await key('F9')
        await page.getByTestId('tender').waitFor()
        return () => key('Escape')
      },
      shows: `document.querySelector('.tile')`,
      back: async () => isGone('tender'),
    },
    {
      name: 'switch_language',
      prepare: async () => {
        await key('F10')
        await openLanguages()
        const chinese = page.getByRole('menuitemradio', { name: '简体中文' })
        await chinese.waitFor()
        return placeOf(page, chinese)
      },
      shows: tag('zh-Hans'),
      back: async () => {
        await openLanguages()
        await languageTo('English')
        await page.locator('html[lang="en"]').waitFor()
        await key('F10')
        await isGone('menu')
      },
    },
  ]
}

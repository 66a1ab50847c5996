import type { PlacesView } from '#protocol/hub-api/watch.ts'
import { SECOND } from '#protocol/time.ts'
import { launchBrowser } from '../scenario/browser.ts'

const ASK_AGAIN = SECOND / 5
const GIVE_UP = 120 * SECOND

export type ConsolePaint = {
  /** From asking for the page, in a browser that has never seen it: until something is painted, and until the first question is answered in figures. Milliseconds. */
  readonly firstPaintMs: number
  readonly figuresMs: number
  /** From then on until the hub, which has just started, has read every posting for them. */
  readonly wholeMs: number
}

/** Of a hub that nobody has asked anything yet. */
export async function paintConsole(url: string): Promise<ConsolePaint> {
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
    await page.goto(url)
    await page.locator('#question-money .figures').first().waitFor({ timeout: GIVE_UP })
    const [firstPaintMs, figuresMs] = await page.evaluate<[number, number]>(
      `[performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()]`,
    )
    const begun = performance.now()
    while (!((await (await fetch(`${url}/api/places`)).json()) as PlacesView).whole) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN))
    return { firstPaintMs, figuresMs, wholeMs: performance.now() - begun }
  } finally {
    await browser.close()
  }
}

import type { Browser, CDPSession, Page } from 'playwright-core'

/** Milliseconds of this process's clock, to which those of a page are brought. */
export const now = (): number => performance.timeOrigin + performance.now()

/**
 * Runs in the till's page before its own script; text, since this project knows no DOM. `whenPainted` is called after the frame that draws what the page
 * says now: a frame's callbacks run before its style, layout and paint, and the message comes after them.
 */
const PROBE = `{
  const absolute = (at) => performance.timeOrigin + at
  const whenPainted = (report) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => report(performance.now())
      port2.postMessage(0)
    })
  let awaited
  let asked = ''
  const probe = (window.tillProbe = {
    pressedAt: undefined,
    longest: 0,
    result: undefined,
    /** Resolves \`result\` once \`find\` answers something and that is painted. */
    await(find) {
      probe.pressedAt = undefined
      probe.longest = 0
      probe.result = new Promise((done) => {
        awaited = { find, done }
        look()
      })
      return true
    },
    /** The same for the answer to a search. */
    awaitFound(text) {
      probe.pressedAt = undefined
      asked = text
      probe.result = new Promise((done) => (awaited = { done }))
      return true
    },
    async seen() {
      const paintedAt = await probe.result
      return { paintedAt: absolute(paintedAt), pressedAt: probe.pressedAt === undefined ? undefined : absolute(probe.pressedAt) }
    },
    /** The least that a change of the page takes until it is painted. */
    async floor() {
      const began = performance.now()
      document.documentElement.toggleAttribute('data-floor')
      return (await new Promise(whenPainted)) - began
    },
  })
  const finish = () => {
    const { done } = awaited
    awaited = undefined
    whenPainted(done)
  }
  const look = () => {
    if (awaited?.find?.()) finish()
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
  const pressed = (event) => (probe.pressedAt ??= event.timeStamp)
  for (const type of ['keydown', 'input', 'click']) addEventListener(type, pressed, true)
  new PerformanceObserver((list) => {
    for (const { duration, interactionId } of list.getEntries()) if (interactionId > 0) probe.longest = Math.max(probe.longest, duration)
  }).observe({ type: 'event', durationThreshold: 16 })
  const { WebSocket } = window
  window.WebSocket = class extends WebSocket {
    constructor(...of) {
      super(...of)
      this.addEventListener('message', ({ data }) => {
        if (asked !== '' && data.startsWith('{"type":"found"') && JSON.parse(data).text === asked) {
          asked = ''
          finish()
        }
      })
    }
  }
}`

export type Seen = { readonly paintedAt: number; readonly pressedAt: number | undefined }

/** A cashier's page that tells when it has painted what. Times are those of `now()`. */
export type ProbedPage = {
  readonly page: Page
  readonly cdp: CDPSession
  /** From the window's opening (its navigation) until the first view was painted, with nothing in the cache. */
  readonly readyMs: number
  /** What the first load fetched: path and bytes. */
  readonly loaded: readonly { readonly url: string; readonly bytes: Buffer }[]
  /** Does `act` and answers when the page had painted what `find`, an expression of the page, answers truly for the first time after it. */
  painted(find: string, act: () => Promise<unknown>): Promise<Seen>
  /** Likewise for the answer to a search for `text`. */
  foundPainted(text: string, act: () => Promise<unknown>): Promise<Seen>
  /** Chromium's own measure of the interactions since `painted` was called last: input to next paint, in steps of 8 ms; 0: none took 16 ms. */
  longestEvent(): Promise<number>
  /** Until the page has drawn, and nothing more is to be expected of it. */
  rest(): Promise<void>
  floor(): Promise<number>
  throttle(rate: number): Promise<void>
  /** Milliseconds for which the page's thread has worked so far. */
  cpu(): Promise<number>
  /** Bytes of the page's heap that are in use after a garbage collection. */
  heap(): Promise<number>
  close(): Promise<void>
}

/** The till's screen has its products and says how its link is: what is scanned now is sold. */
const READY = `document.querySelector('[data-testid="link-strip"]') && document.querySelector('.tile')`

/** Opens the till's screen in a browser context of its own, on a processor that is `rate` times slower than this one. */
export async function openProbed(browser: Browser, address: string, rate = 1): Promise<ProbedPage> {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } })
  const page = await context.newPage()
  await page.addInitScript(PROBE)
  await page.addInitScript(`tillProbe.await(() => ${READY})`)
  const cdp = await context.newCDPSession(page)
  const throttle = async (to: number) => void (await cdp.send('Emulation.setCPUThrottlingRate', { rate: to }))
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  await throttle(rate)
  const loading: Promise<{ url: string; bytes: Buffer } | undefined>[] = []
  page.on('response', (response) =>
    loading.push(
      response.body().then(
        (bytes) => ({ url: response.url(), bytes }),
        () => undefined,
      ),
    ),
  )
  await page.goto(address)
  const { readyMs } = await page.evaluate<{ readyMs: number }>('tillProbe.result.then((readyMs) => ({ readyMs }))')
  const loaded = (await Promise.all(loading)).filter((one) => one !== undefined)
  const ahead = await clockAhead(page)
  const seen = async (): Promise<Seen> => {
    const { paintedAt, pressedAt } = await page.evaluate<Seen>('tillProbe.seen()')
    return { paintedAt: paintedAt - ahead, pressedAt: pressedAt === undefined ? undefined : pressedAt - ahead }
  }
  return {
    page,
    cdp,
    readyMs,
    loaded,
    painted: async (find, act) => {
      await page.evaluate(`tillProbe.await(() => ${find})`)
      await act()
      return seen()
    },
    foundPainted: async (text, act) => {
      await page.evaluate(`tillProbe.awaitFound(${JSON.stringify(text)})`)
      await act()
      return seen()
    },
    longestEvent: () => page.evaluate<number>('tillProbe.longest'),
    rest: () => page.evaluate<void>('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))'),
    floor: () => page.evaluate<number>('tillProbe.floor()'),
    throttle,
    cpu: async () => {
      const { metrics } = await cdp.send('Performance.getMetrics')
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN)
    },
    heap: async () => {
      for (let times = 0; times < 3; times++) await cdp.send('HeapProfiler.collectGarbage')
      return (await cdp.send('Runtime.getHeapUsage')).usedSize
    },
    close: () => context.close(),
  }
}

/** By how much the page's clock is ahead of this process's: of several questions the one that was answered fastest, which is right to half its time. */
async function clockAhead(page: Page): Promise<number> {
  let best = { took: Infinity, ahead: 0 }
  for (let asked = 0; asked < 40; asked++) {
    const began = now()
    const there = await page.evaluate<number>('performance.timeOrigin + performance.now()')
    const took = now() - began
    if (took < best.took) best = { took, ahead: there - (began + took / 2) }
  }
  return best.ahead
}

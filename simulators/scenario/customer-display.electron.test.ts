import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { electronWithTill, isRunning, openTillWindow, scratch } from './electron-program.ts'

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 50 })

describe('the customer’s window', () => {
  const runtime = scratch()
  const data = scratch()
  let till: Awaited<ReturnType<typeof openTillWindow>>
  let customer: Page
  const find = async (host: string): Promise<Page> => {
    let found: Page | undefined
    await until(() => {
      found = till.app.windows().find((page) => page.url().startsWith(`stillpoint://${host}/`))
      expect(found).toBeDefined()
    })
    return found ?? expect.fail(host)
  }

  beforeAll(async () => {
    await buildPages({ only: ['till', 'customer-display', 'electron'], log() {} })
    till = await openTillWindow(electronWithTill(runtime.folder), ['--data', data.folder, '--customer-display'])
    customer = await find('customer')
  })
  afterAll(async () => {
    await till?.close()
    runtime.remove()
    data.remove()
  })

  test('opens beside the till’s, and shows what the core says: nobody sells here yet', async () => {
    await customer.locator('[data-testid="customer"][data-stage="closed"]').waitFor()
    expect(till.app.windows()).toHaveLength(2)
  })

  test('can be told something and can tell nobody anything, and reaches nothing else', async () => {
    const found = await customer.evaluate(`(async () => {
      const attempt = async (run) => { try { return 'did: ' + (await run()) } catch (error) { return error.name } }
      // In the page's own time: what the debugger evaluates itself is exempt from the policy.
      const later = (run) => new Promise((done) => setTimeout(() => attempt(run).then(done)))
      return {
        globals: ['stillpoint', 'require', 'process', 'module', 'ipcRenderer', 'electron'].filter((name) => name in globalThis),
        bridge: Object.entries(window.stillpointCustomer).map(([name, value]) => name + ': ' + typeof value),
        eval: await later(() => (0, eval)('1')),
        fetch: await later(() => fetch('stillpoint://till/index.html')),
        camera: await attempt(() => navigator.mediaDevices.getUserMedia({ video: true })),
        other: window.open('stillpoint://till/index.html') === null,
      }
    })()`)
    expect(found).toEqual({
      globals: [],
      bridge: ['onMessage: function'],
      eval: 'EvalError',
      fetch: 'TypeError',
      camera: 'NotAllowedError',
      other: true,
    })
  })

  test('stays where it is: not even the till’s own page can be opened in it', async () => {
    await customer.evaluate(`void (location.href = 'stillpoint://till/index.html')`)
    await customer.reload()
    await customer.getByTestId('customer').waitFor()
    expect(customer.url()).toBe('stillpoint://customer/index.html')
  })

  test('is as locked down as the till’s', async () => {
    const preferences: unknown = await till.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map(({ webContents }) => {
        const read = Reflect.get(webContents, 'getLastWebPreferences') as () => unknown
        return read.call(webContents)
      }),
    )
    const locked = { sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, webSecurity: true }
    expect(preferences).toMatchObject([locked, locked])
  })

  test('hears of the core again after it was killed', async () => {
    const pid = Number(readFileSync(join(data.folder, 'core.pid'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    await customer.locator('[data-waits]').waitFor()
    await customer.locator('[data-testid="customer"]:not([data-waits])').waitFor()
    expect(isRunning(pid)).toBe(false)
  })

  test('goes with the till’s', async () => {
    const ended = new Promise((exit) => till.program.once('exit', exit))
    await till.app.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) if (window.webContents.getURL().startsWith('stillpoint://till/')) window.close()
    })
    expect(await ended).toBe(0)
  })
})

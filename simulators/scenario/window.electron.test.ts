import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { electronWithTill, endProgram, isRunning, openTillWindow, scratch, startProgram, type Scratch } from './electron-program.ts'

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 50 })

const runtime = scratch()
let electron = ''
beforeAll(async () => {
  await buildPages({ only: ['till', 'electron'], log() {} })
  electron = electronWithTill(runtime.folder)
})
afterAll(() => runtime.remove())

/** What happens in the page is written as text: this project knows no DOM. */
const ATTEMPT = `
  const attempt = async (run) => {
    try {
      return 'did: ' + (await run())
    } catch (error) {
      return error.name
    }
  }
`

async function open(data: string, ...args: string[]) {
  const window = await openTillWindow(electron, ['--data', data, ...args])
  await window.page.getByTestId('blocked').waitFor()
  return window
}

describe('a new till’s window', () => {
  const data = scratch()
  let shared: Awaited<ReturnType<typeof open>>
  beforeAll(async () => {
    shared = await open(data.folder)
  })
  afterAll(async () => {
    await shared?.close()
    data.remove()
  })

  test('a new till opens its window and asks for what it needs', async () => {
    const { page, app } = shared
    expect(page.url()).toBe('stillpoint://till/index.html')
    await page.getByText('This till is not known to a hub yet.').waitFor()
    expect(app.windows()).toHaveLength(1)
    expect(await app.evaluate(({ Menu }) => Menu.getApplicationMenu())).toBeNull()
  })

  test('the page holds nothing but its two functions, and its policy is in force', async () => {
    const { page } = shared
    const found = await page.evaluate(`(async () => {
      ${ATTEMPT}
      // In the page's own time: what the debugger evaluates itself is exempt from the policy.
      const later = (run) => new Promise((done) => setTimeout(() => attempt(run).then(done)))
      const loads = (element, src) => new Promise((load, fail) => {
        Object.assign(element, { onload: load, onerror: () => fail(new Error()), src })
        document.body.append(element)
      })
      return {
        globals: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter((name) => name in globalThis),
        bridge: Object.entries(window.stillpoint).map(([name, value]) => name + ': ' + typeof value),
        secure: isSecureContext,
        eval: await later(() => (0, eval)('1')),
        function: await later(() => new Function('return 1')()),
        markup: await later(() => document.body.insertAdjacentHTML('beforeend', '<b></b>')),
        fetch: await later(() => fetch('https://example.com/')),
        fetchOwn: await later(() => fetch('index.html')),
        socket: await later(() => new Promise((open, fail) => Object.assign(new WebSocket('ws://127.0.0.1:9/'), { onopen: open, onerror: () => fail(new Error()) }))),
        image: await later(() => loads(document.createElement('img'), 'https://example.com/a.png')),
        style: await later(() => {
          const style = document.createElement('style')
          style.textContent = 'body { color: rgb(1, 2, 3) }'
          document.head.append(style)
          return getComputedStyle(document.body).color === 'rgb(1, 2, 3)'
        }),
      }
    })()`)
    expect(found).toEqual({
      globals: [],
      bridge: ['send: function', 'onMessage: function'],
      secure: true,
      eval: 'EvalError',
      function: 'EvalError',
      markup: 'TypeError',
      fetch: 'TypeError',
      fetchOwn: 'TypeError',
      socket: 'Error',
      image: 'Error',
      style: 'did: false',
    })
  })

  test('the renderer is sandboxed and isolated', async () => {
    const { app } = shared
    const preferences: unknown = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents ?? {}
      // Not in Electron's typings, but the only one that says what was made of the settings.
      const read = Reflect.get(contents, 'getLastWebPreferences') as () => unknown
      return read.call(contents)
    })
    expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, webSecurity: true })
  })

  test('the camera is allowed and nothing else is', async () => {
    const { page } = shared
    const found = await page.evaluate(`(async () => {
      ${ATTEMPT}
      const media = (wanted) => attempt(async () => (await navigator.mediaDevices.getUserMedia(wanted)).getTracks().map(({ kind }) => kind))
      const state = (name) => attempt(async () => (await navigator.permissions.query({ name })).state)
      return {
        camera: await media({ video: true }),
        microphone: await media({ audio: true }),
        both: await media({ audio: true, video: true }),
        screen: await attempt(() => navigator.mediaDevices.getDisplayMedia({ video: true })),
        notifications: await attempt(() => Notification.requestPermission()),
        location: await state('geolocation'),
        clipboard: await state('clipboard-read'),
        midi: await state('midi'),
      }
    })()`)
    expect(found).toEqual({
      camera: 'did: video',
      microphone: 'NotAllowedError',
      both: 'NotAllowedError',
      screen: 'NotAllowedError',
      notifications: 'did: denied',
      location: 'did: denied',
      clipboard: 'did: denied',
      midi: 'did: denied',
    })
  })

  test('there is no way out of the page: no other address, no second window, no embedded page', async () => {
    const { page, app } = shared
    await app.evaluate(({ BrowserWindow }) => {
      const visited: string[] = []
      Object.assign(globalThis, { visited })
      BrowserWindow.getAllWindows()[0]?.webContents.on('did-navigate', (_event, url) => visited.push(url))
    })
    for (const url of ['https://example.com/', 'stillpoint://till/index.html', 'about:blank']) {
      expect(await page.evaluate(`window.open(${JSON.stringify(url)})`)).toBeNull()
    }
    for (const url of ['https://example.com/', 'stillpoint://till/other.html', 'file:///etc/passwd', 'data:text/html,x']) {
      await page.evaluate(`void (location.href = ${JSON.stringify(url)})`)
    }
    await page.evaluate(`(() => {
      const add = (name, attributes) => {
        const element = Object.assign(document.createElement(name), attributes)
        document.body.append(element)
        return element
      }
      add('webview', { src: 'https://example.com/' })
      add('iframe', { src: 'https://example.com/' })
      add('a', { href: 'https://example.com/', target: '_blank' }).click()
    })()`)
    // A trip through all processes and back: what was going to happen has happened.
    await page.reload()
    await page.getByTestId('blocked').waitFor()
    expect(await app.evaluate(() => Reflect.get(globalThis, 'visited') as unknown)).toEqual(['stillpoint://till/index.html'])
    expect(app.windows()).toHaveLength(1)
  })

  test('a page that left for nowhere is brought back', async () => {
    const { page } = shared
    await Promise.all([
      page.waitForEvent('framenavigated', (frame) => frame.url() === 'about:blank'),
      page.evaluate(`void setTimeout(() => (location.href = 'about:blank'))`),
    ])
    await page.waitForURL('stillpoint://till/index.html')
    await page.getByTestId('blocked').waitFor()
    expect(page.url()).toBe('stillpoint://till/index.html')
  })

  test('what is not a command never reaches the core, and does the till no harm', async () => {
    const { page, program } = shared
    let said = ''
    program.stderr?.on('data', (text: Buffer) => (said += text.toString()))
    const refusals = () => said.match(/the screen sent something that is not a command/g)?.length
    await page.evaluate(
      `[{ type: 'command', id: 'x', command: { type: 'sellEverything' } }, 'x'.repeat(10_000_000), null, undefined].forEach(window.stillpoint.send)`,
    )
    await until(() => expect(refusals()).toBe(4))
    await page.reload()
    await page.getByTestId('blocked').waitFor()
  })

  test('a page that crashes is loaded again', async () => {
    const { app } = shared
    const isBack = await app.evaluate(async ({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents
      const loaded = new Promise((done) => contents?.once('did-finish-load', () => done(undefined)))
      contents?.forcefullyCrashRenderer()
      await loaded
      return contents?.executeJavaScript('document.getElementById("root") !== null && "stillpoint" in window') as Promise<unknown>
    })
    expect(isBack).toBe(true)
  })
})

describe('one till, one program', () => {
  let data: Scratch
  let opened: Awaited<ReturnType<typeof open>> | undefined
  beforeEach(() => {
    data = scratch()
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
    data.remove()
  })

  const start = async (...args: string[]) => (opened = await open(data.folder, ...args))
  const pidOf = (name: string) => Number(readFileSync(join(data.folder, `${name}.pid`), 'utf8'))

  test('a second copy for the same till leaves the first one alone and ends; one for another till runs', async () => {
    const { page } = await start()
    const second = startProgram(electron, ['--data', data.folder])
    expect(await new Promise((ended) => second.once('exit', ended))).toBe(0)
    expect(await page.getByTestId('blocked').isVisible()).toBe(true)

    const other = scratch()
    const third = startProgram(electron, ['--data', other.folder])
    try {
      await until(() => expect(existsSync(join(other.folder, 'screen-address'))).toBe(true))
    } finally {
      await endProgram(third)
      other.remove()
    }
  })

  test('a till whose data cannot be kept says so and ends', async () => {
    const file = join(data.folder, 'a-file')
    writeFileSync(file, '')
    const program = startProgram(electron, ['--data', file])
    let said = ''
    program.stderr?.on('data', (text: Buffer) => (said += text.toString()))
    expect(await new Promise((ended) => program.once('close', ended))).toBe(1)
    expect(said).toContain('Stillpoint cannot start')
    expect(said).toContain(file)
  })

  test('a kiosk fills the display and is not closed by the person in front of it', async () => {
    const { page, app, program } = await start('--kiosk')
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isKiosk()))).toEqual([true])
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
    expect(await page.getByTestId('blocked').isVisible()).toBe(true)
    await endProgram(program)
  })

  test('closing the window ends core and bridge', async () => {
    const { app, program } = await start()
    const pids = [pidOf('core'), pidOf('bridge')]
    expect(pids.every(isRunning)).toBe(true)
    const ended = new Promise((exit) => program.once('exit', exit))
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
    expect(await ended).toBe(0)
    await until(() => expect(pids.filter(isRunning)).toEqual([]))
  })

  test('core and bridge end when Electron is killed without a word', async () => {
    const { program } = await start()
    const pids = [pidOf('core'), pidOf('bridge')]
    program.kill('SIGKILL')
    await until(() => expect(pids.filter(isRunning)).toEqual([]))
  })

  test('a killed core comes back under another process id, and the screen gets its view', async () => {
    const { page } = await start()
    const before = pidOf('core')
    process.kill(before, 'SIGKILL')
    await until(() => {
      expect(pidOf('core')).not.toBe(before)
      expect(isRunning(pidOf('core'))).toBe(true)
    })
    await page.reload()
    await page.getByTestId('blocked').waitFor()
  })
})

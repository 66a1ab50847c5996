import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { _electron, chromium, type Browser, type ElectronApplication, type Page } from 'playwright-core'

export const ROOT = resolve(import.meta.dirname, '../..')

/** As root, as in most containers, Chromium refuses its own sandbox. For tests only: no till is ever started so. */
const AS_ROOT = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** A folder for one test, and how to be rid of it. */
export type Scratch = { readonly folder: string; remove(): void }

export function scratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'stillpoint-electron-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * A copy of the Electron in STILLPOINT_ELECTRON (the path of its program) below `folder`, without an application.
 * A copy, because Electron finds its application beside itself, and tests run side by side.
 */
export function copyElectron(folder: string): string {
  const given = process.env['STILLPOINT_ELECTRON']
  if (given === undefined) throw new Error('These tests need STILLPOINT_ELECTRON=/path/to/electron, and a display (xvfb-run -a).')
  const original = dirname(realpathSync(given))
  const copy = join(folder, 'electron')
  cpSync(original, copy, { recursive: true, filter: (from) => relative(original, from) !== join('resources', 'app') })
  return copy
}

/** Lets the copied Electron run this repository's till. Returns the path of its program. */
export function electronWithTill(folder: string): string {
  const electron = copyElectron(folder)
  const app = join(electron, 'resources/app')
  mkdirSync(app)
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'stillpoint', type: 'module', main: relative(app, join(ROOT, '.build/electron/main.js')) }))
  return join(electron, basename(process.env['STILLPOINT_ELECTRON'] ?? 'electron'))
}

export type TillWindow = { readonly page: Page; readonly program: ChildProcess; close(): Promise<void> }

/** Opens the till's window under Playwright's eyes. Closing it twice does no harm. */
export async function openTillWindow(executablePath: string, args: readonly string[]): Promise<TillWindow & { readonly app: ElectronApplication }> {
  const app = await launch(executablePath, [...AS_ROOT, '--use-fake-device-for-media-stream', ...args])
  const program = app.process()
  return { app, program, page: await app.firstWindow(), close: () => (hasEnded(program) ? Promise.resolve() : app.close()) }
}

const LAUNCH_WITHIN = 20_000
const LAUNCHES = 3

/**
 * About one launch in fourteen never comes back: the window is there and the till works, but Playwright and Electron's inspector each wait for the other, and
 * Playwright's own timeout does not cover that. Such a program is ended and started again.
 */
async function launch(executablePath: string, args: readonly string[], attempt = 1): Promise<ElectronApplication> {
  const stuck = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => stuck.resolve(undefined), LAUNCH_WITHIN)
  const launched = _electron.launch({ executablePath, args: [...args], env: withoutVitest() })
  const app = await Promise.race([launched, stuck.promise]).finally(() => clearTimeout(timer))
  if (app !== undefined) return app
  launched.catch(() => undefined)
  for (const pid of runningWith(executablePath, args)) process.kill(pid, 'SIGKILL')
  if (attempt === LAUNCHES) throw new Error(`Electron did not come up for Playwright, ${LAUNCHES} times`)
  return await launch(executablePath, args, attempt + 1)
}

/** Programs of this Electron that were started with these arguments; Linux only, as these tests are. */
const runningWith = (executablePath: string, args: readonly string[]): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const given = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return given[0] === executablePath && args.every((argument) => given.includes(argument))
      } catch {
        return false
      }
    })
    .map(Number)

/**
 * Opens the window of a packaged till. Its fuses refuse Node's inspector, which Playwright's Electron support needs, so it is driven through
 * Chromium's debugging port, which `--devtools` lets through.
 */
export async function openPackagedWindow(executablePath: string, args: readonly string[]): Promise<TillWindow> {
  const program = startProgram(executablePath, ['--devtools', '--remote-debugging-port=0', ...args])
  const close = () => endProgram(program)
  try {
    const address = await saysOnStderr(program, /^DevTools listening on (ws:\S+)/m)
    const browser = await chromium.connectOverCDP(address)
    return { program, page: await findTillPage(browser), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The till's page among those of a debugged Electron, now or as soon as it is there. */
export async function findTillPage(browser: Browser): Promise<Page> {
  const isTill = (page: Page) => page.url().startsWith('stillpoint://till/')
  const context = browser.contexts()[0]
  const page = context?.pages().find(isTill) ?? (await context?.waitForEvent('page', { predicate: isTill }))
  if (page === undefined) throw new Error('Electron has no window')
  return page
}

export function startProgram(executablePath: string, args: readonly string[]): ChildProcess {
  return spawn(executablePath, [...AS_ROOT, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env: withoutVitest() })
}

export async function endProgram(program: ChildProcess): Promise<void> {
  if (hasEnded(program)) return
  const ended = new Promise((resolve) => program.once('exit', resolve))
  program.kill('SIGTERM')
  await ended
}

/** Resolves with the first group of `pattern`, rejects with all that was said when the program ends without saying it. */
function saysOnStderr(program: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    program.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = pattern.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
    program.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)))
    program.once('error', reject)
  })
}

const hasEnded = (program: ChildProcess) => program.exitCode !== null || program.signalCode !== null

/** False once the process is gone, or merely waits for an init that reaps it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** What vitest sets for itself is not part of a till's environment. */
function withoutVitest(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !/^VITEST|^NODE_/.test(entry[0])),
  )
}

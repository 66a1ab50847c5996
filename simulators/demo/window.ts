import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A window can be opened here, or why not. */
export type WindowChance = { readonly electron: string } | { readonly reason: string }

const DOWNLOAD_PATIENCE = 120_000

/**
 * Where Electron's program is: `ELECTRON_OVERRIDE_DIST_PATH` (Electron's own variable), the one of the npm package, or fetched now by that package, which
 * downloads it at its first use. On a machine that cannot fetch it the till is in the browser instead.
 */
export async function findElectron(root: string, log: (line: string) => void): Promise<WindowChance> {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return { reason: 'there is no display here' }
  const installed = existsSync(join(root, 'node_modules/electron/path.txt')) || process.env['ELECTRON_OVERRIDE_DIST_PATH'] !== undefined
  if (!installed) log('Fetching Electron for the till’s window (once)…')
  const child = spawn(process.execPath, ['-p', 'require("electron")'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], timeout: DOWNLOAD_PATIENCE })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const code = await new Promise<number | null>((done) => child.on('close', done).on('error', () => done(1)))
  const path = out.trim().split('\n').at(-1) ?? ''
  return code === 0 && existsSync(path) ? { electron: path } : { reason: 'Electron’s program is not installed and could not be fetched' }
}

/** Opens the till's window; it starts and supervises the core and the bridge. What it says, Chromium's remarks among it, goes to the log. */
export function openWindow(electron: string, root: string, args: readonly string[], log: (line: string) => void): ChildProcess {
  // As root Chromium refuses its own sandbox; nobody runs a shop as root, but containers and CI do run the demo so.
  const asRoot = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const child = spawn(electron, [...asRoot, join(root, '.build/electron/main.js'), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', log)
  return child
}

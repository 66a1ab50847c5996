import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { chromium, type Browser } from 'playwright-core'
import { z } from 'zod'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const LAUNCH_MS = 60_000
/** The font of the simulated printer, for systems that have none with Chinese: its text would be invisible. */
const CHINESE = join(root, 'node_modules/@expo-google-fonts/zcool-xiaowei/400Regular')

/**
 * The Chromium of browser tests and of scripts that take pictures, headless. On Linux x64 the one that npm brought, which needs nothing of
 * the system; elsewhere the Chromium, Chrome or Edge that Playwright finds. Rejects with what to do when there is none.
 */
export async function launchBrowser({ args = [] }: { readonly args?: readonly string[] } = {}): Promise<Browser> {
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { executablePath, env } = await ownChromium()
    // It comes without the helper that Chromium's own sandbox needs; only our own pages are opened in it.
    return chromium.launch({ executablePath, env, args: ['--no-sandbox', ...args], timeout: LAUNCH_MS })
  }
  const refusals: string[] = []
  for (const channel of ['chromium', 'chrome', 'msedge']) {
    try {
      return await chromium.launch({ channel, args: [...args], timeout: LAUNCH_MS })
    } catch (error) {
      refusals.push(`${channel}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`)
    }
  }
  throw new Error(`No browser for the tests. Install Google Chrome, or run \`npx playwright-core install chromium\`.\n${refusals.join('\n')}`)
}

type OwnChromium = { readonly executablePath: string; readonly env: Record<string, string> }

/** Unpacks @sparticuz/chromium into `.build/chromium/VERSION`, once: into a folder of its own first, so that several at once do no harm. */
async function ownChromium(): Promise<OwnChromium> {
  const packageFolder = join(root, 'node_modules/@sparticuz/chromium')
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')))
  const folder = join(root, '.build/chromium', version)
  if (!existsSync(folder)) {
    mkdirSync(join(root, '.build/chromium'), { recursive: true })
    const partial = mkdtempSync(`${folder}-`)
    try {
      await unpack(packageFolder, partial)
      renameSync(partial, folder)
    } catch (error) {
      if (!existsSync(folder)) throw error
    } finally {
      rmSync(partial, { recursive: true, force: true })
    }
  }
  const executablePath = join(folder, 'chromium')
  const { stdout: libraries } = await run('ldd', [executablePath])
  const env = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  env.push(['FONTCONFIG_FILE', writeFontConfig(folder)])
  // The libraries that it brings along suit most systems; the system's own, where there are any, always do.
  if (libraries.includes('not found')) env.push(['LD_LIBRARY_PATH', join(folder, 'al2023/lib')])
  return { executablePath, env: Object.fromEntries(env) }
}

/** The package unpacks into TMPDIR, and takes whatever lies there under the same names for its own: hence a process with a TMPDIR of its own. */
async function unpack(packageFolder: string, into: string): Promise<void> {
  const script = `
    import chromium, { inflate } from '@sparticuz/chromium'
    await chromium.executablePath()
    await inflate(${JSON.stringify(join(packageFolder, 'bin/al2023.tar.br'))})`
  await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, env: { ...process.env, TMPDIR: into } })
}

/** A system without fonts draws no text at all: the font that came along, and whatever the system has. */
function writeFontConfig(folder: string): string {
  const path = join(folder, 'fonts.conf')
  const own = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <dir>${CHINESE}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, 'font-cache')}</cachedir>
</fontconfig>
`
  if (!existsSync(path) || readFileSync(path, 'utf8') !== own) writeFileSync(path, own)
  return path
}

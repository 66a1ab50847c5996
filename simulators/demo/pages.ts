import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { InlineConfig, Plugin } from 'vite'
import { z } from 'zod'
import { systemClock } from '#protocol/node/clock.ts'
import { readOptions } from '../measure/options.ts'

/**
 * Browsers and Electron cannot run TypeScript, so the pages and Electron's two files are bundled with Vite into `.build/`, and only when
 * something that went into them has changed.
 */
const root = resolve(import.meta.dirname, '../..')
const build = join(root, '.build')
const STALL_MS = 180_000
const PUT_ATTEMPTS = 10

type Target = { readonly source: string; readonly output: string; readonly made: string; readonly configs: (outDir: string) => readonly InlineConfig[] }

const page = (source: string, name: string): Target => ({
  source,
  output: `pages/${name}`,
  made: 'index.html',
  configs: (outDir) => [
    {
      root: join(root, source),
      base: './',
      // Everything in a file of its own: the pages' content security policy allows no inline script or style, and no data: addresses.
      build: { outDir, emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    },
  ],
})

const electronFile =
  (file: string, format: 'es' | 'cjs', made: string) =>
  (outDir: string): InlineConfig => ({
    root: join(root, 'terminal/electron'),
    ssr: { noExternal: true },
    build: {
      ssr: file,
      outDir,
      // Electron 33 has Node 20 inside.
      target: 'node20',
      minify: false,
      emptyOutDir: false,
      rolldownOptions: { external: ['electron', /^node:/], output: { format, entryFileNames: made, codeSplitting: false } },
    },
  })

const targets = {
  till: page('terminal/renderer', 'till'),
  gallery: page('terminal/renderer/gallery', 'gallery'),
  'customer-display': page('terminal/renderer/customer-display', 'customer-display'),
  console: page('hub/console', 'console'),
  bench: page('simulators/bench/page', 'bench'),
  wallet: page('simulators/wallet/page', 'wallet'),
  electron: {
    source: 'terminal/electron',
    output: 'electron',
    made: 'main.js',
    // A sandboxed preload script cannot be an ES module.
    configs: (outDir: string) => [
      electronFile('main.ts', 'es', 'main.js')(outDir),
      electronFile('preload.ts', 'cjs', 'preload.cjs')(outDir),
      electronFile('customer-preload.ts', 'cjs', 'customer-preload.cjs')(outDir),
    ],
  },
} as const satisfies Record<string, Target>

export type PageName = keyof typeof targets
export const pageNames = Object.keys(targets) as readonly PageName[]
/** The gallery is for whoever works on the screen: no shop needs it. */
const shopPages = pageNames.filter((name) => name !== 'gallery')

/** What went into a bundle: path from the root, and SHA-256 of its bytes. */
const stampShape = z.record(z.string(), z.string())
const stampPath = (name: PageName): string => join(build, 'stamps', `${name}.json`)
const outputPath = (name: PageName): string => join(build, targets[name].output)

const digest = (path: string): string => {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64url')
  } catch {
    return 'absent'
  }
}

function isFresh(name: PageName): boolean {
  if (!existsSync(join(outputPath(name), targets[name].made)) || !existsSync(stampPath(name))) return false
  const stamp = stampShape.safeParse(JSON.parse(readFileSync(stampPath(name), 'utf8')))
  return stamp.success && Object.entries(stamp.data).every(([path, hash]) => digest(join(root, path)) === hash)
}

/**
 * Makes the bundles that are not there or not up to date, in a process of its own: Vite looks at NODE_ENV, and a shop that runs for days
 * need not carry a bundler. Rejects with what the bundler said. Several callers at once, in several processes, do not disturb each other.
 */
export async function buildPages({ only = shopPages, log }: { readonly only?: readonly PageName[]; readonly log: (line: string) => void }): Promise<void> {
  const stale = only.filter((name) => !isFresh(name))
  if (stale.length === 0) return
  log(`Building ${stale.join(', ')}…`)
  const args = [import.meta.filename, '--only', stale.join(',')]
  await new Promise<void>((done, failed) => {
    execFile(process.execPath, args, { cwd: root, timeout: STALL_MS }, (error, _stdout, stderr) => {
      if (error) failed(new Error(`The pages could not be built.\n${stderr || error.message}`))
      else done()
    })
  })
}

async function bundle(name: PageName): Promise<void> {
  const target: Target = targets[name]
  const startedAt = systemClock.now()
  const output = outputPath(name)
  mkdirSync(dirname(output), { recursive: true })
  const fresh = mkdtempSync(join(dirname(output), `.${name}-`))
  try {
    const inputs = await runVite(target, fresh)
    if (target.made.endsWith('.html')) refuseInlineCode(join(fresh, target.made))
    // Another process may have made the same meanwhile, and may serve it already.
    if (isFresh(name)) return
    put(fresh, output)
    writeStamp(name, inputs, startedAt)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

async function runVite(target: Target, outDir: string): Promise<ReadonlySet<string>> {
  const [{ build: viteBuild }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')])
  const source = join(root, target.source)
  const inputs = new Set<string>([import.meta.filename, join(root, 'package-lock.json'), ...filesBelow(source)])
  const remember: Plugin = {
    name: 'remember-inputs',
    buildEnd() {
      for (const id of this.getModuleIds()) {
        const file = id.replace(/[?#].*$/, '')
        if (file.startsWith(root) && !file.includes('node_modules') && existsSync(file)) inputs.add(file)
      }
    },
  }
  for (const config of target.configs(outDir)) {
    const worker: InlineConfig['worker'] = { format: 'es', plugins: () => [remember] }
    await viteBuild({ configFile: false, logLevel: 'warn', mode: 'production', ...config, worker, plugins: [react(), remember] })
  }
  return inputs
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))

function refuseInlineCode(htmlPath: string): void {
  const html = readFileSync(htmlPath, 'utf8')
  const inline = /<script(?![^>]*\ssrc=)[^>]*>|<style\b|\s(?:style|on\w+)=/i.exec(html)
  if (inline) throw new Error(`${relative(root, htmlPath)} has inline code, which its content security policy forbids: ${inline[0]}`)
}

/** Puts a folder in place of another. Somebody else may be doing the same; then the last one stays. */
function put(folder: string, place: string): void {
  const aside = `${folder}.old`
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(place)) renameSync(place, aside)
      renameSync(folder, place)
      return
    } catch (error) {
      if (attempt === PUT_ATTEMPTS) throw error
    } finally {
      rmSync(aside, { recursive: true, force: true })
    }
  }
}

function writeStamp(name: PageName, inputs: ReadonlySet<string>, startedAt: number): void {
  // A file that was saved during the build may have gone in before or after: the next build decides.
  if ([...inputs].some((path) => statSync(path).mtimeMs >= startedAt)) return
  const stamp = Object.fromEntries([...inputs].toSorted().map((path) => [relative(root, path), digest(path)]))
  const path = stampPath(name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(stamp))
  renameSync(`${path}.${process.pid}`, path)
}

const HELP = `Bundles the pages and Electron's files into .build/, where they are not up to date.

  npm run build -- [--only ${pageNames.join(',')}]
`

async function main(): Promise<number> {
  const { values } = readOptions({ options: { only: { type: 'string' }, help: { type: 'boolean', default: false } } })
  const asked = values.only?.split(',') ?? pageNames
  const names = pageNames.filter((name) => asked.includes(name))
  if (values.help) process.stdout.write(HELP)
  if (values.help) return 0
  if (names.length !== asked.length) {
    process.stderr.write(`--only ${values.only}: there are ${pageNames.join(', ')}.\n`)
    return 2
  }
  process.env.NODE_ENV = 'production'
  for (const name of names) {
    const from = systemClock.monotonic()
    const wasFresh = isFresh(name)
    if (!wasFresh) await bundle(name)
    process.stderr.write(wasFresh ? `${name} is up to date\n` : `${name} built in ${((systemClock.monotonic() - from) / 1000).toFixed(1)} s\n`)
  }
  return 0
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  })
}

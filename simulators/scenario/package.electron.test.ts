import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildPages } from '../demo/pages.ts'
import { untilHub } from './cashier.ts'
import { newCustomer } from './customer.ts'
import { copyElectron, endProgram, openPackagedWindow, ROOT, scratch, startProgram, type Scratch, type TillWindow } from './electron-program.ts'
import { foldersOf, importsOf, listArchive, PROGRAMS, type PackagedFile } from './package-contents.ts'
import { makeSale, openShopWithWindow } from './shop-window.ts'

const run = promisify(execFile)
const place = scratch()
const resources = join(place.folder, 'dist/linux-unpacked/resources')
const program = join(place.folder, 'dist/linux-unpacked/stillpoint')
let packaged: readonly PackagedFile[] = []

beforeAll(async () => {
  await buildPages({ log() {} })
  const builder = join(ROOT, 'node_modules/electron-builder/cli.js')
  const electronDist = copyElectron(place.folder)
  await run(process.execPath, [builder, '--dir', `-c.electronDist=${electronDist}`, `-c.directories.output=${join(place.folder, 'dist')}`], { cwd: ROOT })
  packaged = listArchive(join(resources, 'app.asar'))
})
afterAll(() => place.remove())

let data: Scratch
let opened: TillWindow | undefined
beforeEach(() => {
  data = scratch()
})
afterEach(async () => {
  await opened?.close()
  opened = undefined
  data.remove()
})

const isPackage = ({ path }: PackagedFile) => path.startsWith('node_modules/')

test('the package holds the till and nothing else: no hub, no simulators, no tests, no maps', () => {
  const belongs =
    /^(package\.json$|\.build\/electron\/(main\.js|(customer-)?preload\.cjs)$|\.build\/pages\/(till|customer-display)\/|protocol\/|terminal\/(core|sale|store-edge|updates)\/|firmware-bridge\/)/
  const strays = /\.test\.|(^|\/)(test-|golden)|\.map$|\.d\.ts$|tsconfig/
  const own = packaged.filter((file) => !isPackage(file)).map(({ path }) => path)
  expect(own.filter((path) => !belongs.test(path) || strays.test(path))).toEqual([])
  expect(own).toEqual(
    expect.arrayContaining([
      '.build/electron/main.js',
      '.build/electron/preload.cjs',
      '.build/pages/till/index.html',
      '.build/pages/customer-display/index.html',
    ]),
  )
})

test('whatever core and bridge import is there, outside the archive, where plain Node can read it', () => {
  const outside = new Set(packaged.filter(({ unpacked }) => unpacked).map(({ path }) => path))
  const { files } = importsOf(ROOT, PROGRAMS)
  expect(files.size).toBeGreaterThan(40)
  expect([...files, 'package.json'].filter((path) => !outside.has(path))).toEqual([])
  expect([...files].filter((path) => !existsSync(join(resources, 'app.asar.unpacked', path)))).toEqual([])
})

test('the packages are those that the till needs, each of them and no other', () => {
  // By name: the builder lays folders out in its own way.
  const names = (paths: Iterable<string>) => [...new Set([...paths].map((path) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path))].toSorted()
  const needed = names(foldersOf(ROOT, importsOf(ROOT, PROGRAMS).packages)).filter((name) => !/^(@types\/|(undici-types|type-fest|tagged-tag)$)/.test(name))
  expect(names(packaged.filter(isPackage).map(({ path }) => path))).toEqual(needed)
  expect(packaged.filter((file) => isPackage(file) && !file.unpacked)).toEqual([])
})

test('what no import names is there too, for this platform alone: built addons and the decoder; what they were built from is not', async () => {
  const paths = packaged.filter(isPackage).map(({ path }) => path)
  const addons = paths.filter((path) => path.includes('/prebuilds/'))
  for (const name of ['better-sqlite3', '@serialport/bindings-cpp', 'node-hid']) expect(addons.filter((path) => path.includes(`/${name}/`))).not.toEqual([])
  expect(addons.filter((path) => !path.includes(process.platform))).toEqual([])
  const decoder = paths.filter((path) => path.includes('/zxing-wasm/dist/'))
  expect(decoder).toContain('node_modules/zxing-wasm/dist/reader/zxing_reader.wasm')
  expect(decoder.filter((path) => !/\/dist\/(reader|es\/(reader|share))/.test(path))).toEqual([])
  expect(paths.filter((path) => /node-hid\/(hidapi|src)\//.test(path))).toEqual([])
  const load = `await Promise.all(['node-hid', 'serialport', 'zxing-wasm/reader'].map((name) => import(name))); process.stdout.write('loaded')`
  const { stdout } = await run(join(resources, 'node', 'node'), ['--input-type=module', '-e', load], {
    cwd: join(resources, 'app.asar.unpacked', 'firmware-bridge'),
  })
  expect(stdout).toBe('loaded')
})

test('it brings the Node that the tests ran with', async () => {
  const { stdout } = await run(join(resources, 'node', 'node'), ['--version'])
  expect(stdout.trim()).toBe(process.version)
})

test('it starts from its own folder and shows a new till', async () => {
  opened = await openPackagedWindow(program, ['--data', data.folder])
  expect(opened.page.url()).toBe('stillpoint://till/index.html')
  await opened.page.getByText('This till is not known to a hub yet.').waitFor()
  expect(opened.program.spawnfile.split(sep)).toContain('linux-unpacked')
})

test('it opens no door to a debugger unless it is told to', async () => {
  const till = startProgram(program, ['--remote-debugging-port=0', '--inspect=0', '--data', data.folder])
  let said = ''
  till.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  await expect.poll(() => said, { timeout: 60_000 }).toContain('till.not_enrolled')
  await endProgram(till)
  expect(said).not.toMatch(/listening on/i)
})

test('it makes a sale', async () => {
  const { shop, page, close } = await openShopWithWindow(program, data.folder)
  try {
    await makeSale(page, shop, await newCustomer(shop.hub.http))
    const seen = await untilHub(shop, 'settled', ({ counts }) => counts.settled === 1)
    expect(seen.money.balanced).toBe(true)
  } finally {
    await close()
  }
})

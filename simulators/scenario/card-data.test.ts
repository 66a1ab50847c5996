import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { startBridgeProcess, type BridgeProcess } from '../device/bridge-process.ts'
import { startCardReader, type CardReaderOptions, type SimulatedCardReader } from '../device/card-reader.ts'
import { testCards, track1Of, track2Of, type TestCard } from '../device/test-cards.ts'

// PCI DSS 3: the number of a card and what else is on its stripe leave the reader encrypted, or not at all. (That no number of a card stands in any
// file is `tidy.test.ts`.)

const root = resolve(import.meta.dirname, '../..')

describe('the programs', () => {
  /** What carries a reader's ciphertext on to the hub's key service, and that itself, which opens it for the acquirer's connector. */
  const HUB = [
    /^terminal\/core\/instruments\/card\.ts$/,
    /^hub\/intake\/cards\.ts$/,
    /^hub\/acquirers\/acquirer\.ts$/,
    /^hub\/key-service\/(?:safe|track)\.ts$/,
  ]
  /** The codecs look at tracks, as bytes; the message to the till carries their ciphertext. */
  const MAY = [/^firmware-bridge\/codec\/(?:magnetic-stripe|card-reports|idtech-frame)\.ts$/, /^protocol\/device\/messages\.ts$/, ...HUB]
  const NAMES = /\b(?:pan|primaryAccountNumber|cardNumber|track[123]|trackData|cvv2?|cvc2?|pinBlock)\b/gi
  const COMMENTS_AND_STRINGS = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'/g

  const sources = ['firmware-bridge', 'terminal', 'hub', 'protocol'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => join(folder, path).replaceAll('\\', '/'))
      .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|(?:^|\/)test-|\.d\.ts$/.test(path) && !path.includes('node_modules')),
  )
  const codeOf = (path: string): string => readFileSync(join(root, path), 'utf8').replaceAll(COMMENTS_AND_STRINGS, '')

  test('have nothing that could hold the number of a card or a track, but where it is read', () => {
    expect(sources.length).toBeGreaterThan(100)
    const found = sources
      .filter((path) => !MAY.some((one) => one.test(path)))
      .flatMap((path) => [...codeOf(path).matchAll(NAMES)].map(([name]) => `${path}: ${name}`))
    expect(found).toEqual([])
  })

  test('say nothing where it is read: no log, no error, no text of a report', () => {
    const readers = sources.filter((path) => MAY[0]?.test(path))
    expect(readers).toHaveLength(3)
    expect(
      readers.flatMap((path) => [...codeOf(path).matchAll(/\b(?:console|log|throw|Error|JSON|stringify)\b|`/g)].map(([what]) => `${path}: ${what}`)),
    ).toEqual([])
  })
})

/** What must be nowhere: the number in any ten digits of it, the tracks, the bearer, as they are or as bytes are usually written. */
function secretsOf(card: TestCard): readonly string[] {
  const windows = Array.from({ length: card.pan.length - 9 }, (_, at) => card.pan.slice(at, at + 10))
  const tracks = [track1Of(card), track2Of(card)]
  // Ten equal digits are as likely in a counter or a serial number.
  const plain = [...windows.filter((digits) => new Set(digits).size > 1), card.pan, ...tracks, 'TEST/CARD']
  return [...plain, ...plain.map((text) => Buffer.from(text).toString('hex')), ...tracks.map((text) => Buffer.from(text).toString('base64'))]
}

/** Real processes on a machine that may be busy. */
const PATIENCE = 20_000
vi.setConfig({ testTimeout: 2 * PATIENCE, hookTimeout: 2 * PATIENCE })
const eventually = (look: () => void) => vi.waitFor(look, { timeout: PATIENCE, interval: 5 })

describe('a bridge and whoever watches it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stillpoint-cards-'))
  let reader: SimulatedCardReader
  let bridge: BridgeProcess
  let watcher: ChildProcess
  let watched: string

  const start = async (options: CardReaderOptions) => {
    reader = await startCardReader({ ...options, kind: 'tcp' })
    const device = { id: 'reader-1', kind: 'card_reader', transport: reader.transport(), model: options.model }
    bridge = await startBridgeProcess(folder, { devices: [device] })
    // An engineer's: both hear the same reader, which a socket allows.
    watcher = spawn(process.execPath, [join(root, 'firmware-bridge/cli/main.ts'), 'watch', '--config', join(folder, 'bridge.json')], { stdio: 'pipe' })
    watched = ''
    for (const stream of [watcher.stdout, watcher.stderr]) stream?.on('data', (bytes: Buffer) => (watched += bytes.toString()))
    await eventually(() => {
      expect(bridge.health('reader-1')).toMatchObject({ state: 'ready' })
      expect(watched).toContain('ready')
    })
  }
  const cards = () => bridge.messages.filter(({ type }) => type === 'card').length

  afterEach(async () => {
    watcher.kill('SIGTERM')
    bridge.kill('SIGTERM')
    await Promise.all([bridge.ended, watcher.exitCode ?? once(watcher, 'exit')])
    reader.close()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each<CardReaderOptions>([
    { model: 'hid-msr' },
    { model: 'magtek', encrypted: false },
    { model: 'idtech', encrypted: false },
    { model: 'magtek' },
    { model: 'idtech' },
  ])('say nothing of a card but its ends: $model $encrypted', async (options) => {
    await start(options)
    for (const card of testCards) await reader.swipe(card)
    for (const kind of ['wrong_checksum', 'half_report', 'bad_swipe'] as const) await reader.fault(kind)
    await eventually(() => expect(cards()).toBe(testCards.length + 1))
    reader.unplug()
    await eventually(() => {
      expect(bridge.health('reader-1')).toMatchObject({ state: 'absent' })
      expect(watched.match(/\*{4}/g)?.length ?? 0).toBeGreaterThan(testCards.length)
    })

    const everything = `${JSON.stringify(bridge.messages)}\n${bridge.log()}\n${watched}`
    // It is looked for where it would be found.
    for (const card of testCards) expect(everything).toContain(`${'*'.repeat(3)}${card.pan.slice(-4)}`)
    expect(testCards.flatMap(secretsOf).filter((secret) => everything.toLowerCase().includes(secret.toLowerCase()))).toEqual([])
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startBridgeProcess } from './bridge-process.ts'
import { startPrinter, type SimulatedPrinter } from './printer.ts'
import { startScanner, type SimulatedScanner } from './scanner.ts'

// `npm run bridge` as a person runs it, on real lines.

/** Real processes on a machine that may be busy. */
const PATIENCE = 20_000
vi.setConfig({ testTimeout: 2 * PATIENCE, hookTimeout: 2 * PATIENCE })
const eventually = <Value>(look: () => Value) => vi.waitFor(look, { timeout: PATIENCE, interval: 5 })

const CLI = join(import.meta.dirname, '../../firmware-bridge/cli/main.ts')
const EAN = '4006381333931'

let folder: string
let config: string
let scanner: SimulatedScanner
let printer: SimulatedPrinter

function bridge(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const said = { out: '', err: '' }
  child.stdout.on('data', (bytes: Buffer) => (said.out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (said.err += bytes.toString()))
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code)
  return { said, ended, interrupt: () => child.kill('SIGINT') }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-cli-'))
  scanner = await startScanner({ linkAs: join(folder, 'scanner') })
  printer = await startPrinter({ linkAs: join(folder, 'printer') })
  config = join(folder, 'devices.json')
  writeConfig([
    { id: 'scanner-1', kind: 'scanner', transport: scanner.transport() },
    { id: 'printer-1', kind: 'printer', transport: printer.transport() },
  ])
})

const writeConfig = (devices: readonly object[]) => writeFileSync(config, JSON.stringify({ devices }))

afterEach(() => {
  scanner.close()
  printer.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('list', () => {
  it('says which configured devices are there', async () => {
    writeConfig([
      { id: 'scanner-1', kind: 'scanner', transport: scanner.transport() },
      { id: 'scale-1', kind: 'scale', protocol: 'sics', transport: { type: 'serial', path: join(folder, 'nothing') } },
    ])
    const { said, ended } = bridge(['list', '--config', config])
    expect(await ended).toBe(0)
    expect(said.out).toMatch(/scanner-1 +scanner +.*: there/)
    expect(said.out).toMatch(/scale-1 +scale +.*: NOT THERE/)
    expect(said.out).toContain('Pseudo-terminals')
  })

  it('names the field that is wrong in the configuration', async () => {
    writeFileSync(config, '{"devices":[{"id":"x","kind":"oven"}]}')
    const { said, ended } = bridge(['list', '--config', config])
    expect(await ended).toBe(2)
    expect(said.err).toContain('devices[0].kind')
  })
})

describe('doctor', () => {
  it('is content with devices that are well', async () => {
    const { said, ended } = bridge(['doctor', '--config', config, '--listen', '3'])
    await eventually(() => expect(said.out).toContain('Use the devices now'))
    // It has the port open some time after it said so; what is scanned before is lost, as with any till that starts.
    const timer = setInterval(() => void scanner.scan(EAN), 200)
    expect(await ended).toBe(0)
    clearInterval(timer)
    expect(said.out).toMatch(/✓ scanner-1 \(scanner\): Open and right/)
    expect(said.out).toContain('✓ printer-1 (printer): Open, and it answers right.')
  })

  it('says what is wrong, and fails', async () => {
    printer.setPaper('out')
    scanner.unplug()
    const { said, ended } = bridge(['doctor', '--config', config, '--json'])
    expect(await ended).toBe(1)
    const { wrong, devices } = JSON.parse(said.out) as { wrong: boolean; devices: { device: string; say: string }[] }
    expect(wrong).toBe(true)
    expect(devices).toMatchObject([
      { device: 'scanner-1', wrong: true, say: expect.stringContaining('No such file') as string },
      { device: 'printer-1', wrong: true, say: expect.stringContaining('no paper') as string },
    ])
  })
})

it.each(['doctor', 'watch'])('%s says so where there is nothing to look at', async (command) => {
  writeConfig([])
  const empty = bridge([command, '--config', config])
  expect(await empty.ended).toBe(2)
  expect(empty.said.err).toContain('names no devices')
  const missing = bridge([command, '--config', join(folder, 'nothing.json')])
  expect(await missing.ended).toBe(2)
  expect(missing.said.err).toContain('nothing.json cannot be read: there is no such file')
})

describe('watch', () => {
  it('shows what passes, in one line each, and no payment code', async () => {
    const { said, ended, interrupt } = bridge(['watch', '--config', config])
    await eventually(() => expect(said.out).toMatch(/scanner-1 +health +ready/))
    await scanner.scan(EAN, { aim: ']E0' })
    await scanner.scan('SP1:6BFOXN%TSMAHN')
    await eventually(() => expect(said.out).toMatch(/scanner-1 +scan +payment code of Stillpoint wallet, 17 characters/))
    expect(said.out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}scanner-1 +scan +4006381333931 \]E0$/m)
    expect(said.out).not.toContain('6BFOXN')
    interrupt()
    expect(await ended).toBe(0)
  })

  it('looks on at a bridge that runs, which doctor leaves alone', async () => {
    const devices = [{ id: 'scanner-1', kind: 'scanner', transport: scanner.transport() }]
    writeConfig(devices)
    const running = await startBridgeProcess(folder, { devices })
    await eventually(() => expect(running.health('scanner-1')?.state).toBe('ready'))

    const stranger = bridge(['watch', '--socket', running.socketPath], { STILLPOINT_BRIDGE_TOKEN: 'the wrong one, surely' })
    expect(await stranger.ended).toBe(1)
    expect(stranger.said.err).toContain('the token is not the one')

    const watcher = bridge(['watch', '--socket', running.socketPath, '--json'], { STILLPOINT_BRIDGE_TOKEN: running.token })
    await eventually(() => expect(watcher.said.out).toContain('"ready"'))
    await scanner.scan(EAN)
    await eventually(() => expect(watcher.said.out).toContain(`"what":"scan","text":"${EAN}"`))
    expect(
      running.messages.filter(({ type }) => type === 'scan'),
      'the till hears it as well',
    ).toHaveLength(1)

    if (process.platform === 'linux') {
      const doctor = bridge(['doctor', '--config', config])
      expect(await doctor.ended).toBe(0)
      expect(doctor.said.out).toContain('In use by a bridge that is running')
    }
    running.kill('SIGTERM')
    await running.ended
    expect(await watcher.ended).toBe(0)
    expect(watcher.said.err).toContain('The bridge has ended.')
  })
})

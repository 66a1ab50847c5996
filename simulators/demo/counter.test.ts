import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readConfig } from '../../firmware-bridge/config.ts'
import { benchDevices } from '../bench/contract.ts'
import type { CounterPorts } from '../bench/ports.ts'
import { counterPorts } from './counter-ports.ts'
import { setUpCounter, type Counter } from './counter.ts'

let folder: string
let counter: Counter
let ports: CounterPorts
let changes = 0

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-counter-'))
  counter = await setUpCounter(folder, { host: '127.0.0.1', port: 9 })
  changes = 0
  const changed = () => changes++
  counter.onChange(changed)
  ports = counterPorts(counter, changed)
})
afterEach(async () => {
  await counter.close()
  rmSync(folder, { recursive: true })
})

it('tells the bridge of every device, in a file that it understands', () => {
  const config = readConfig(readFileSync(counter.bridgeConfig, 'utf8'))
  expect(config.ok && config.value.devices.map(({ kind }) => kind)).toEqual(['scanner', 'scanner', 'card_reader', 'printer', 'scale', 'display', 'camera'])
})

it('unplugs each device and plugs it in again', async () => {
  for (const name of benchDevices) {
    const device = ports.devices[name]
    expect([name, device.plugged, device.faults.length > 0]).toEqual([name, true, true])
    device.plug(false)
    expect([name, device.plugged]).toEqual([name, false])
    const before = changes
    device.plug(true)
    await vi.waitFor(() => expect([name, device.plugged, changes > before]).toEqual([name, true, true]))
  }
})

it('opens the drawer with its key and pushes it shut', () => {
  ports.drawer.set(true)
  expect(ports.drawer.open).toBe(true)
  ports.drawer.set(false)
  expect(ports.drawer.open).toBe(false)
  expect(counter.log.lines().map(({ text }) => text)).toEqual(['Drawer was pushed shut', 'Drawer came open'])
})

it('tells while the pan of the scale swings, until it rests', async () => {
  ports.scale.put(182)
  await vi.waitFor(() => expect(ports.scale.shows.state).toBe('unstable'))
  await vi.waitFor(() => expect(ports.scale.shows).toEqual({ state: 'stable', milli: 182 }), 5000)
  expect(changes).toBeGreaterThan(2)
})

it('holds the picture of a code before the camera', async () => {
  ports.camera.hold('9520000000011')
  await vi.waitFor(() => expect(ports.camera.held).toBe(1))
  expect(Buffer.from(ports.camera.picture(1) ?? []).subarray(1, 4)).toEqual(Buffer.from('PNG'))
  expect(ports.camera.picture(2)).toBeUndefined()
})

it('has test cards by name and their last digits only', () => {
  expect(ports.cardReader.cards.map(({ name }) => name)).toContain('Visa')
  for (const card of ports.cardReader.cards) expect(JSON.stringify(card)).not.toMatch(/\d{5}/)
})

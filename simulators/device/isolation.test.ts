import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { systemClock } from '#protocol/node/clock.ts'
import { startBridgeProcess } from './bridge-process.ts'
import { startScanner } from './scanner.ts'

/** Real processes on a machine that may be busy. */
const PATIENCE = 20_000
const eventually = <Value>(look: () => Value) => vi.waitFor(look, { timeout: PATIENCE, interval: 1 })

const MANY_SCANS = new Uint8Array(64 * 1024).fill(0x31).map((digit, at) => (at % 4 === 3 ? 0x0d : digit))

/** A device that sends codes as fast as anybody takes them, from the moment that it is called. */
async function startFlood() {
  const callers = new Set<Socket>()
  const server = createServer((caller) => {
    callers.add(caller)
    const pour = () => {
      while (caller.writable && caller.write(MANY_SCANS));
    }
    caller.on('drain', pour).on('error', () => {})
    pour()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    transport: { type: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    get calls() {
      return callers.size
    },
    close() {
      server.close()
      for (const caller of callers) caller.destroy()
    },
  }
}

it('a device that sends without end is cut off and tried again, and the scanner beside it stays prompt', { timeout: 3 * PATIENCE }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stillpoint-flood-'))
  const [flood, scanner] = await Promise.all([startFlood(), startScanner({ linkAs: join(folder, 'scanner') })])
  const bridge = await startBridgeProcess(folder, {
    devices: [
      { id: 'flood', kind: 'scanner', transport: flood.transport },
      { id: 'scanner-1', kind: 'scanner', transport: scanner.transport() },
    ],
  })
  await eventually(() => expect(bridge.health('scanner-1')?.state).toBe('ready'))
  await eventually(() => expect(bridge.health('flood')).toMatchObject({ state: 'fault', code: 'device.flooding' }))

  const delays: number[] = []
  const scansOf = (device: string) => bridge.messages.filter((message) => message.type === 'scan' && message.device === device)
  // Until it has come back and was cut off again, three times.
  for (let n = 1; flood.calls < 4; n++) {
    await scanner.scan(`code ${n}`)
    const sent = systemClock.monotonic()
    await eventually(() => expect(scansOf('scanner-1')).toHaveLength(n))
    delays.push(systemClock.monotonic() - sent)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  delays.sort((a, b) => a - b)
  const at = (share: number) => delays[Math.floor(share * (delays.length - 1))] ?? 0
  process.stdout.write(`beside a flood: ${delays.length} scans, p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms, slowest ${at(1).toFixed(1)} ms\n`)
  expect(at(0.5)).toBeLessThan(20)
  expect(at(1)).toBeLessThan(500)
  expect(scansOf('scanner-1').map((message) => message.type === 'scan' && message.text)).toEqual(delays.map((_, n) => `code ${n + 1}`))
  expect(bridge.health('flood')?.counters['floods']).toBeGreaterThan(1)

  bridge.kill('SIGTERM')
  await bridge.ended
  flood.close()
  scanner.close()
  rmSync(folder, { recursive: true, force: true })
})

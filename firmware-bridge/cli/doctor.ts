import { readFileSync, statSync } from 'node:fs'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { BridgeConfig, DeviceConfig } from '../config.ts'
import { startDevice } from '../device.ts'
import type { Report } from '../driver/machine.ts'
import { nameOfUsb } from '../transport/place.ts'
import type { SerialSettings } from '../transport/serial.ts'
import type { Transport } from '../transport/transport.ts'
import { diagnose, type Evidence, type Finding } from './diagnosis.ts'
import { holdersOf } from './holder.ts'
import { presenceOf, type Attached } from './list.ts'

/** A device that is well says so within this: a scale or printer is asked at once, and a network device has had its time to be called. */
const PATIENCE: DurationMs = 4 * SECOND

/** What serial devices are set to, the usual first. Tried when one does not answer as it is configured. */
const OTHER_SETTINGS: readonly SerialSettings[] = [
  { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  { baudRate: 19_200, dataBits: 8, parity: 'none', stopBits: 1 },
  { baudRate: 38_400, dataBits: 8, parity: 'none', stopBits: 1 },
  { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 },
  { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 },
  { baudRate: 4800, dataBits: 7, parity: 'odd', stopBits: 1 },
  { baudRate: 2400, dataBits: 7, parity: 'even', stopBits: 1 },
]
const OTHER_PATIENCE: DurationMs = 1.5 * SECOND

export type Examined = { readonly device: string; readonly kind: DeviceConfig['kind'] } & Finding

/** Tries every device, all at once. `listen`: for so long a person scans, swipes and weighs, and what comes of it is looked at too. */
export function examineAll(config: BridgeConfig, attached: Attached, listen: DurationMs): Promise<Examined[]> {
  const configured = config.devices.flatMap(({ transport }) => ('path' in transport ? [transport.path] : []))
  const spare = {
    serial: attached.serial.filter(({ path, vendorId }) => vendorId !== undefined && !configured.includes(path)).map(({ path }) => path),
    hid: attached.hid.filter(({ path }) => path !== undefined && !configured.includes(path)).map((device) => `${nameOfUsb(device)} at ${device.path}`),
  }
  const spareFor = ({ type }: DeviceConfig['transport']) => (type === 'serial' || type === 'hid' ? spare[type] : [])
  return Promise.all(
    config.devices.map(async (device) => ({
      device: device.id,
      kind: device.kind,
      ...diagnose(device, await examine(device, attached, listen, spareFor(device.transport))),
    })),
  )
}

async function examine(config: DeviceConfig, attached: Attached, listen: DurationMs, spare: readonly string[]): Promise<Evidence> {
  const tried = await tryDevice(config, PATIENCE, listen)
  const { transport } = config
  const path = 'path' in transport ? transport.path : undefined
  const isSilent =
    tried.health.state !== 'ready' && (tried.health.code === 'device.timeout' || (tried.health.code === 'device.absent' && tried.line === 'open'))
  return {
    ...tried,
    presence: presenceOf(config, attached).presence,
    listened: listen / SECOND,
    spare,
    holders: path !== undefined && tried.health.code === 'device.in_use' ? holdersOf(path) : [],
    group: path === undefined ? undefined : groupOf(path),
    usb: attached.hid.find((device) => device.path === path),
    answersAt: isSilent ? await findSettings(config) : undefined,
  }
}

type Tried = Pick<Evidence, 'line' | 'health' | 'bytes' | 'garbageBytes' | 'events'>

/** Runs the device as the bridge does, until it is known how it is. */
async function tryDevice(config: DeviceConfig, patience: DurationMs, listen: DurationMs): Promise<Tried> {
  let bytes = 0
  let garbageBytes = 0
  let events = 0
  let line: Evidence['line'] = 'never opened'
  const { promise: known, resolve } = Promise.withResolvers<void>()
  const judge = ({ state, code }: DeviceHealth) => {
    if (state === 'ready' || (state === 'fault' && code !== 'device.timeout') || (line !== 'open' && code !== undefined)) resolve()
  }
  const device = startDevice(config, {
    timers: systemTimers,
    clock: systemClock,
    log: () => {},
    onHealth: judge,
    onReport(report) {
      if (report.type === 'garbage') garbageBytes += report.bytes
      else if (PERSONS_ACTS.includes(report.type)) events++
    },
    around: (transport) =>
      counted(
        transport,
        (now) => (line = now),
        (more) => (bytes += more),
      ),
  })
  await Promise.race([known, pause(patience)])
  if (listen > 0) await pause(listen)
  const health = device.health()
  const atEnd = line
  device.close()
  return { line: atEnd, health, bytes, garbageBytes, events }
}

/** What comes of what a person does. */
const PERSONS_ACTS: readonly Report['type'][] = ['scan', 'card', 'reading']

/** A line whose bytes are counted, and not looked at. */
const counted = (transport: Transport, onLine: (line: 'open' | 'lost') => void, onBytes: (count: number) => void): Transport => ({
  name: transport.name,
  async open(listener) {
    const line = await transport.open({
      closed(why) {
        onLine('lost')
        listener.closed(why)
      },
      bytes(bytes) {
        onBytes(bytes.length)
        listener.bytes(bytes)
      },
    })
    if (line.ok) onLine('open')
    return line
  },
})

/** Settings with which a device answers that is silent, or talks nonsense, with those it is configured for. */
async function findSettings(config: DeviceConfig): Promise<SerialSettings | undefined> {
  if (config.transport.type !== 'serial' || (config.kind !== 'printer' && config.kind !== 'scale')) return undefined
  for (const settings of OTHER_SETTINGS) {
    const transport = { ...config.transport, ...settings }
    const tried = await tryDevice(config.kind === 'printer' ? { ...config, transport } : { ...config, transport }, OTHER_PATIENCE, 0)
    if (tried.health.state === 'ready') return settings
  }
  return undefined
}

const pause = (delay: DurationMs): Promise<void> => new Promise((resolve) => void systemTimers.after(delay, resolve))

/** The name of the group that owns a device (Linux: dialout for serial ports). */
function groupOf(path: string): string | undefined {
  try {
    const { gid } = statSync(path)
    return readFileSync('/etc/group', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, , id]) => id === String(gid))?.[0]
  } catch {
    return undefined
  }
}

/** For people. */
export function doctorText(examined: readonly Examined[], problems: readonly string[]): string {
  const lines = examined.flatMap(({ device, kind, wrong, say, fix }) => [
    `${wrong ? '✗' : '✓'} ${device} (${kind.replace('_', ' ')}): ${say}`,
    ...(fix ? fix.split('\n').map((line) => `    ${line}`) : []),
  ])
  const wrong = examined.filter((one) => one.wrong).length
  const verdict =
    wrong === 0
      ? `${examined.length === 1 ? 'The one device is' : `All ${examined.length} devices are`} well.`
      : `${wrong} of ${examined.length} devices ${wrong === 1 ? 'needs' : 'need'} attention.`
  return [...lines, ...problems.map((problem) => `! ${problem}`), verdict].join('\n')
}

import { describe, expect, it } from 'vitest'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { readConfig, type DeviceConfig } from '../config.ts'
import { diagnose, type Evidence } from './diagnosis.ts'

function device(value: object): DeviceConfig {
  const config = readConfig(JSON.stringify({ devices: [{ id: 'device-1', ...value }] }))
  const [first] = config.ok ? config.value.devices : []
  if (!first) throw new Error(config.ok ? 'none' : config.detail)
  return first
}
const SERIAL = { type: 'serial', path: '/dev/ttyUSB0' }
const scanner = device({ kind: 'scanner', transport: SERIAL })
const scale = device({ kind: 'scale', transport: SERIAL, protocol: 'toledo-8217' })
const hidScanner = device({ kind: 'scanner', transport: { type: 'hid', usb: { vendorId: '05e0', productId: '1300' } }, model: 'zebra' })
const hidByPath = device({ kind: 'scanner', transport: { type: 'hid', path: '/dev/hidraw0' }, model: 'zebra' })
const netPrinter = device({ kind: 'printer', transport: { type: 'tcp', host: '192.0.2.7', port: 9100 } })

const READY: Partial<DeviceHealth> = { state: 'ready' }
const gone = (detail: string): Partial<DeviceHealth> => ({ state: 'absent', code: 'device.absent', detail })

function find(config: DeviceConfig, health: Partial<DeviceHealth>, evidence: Partial<Evidence> = {}) {
  return diagnose(config, {
    presence: 'there',
    line: health.state === 'ready' ? 'open' : 'never opened',
    bytes: 0,
    garbageBytes: 0,
    events: 0,
    listened: 0,
    holders: [],
    spare: [],
    ...evidence,
    health: { device: config.id, kind: config.kind, state: 'absent', counters: {}, ...health },
  })
}

describe('a device that is well', () => {
  it('is said to be, as far as that was tried', () => {
    expect(find(scale, READY)).toEqual({ wrong: false, say: 'Open, and it answers right.' })
    expect(find(scanner, READY)).toMatchObject({ wrong: false, say: expect.stringContaining('--listen') as string })
    expect(find(scanner, READY, { listened: 10, events: 2 })).toEqual({ wrong: false, say: 'Open and right: 2 codes came.' })
  })
})

describe('what is wrong is said with how to put it right', () => {
  it.each<[string, DeviceConfig, Partial<DeviceHealth>, Partial<Evidence>, RegExp, RegExp]>([
    ['a port without permission', scanner, { code: 'device.no_permission' }, { group: 'dialout' }, /may not open \/dev\/ttyUSB0/, /usermod -aG dialout/],
    [
      'HID without permission',
      hidScanner,
      { code: 'device.no_permission' },
      {},
      /may not open USB 05e0:1300/,
      /idVendor}=="05e0", ATTRS{idProduct}=="1300", MODE/,
    ],
    [
      'HID by its path',
      hidByPath,
      { code: 'device.no_permission' },
      { usb: { vendorId: 0xc2e, productId: 1 } },
      /hidraw0/,
      /idVendor}=="0c2e", ATTRS{idProduct}=="0001"/,
    ],
    ['a port in use', scanner, { code: 'device.in_use' }, { holders: [{ pid: 42, command: 'cat' }] }, /by process 42 \(cat\)/, /kill 42/],
    ['a port in use by who knows whom', scanner, { code: 'device.in_use' }, {}, /Another program/, /as root/],
    ['nothing there', scanner, gone('no such file'), { presence: 'not there', spare: ['/dev/ttyACM0'] }, /no such file/, /not configured: \/dev\/ttyACM0/],
    ['a system that cannot look', scale, gone('udevadm is missing'), { presence: 'not looked for' }, /udevadm is missing/, /Mend that first, or give .* path/],
    ['another thing there', scanner, gone('not a terminal'), {}, /not a terminal/, /correct the path/],
    ['no machine there', netPrinter, gone('no answer to the connection request'), {}, /no answer/, /network cable/],
    ['no such port there', netPrinter, gone('connect ECONNREFUSED'), {}, /REFUSED/, /Is the port right/],
    ['no such name there', netPrinter, gone('getaddrinfo ENOTFOUND'), {}, /ENOTFOUND/, /correct the name/],
    ['unplugged meanwhile', scanner, gone('unplugged'), { line: 'lost', events: 3 }, /went away: unplugged/, /cable/],
    ['silence', scale, { state: 'fault', code: 'device.timeout' }, { line: 'open' }, /nothing answers/, /9600 7E1, protocol toledo-8217/],
    ['nonsense', scale, gone('has not answered yet'), { line: 'open', bytes: 40 }, /not in the language of this scale \(40 bytes\)/, /another baud rate/],
    ['codes in another framing', scanner, READY, { garbageBytes: 28, bytes: 28 }, /none of it could be read/, /9600 8N1, framing line/],
    ['nothing scanned', scanner, READY, { listened: 10 }, /nothing came in 10 s/, /Was it used/],
    ['a flood', scanner, { state: 'fault', code: 'device.flooding' }, {}, /without end/, /trigger/],
    [
      'an empty roll',
      netPrinter,
      { state: 'fault', code: 'device.paper_out', detail: 'paper out' },
      { line: 'open' },
      /^Connected right.*no paper/,
      /new roll/,
    ],
  ])('%s', (_, config, health, evidence, say, fix) => {
    const finding = find(config, health, evidence)
    expect(finding.wrong).toBe(true)
    expect(finding.say).toMatch(say)
    expect(finding.fix).toMatch(fix)
  })

  it('with the settings at which it does answer, as the configuration wants them', () => {
    const answersAt = { baudRate: 2400, dataBits: 7, parity: 'even', stopBits: 1 } as const
    const finding = find(scale, { state: 'fault', code: 'device.timeout' }, { line: 'open', answersAt })
    expect(finding).toMatchObject({ wrong: true, say: expect.stringContaining('It does answer at 2400 7E1.') as string })
    expect(finding.fix).toBe('Put "baudRate":2400,"dataBits":7,"parity":"even","stopBits":1 into its transport in the configuration.')
  })
})

it('a device that the running till has open is no fault', () => {
  const holders = [
    { pid: 41, command: 'script -q' },
    { pid: 42, command: 'node firmware-bridge/main.ts' },
  ]
  expect(find(scanner, { code: 'device.in_use' }, { holders })).toMatchObject({ wrong: false, say: expect.stringContaining('process 42') as string })
})

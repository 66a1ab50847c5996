import { z } from 'zod'
import { deviceKinds, weightUnits } from '#protocol/device/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { keyVariants } from './codec/card-reports.ts'
import { displayProtocols } from './codec/customer-display.ts'
import { hidScannerModels } from './codec/hid-pos-scanner.ts'
import { scanFramings } from './codec/scanner.ts'
import { cardReaderModels } from './driver/card-reader.ts'
import { columnCounts } from './driver/receipt.ts'
import type { SerialSettings } from './transport/serial.ts'
import { nameOfAddress, nameOfUsb, type Place } from './transport/place.ts'

const usbNumber = z
  .custom<number | string>(
    (id) => (typeof id === 'number' ? Number.isInteger(id) && id >= 0 && id <= 0xffff : typeof id === 'string' && /^[0-9a-f]{4}$/i.test(id)),
    {
      error: 'must be four hexadecimal digits in quotes, as lsusb shows them, such as "05e0", or the number itself',
    },
  )
  .transform((id) => (typeof id === 'number' ? id : Number.parseInt(id, 16)))

const usb = z.strictObject({ vendorId: usbNumber, productId: usbNumber, serialNumber: z.string().min(1).max(126).optional() })

type Found = { readonly path?: string | undefined; readonly usb?: z.output<typeof usb> | undefined }

/** Exactly one of the two, or an issue. */
function placeOf({ path, usb: id }: Found, context: z.RefinementCtx): Place {
  if (path !== undefined && id === undefined) return { path }
  if (path === undefined && id !== undefined) {
    const { serialNumber, ...ids } = id
    return { usb: serialNumber === undefined ? ids : { ...ids, serialNumber } }
  }
  context.addIssue({ code: 'custom', message: path === undefined ? 'needs a path, or usb with vendorId and productId' : 'has both path and usb; give one' })
  return z.NEVER
}

const serial = z
  .strictObject({
    type: z.literal('serial'),
    path: z
      .string()
      .max(512)
      .regex(/^(\/.|COM\d+$|\\\\\.\\)/, 'must be an absolute path such as /dev/ttyUSB0, or a COM port')
      .optional(),
    usb: usb.optional(),
    baudRate: z.int().min(300).max(921_600).optional(),
    dataBits: z.literal([7, 8]).optional(),
    parity: z.enum(['none', 'even', 'odd']).optional(),
    stopBits: z.literal([1, 2]).optional(),
  })
  .transform(({ type, path, usb: id, ...settings }, context) => ({ type, settings, place: placeOf({ path, usb: id }, context) }))

const host = z.string().min(1).max(255)
const port = z.int().min(1).max(65_535)
const tcp = z.strictObject({ type: z.literal('tcp'), host, port })
const hidTcp = z.strictObject({ type: z.literal('hid-tcp'), host, port })
const hid = z
  .strictObject({
    type: z.literal('hid'),
    path: z
      .string()
      .max(512)
      .regex(/^(\/.|\\\\|DevSrvsID:|IOService:)/, 'must be a path such as /dev/hidraw0')
      .optional(),
    usb: usb.optional(),
  })
  .transform(({ type, path, usb: id }, context) => ({ type, ...placeOf({ path, usb: id }, context) }))

const line = z.discriminatedUnion('type', [serial, tcp])
const reports = z.discriminatedUnion('type', [hid, hidTcp])
const lineOrReports = z.discriminatedUnion('type', [serial, tcp, hid, hidTcp])

export type TcpConfig = { readonly type: 'tcp'; readonly host: string; readonly port: number }
export type SerialConfig = { readonly type: 'serial' } & Place & SerialSettings
export type LineConfig = SerialConfig | TcpConfig
export type HidConfig = ({ readonly type: 'hid' } & Place) | { readonly type: 'hid-tcp'; readonly host: string; readonly port: number }

const USUAL: SerialSettings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 }

const scaleProtocols = ['toledo-8217', 'sics', 'dialog-06', 'cas'] as const
/** As the makers deliver them. */
const SCALES: Readonly<Record<(typeof scaleProtocols)[number], SerialSettings>> = {
  'toledo-8217': { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 },
  sics: USUAL,
  'dialog-06': { baudRate: 4800, dataBits: 7, parity: 'odd', stopBits: 1 },
  cas: USUAL,
}

/** Fills in what the file leaves out. */
function wired(transport: z.output<typeof line>, usual: SerialSettings = USUAL): LineConfig {
  if (transport.type === 'tcp') return transport
  const { baudRate = usual.baudRate, dataBits = usual.dataBits, parity = usual.parity, stopBits = usual.stopBits } = transport.settings
  return { type: 'serial', ...transport.place, baudRate, dataBits, parity, stopBits }
}

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and hyphens, at most 64')

const scanner = z
  .strictObject({
    id,
    kind: z.literal('scanner'),
    transport: lineOrReports,
    framing: z.enum(scanFramings).optional(),
    model: z.enum(hidScannerModels).optional(),
  })
  .transform(({ transport, framing, model, ...device }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (transport.type === 'serial' || transport.type === 'tcp') {
      if (model !== undefined) refuse('model', 'is for scanners on hid; a serial scanner has a framing')
      return { ...device, transport: wired(transport), framing: framing ?? 'line' }
    }
    if (framing !== undefined) refuse('framing', 'is for serial scanners; a scanner on hid has a model')
    return { ...device, transport, model: model ?? 'standard' }
  })

const device = z.discriminatedUnion('kind', [
  scanner,
  z
    .strictObject({ id, kind: z.literal('card_reader'), transport: reports, model: z.enum(cardReaderModels), key: z.enum(keyVariants).optional() })
    .transform(({ key, ...reader }) => ({ ...reader, key: key ?? (reader.model === 'idtech' ? 'data' : 'pin') })),
  z
    .strictObject({
      id,
      kind: z.literal('printer'),
      transport: line,
      columns: z.literal(columnCounts).default(42),
      codePages: z.enum(['western', 'chinese']).default('western'),
      drawerPin: z.literal([2, 5, null]).default(2),
    })
    .transform((printer) => ({ ...printer, transport: wired(printer.transport) })),
  z
    .strictObject({ id, kind: z.literal('display'), transport: line, protocol: z.enum(displayProtocols), columns: z.literal(20).default(20) })
    .transform((display) => ({ ...display, transport: wired(display.transport) })),
  z
    .strictObject({ id, kind: z.literal('scale'), transport: line, protocol: z.enum(scaleProtocols), unit: z.enum(weightUnits).default('kg') })
    .transform((scale) => ({ ...scale, transport: wired(scale.transport, SCALES[scale.protocol]) })),
  z.strictObject({
    id,
    kind: z.literal('camera'),
    transport: z.strictObject({
      type: z.literal('http'),
      url: z.url({ protocol: /^https?$/, error: 'must be an address such as http://192.168.1.20/snapshot.jpg' }).max(2048),
      mode: z.enum(['snapshot', 'mjpeg']).default('snapshot'),
    }),
  }),
])

/** A till has one of each of these; orders and prints go to it. */
const SINGLE = deviceKinds.filter((kind) => kind !== 'scanner' && kind !== 'camera')

// Compared as they are meant, so only once every device can be read.
const bridgeConfig = z.strictObject({ devices: z.array(device).max(64) }).transform((config, context) => {
  const { devices } = config
  const seen = new Map<string, number>()
  const once = (value: string, at: number, field: string[]) => {
    const first = seen.get(value)
    if (first !== undefined) context.addIssue({ code: 'custom', path: ['devices', at, ...field], message: `is the same as in devices[${first}]` })
    else seen.set(value, at)
  }
  devices.forEach((one, at) => {
    once(`id ${one.id}`, at, ['id'])
    // Two pictures of one camera may differ in what its name leaves out.
    once(one.transport.type === 'http' ? one.transport.url : nameOfTransport(one.transport), at, ['transport'])
  })
  for (const kind of SINGLE) {
    if (devices.filter((one) => one.kind === kind).length > 1) {
      context.addIssue({ code: 'custom', path: ['devices'], message: `has more than one ${kind}; a till has one` })
    }
  }
  return config
})

export type BridgeConfig = z.output<typeof bridgeConfig>
export type DeviceConfig = BridgeConfig['devices'][number]
export type TransportConfig = DeviceConfig['transport']

/** The path, the address, or the USB id with its serial number: what an engineer looks for. Nothing in it is secret. */
export function nameOfTransport(transport: TransportConfig): string {
  if (transport.type === 'http') return nameOfAddress(transport.url)
  if ('host' in transport) return `${transport.host}:${transport.port}`
  return 'path' in transport ? transport.path : nameOfUsb(transport.usb)
}

/** Reads the text of a configuration file. `detail` names every wrong field and what is wrong with it, one a line. */
export function readConfig(text: string): Outcome<BridgeConfig, 'device.bad_config'> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return fail('device.bad_config', `not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const parsed = bridgeConfig.safeParse(json)
  if (parsed.success) return ok(parsed.data)
  return fail('device.bad_config', parsed.error.issues.map(({ path, message }) => `${nameOf(path)}: ${message}`).join('\n'))
}

const nameOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((name, part) => (typeof part === 'number' ? `${name}[${part}]` : name ? `${name}.${String(part)}` : String(part)), '') || 'the file'

import { z } from 'zod'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { scanFramings } from './codec/scanner.ts'
import { columnCounts } from './driver/receipt.ts'

/** Which devices hang where. Paths are always given: nothing is guessed or searched for. */
const transport = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('serial'),
    path: z
      .string()
      .max(512)
      .regex(/^(\/.|COM\d+$|\\\\\.\\)/, 'must be an absolute path such as /dev/ttyUSB0, or a COM port'),
    baudRate: z.int().min(300).max(921_600).default(9600),
  }),
  z.strictObject({ type: z.literal('tcp'), host: z.string().min(1).max(255), port: z.int().min(1).max(65_535) }),
])

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and hyphens, at most 64')

const device = z.discriminatedUnion('kind', [
  z.strictObject({ id, kind: z.literal('scanner'), transport, framing: z.enum(scanFramings).default('line') }),
  z.strictObject({ id, kind: z.literal('printer'), transport, columns: z.literal(columnCounts).default(42) }),
])

const bridgeConfig = z.strictObject({ devices: z.array(device).max(64) }).superRefine(({ devices }, context) => {
  const seen = new Map<string, number>()
  const once = (value: string, at: number, field: string[]) => {
    const first = seen.get(value)
    if (first !== undefined) context.addIssue({ code: 'custom', path: ['devices', at, ...field], message: `is the same as in devices[${first}]` })
    else seen.set(value, at)
  }
  devices.forEach(({ id, transport }, at) => {
    once(`id ${id}`, at, ['id'])
    once(transport.type === 'serial' ? transport.path : `${transport.host}:${transport.port}`, at, ['transport'])
  })
  if (devices.filter(({ kind }) => kind === 'printer').length > 1) {
    context.addIssue({ code: 'custom', path: ['devices'], message: 'has more than one printer; a till has one' })
  }
})

export type BridgeConfig = z.output<typeof bridgeConfig>
export type DeviceConfig = BridgeConfig['devices'][number]
export type TransportConfig = DeviceConfig['transport']

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

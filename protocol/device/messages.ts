import { z } from 'zod'
import { errorCodes, type ErrorCode } from '../errors.ts'

/**
 * Bridge ⇄ till: newline-delimited JSON over a local socket (Unix domain socket or Windows named pipe), one object a line.
 * The till connects, says `hello` with the launch token both were started with, and gets the state of every device.
 */
export const MAX_LINE_BYTES = 256 * 1024
export const MAX_SCAN_CHARS = 4096

const errorCode = z.enum(errorCodes as [ErrorCode, ...ErrorCode[]])
const id = z.string().min(1).max(64)

export const deviceKinds = ['scanner', 'printer'] as const
export const deviceStates = ['ready', 'absent', 'fault'] as const

/** One printable block of a receipt; the driver turns it into the printer's language. Widths are the driver's business. */
export const printBlock = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('text'),
    text: z.string().max(512),
    align: z.enum(['left', 'center', 'right']).default('left'),
    bold: z.boolean().default(false),
    size: z.enum(['normal', 'double']).default('normal'),
  }),
  /** Two columns: left text, right-aligned amount. */
  z.strictObject({ kind: z.literal('pair'), left: z.string().max(256), right: z.string().max(64), bold: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal('rule') }),
  z.strictObject({ kind: z.literal('feed'), lines: z.int().min(1).max(8) }),
  z.strictObject({ kind: z.literal('qr'), data: z.string().min(1).max(1024) }),
])
export type PrintBlock = z.input<typeof printBlock>
export const printDocument = z.array(printBlock).max(2000)
export type PrintDocument = readonly PrintBlock[]

export const deviceHealth = z.strictObject({
  device: id,
  kind: z.enum(deviceKinds),
  state: z.enum(deviceStates),
  /** Why it is not ready. */
  code: errorCode.optional(),
  /** For the engineer: path, last error. Never the content of a scan or a card. */
  detail: z.string().max(500).optional(),
  counters: z.record(z.string().max(40), z.int().nonnegative()),
})
export type DeviceHealth = z.infer<typeof deviceHealth>

export const fromBridge = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('welcome'), version: z.literal(1), devices: z.array(deviceHealth).max(64) }),
  /** `n` counts the scans of one bridge process from 1, so that a gap is seen. `aim` is the AIM symbology identifier (ISO/IEC 15424), e.g. `]E0`. */
  z.strictObject({
    type: z.literal('scan'),
    device: id,
    n: z.int().positive(),
    text: z.string().min(1).max(MAX_SCAN_CHARS),
    aim: z.string().length(3).optional(),
  }),
  z.strictObject({ type: z.literal('health'), health: deviceHealth }),
  /** Bytes were thrown away to find the next frame. */
  z.strictObject({ type: z.literal('garbage'), device: id, bytes: z.int().positive() }),
  /** `printed`: the printer confirmed. `failed`: nothing came out. `unknown`: it is not known, and the job is never sent again. */
  z.strictObject({ type: z.literal('print_result'), job: id, result: z.enum(['printed', 'failed', 'unknown']), code: errorCode.optional() }),
])
export type FromBridge = z.infer<typeof fromBridge>

export const toBridge = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), version: z.literal(1), token: z.string().min(16).max(128) }),
  /** Prints once. The same `job` again gives the same result again, never a second print. `deadlineMs`: give up after, as `failed` or `unknown`. */
  z.strictObject({ type: z.literal('print'), job: id, document: printDocument, deadlineMs: z.int().min(100).max(60_000) }),
])
export type ToBridge = z.input<typeof toBridge>

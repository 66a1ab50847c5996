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

export const deviceKinds = ['scanner', 'card_reader', 'printer', 'scale', 'display', 'camera'] as const
export const deviceStates = ['ready', 'absent', 'fault'] as const

/** The paper's width at 203 dpi, and 600 rows of it (7.5 cm) as base64. */
export const MAX_IMAGE_DOTS = 576
export const MAX_IMAGE_CHARS = (MAX_IMAGE_DOTS / 8) * 600 * (4 / 3)

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
  /** A linear code with its text below. An EAN-13 without its check digit gets it from the printer. */
  z.discriminatedUnion('symbology', [
    z.strictObject({ kind: z.literal('barcode'), symbology: z.literal('ean13'), data: z.string().regex(/^\d{12,13}$/) }),
    z.strictObject({ kind: z.literal('barcode'), symbology: z.literal('code128'), data: z.string().regex(/^[ -~]{1,48}$/) }),
  ]),
  /** A picture, one dot of the printer a pixel: rows from the top, each of ⌈width / 8⌉ bytes, the leftmost pixel in the highest bit, 1 is black. */
  z.strictObject({ kind: z.literal('image'), width: z.int().min(1).max(MAX_IMAGE_DOTS), rows: z.base64().min(4).max(MAX_IMAGE_CHARS) }),
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
  /** The last time that it was not ready, kept after it recovered; `at` is wall clock, milliseconds since 1970 UTC. */
  lastError: z.strictObject({ code: errorCode, detail: z.string().max(500).optional(), at: z.int().nonnegative() }).optional(),
  counters: z.record(z.string().max(40), z.int().nonnegative()),
})
export type DeviceHealth = z.infer<typeof deviceHealth>

/** A mass in thousandths of the unit in which the scale is set: never a float, and never converted from one unit into the other. */
export const weightUnits = ['kg', 'lb'] as const
export type WeightUnit = (typeof weightUnits)[number]
/** 99.999 kg or lb: more than any scale of a counter carries. */
export const MAX_MILLI = 99_999
export const weight = z.strictObject({ milli: z.int().min(1).max(MAX_MILLI), unit: z.enum(weightUnits) })
export type Weight = z.infer<typeof weight>

/**
 * What a scale shows now. Only `stable` may be sold by: its weight is net of the tare. `zero`: nothing lies on it. `under`: below zero, `over`: more
 * than it can carry; `unstable`: still moving.
 */
export const scaleReading = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('stable'), weight }),
  z.strictObject({ state: z.enum(['unstable', 'zero', 'under', 'over']) }),
])
export type ScaleReading = z.infer<typeof scaleReading>

const hexOf = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^(?:[0-9a-f]{2}){1,${bytes}}$`))

/**
 * A card, as its reader gives it away. Nothing here is card data in the sense of PCI DSS: at most the first six and last four digits of the number
 * (PCI DSS 4.0 §3.4.1) and what the reader has encrypted, which only the hub's key service can open. A reader that does not encrypt is for test
 * cards: then `encrypted` is missing and the number alone is all that is left.
 */
export const card = z.strictObject({
  maskedPan: z.string().regex(/^\d{0,6}\*{2,13}\d{4}$/),
  /** YYMM, as ISO/IEC 7813 has it. */
  expiry: z
    .string()
    .regex(/^\d{4}$/)
    .optional(),
  encrypted: z
    .strictObject({
      /** ANSI X9.24-1 (TDES) or X9.24-3 (AES), and which of the keys derived for a transaction was used. */
      scheme: z.enum(['tdes-dukpt-pin', 'tdes-dukpt-data', 'aes-dukpt-data']),
      /** Key serial number: 10 bytes for TDES, 12 for AES. */
      ksn: z.string().regex(/^(?:[0-9a-f]{20}|[0-9a-f]{24})$/),
      track1: hexOf(160).optional(),
      track2: hexOf(160).optional(),
    })
    .optional(),
})
export type Card = z.infer<typeof card>

/** What the till has a device do, besides printing. */
export const order = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('open_drawer') }),
  /** The whole display, from the top; a later one takes the place of one that was not shown yet, which is then `done` as well. */
  z.strictObject({ do: z.literal('show'), lines: z.array(z.string().max(40)).max(4) }),
  /** Waits for the first stable weight. A scale that computes prices is told the price of one unit. */
  z.strictObject({ do: z.literal('weigh'), unitMinor: z.int().nonnegative().max(999_999) }),
  z.strictObject({ do: z.literal('zero') }),
  z.strictObject({ do: z.literal('tare') }),
])
export type Order = z.infer<typeof order>

export const fromBridge = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('welcome'), version: z.literal(2), devices: z.array(deviceHealth).max(64) }),
  /** `n` counts the scans of one bridge process from 1, so that a gap is seen. `aim` is the AIM symbology identifier (ISO/IEC 15424), e.g. `]E0`. */
  z.strictObject({
    type: z.literal('scan'),
    device: id,
    n: z.int().positive(),
    text: z.string().min(1).max(MAX_SCAN_CHARS),
    aim: z.string().length(3).optional(),
  }),
  /** A card was swiped; `n` counts those of one bridge process. */
  z.strictObject({ type: z.literal('card'), device: id, n: z.int().positive(), card }),
  /** What the scale shows, told when it changes. */
  z.strictObject({ type: z.literal('reading'), device: id, reading: scaleReading }),
  /** The cash drawer was opened (with a key, too) or pushed shut, where the printer can tell. */
  z.strictObject({ type: z.literal('drawer'), device: id, open: z.boolean() }),
  z.strictObject({ type: z.literal('health'), health: deviceHealth }),
  /** Bytes were thrown away to find the next frame. */
  z.strictObject({ type: z.literal('garbage'), device: id, bytes: z.int().positive() }),
  /** `printed`: the printer confirmed. `failed`: nothing came out. `unknown`: it is not known, and the job is never sent again. */
  z.strictObject({ type: z.literal('print_result'), job: id, result: z.enum(['printed', 'failed', 'unknown']), code: errorCode.optional() }),
  /** The end of one order. `failed`: nothing happened. `unknown`: it may have. `weight` is there when a `weigh` is done. */
  z.strictObject({
    type: z.literal('order_result'),
    order: id,
    result: z.enum(['done', 'failed', 'unknown']),
    code: errorCode.optional(),
    weight: weight.optional(),
  }),
])
export type FromBridge = z.infer<typeof fromBridge>

export const toBridge = z.discriminatedUnion('type', [
  /** `watch`: an engineer who looks on. He hears what the till hears, orders nothing, and does not count as a till that took a scan. */
  z.strictObject({ type: z.literal('hello'), version: z.literal(2), token: z.string().min(16).max(128), watch: z.boolean().default(false) }),
  /** Prints once. The same `job` again gives the same result again, never a second print. `deadlineMs`: give up after, as `failed` or `unknown`. */
  z.strictObject({ type: z.literal('print'), job: id, document: printDocument, deadlineMs: z.int().min(100).max(60_000) }),
  /** Done once by the one device of that kind; the same `order` again gives the same result again. Not done by the deadline: given up, as `failed` or `unknown`. */
  z.strictObject({ type: z.literal('order'), order: id, what: order, deadlineMs: z.int().min(100).max(60_000) }),
])
export type ToBridge = z.input<typeof toBridge>

import { concat } from '#protocol/bytes.ts'
import { readScanText } from './scan-text.ts'
import { MAX_FRAME_BYTES, type ScanItem } from './scanner.ts'

/**
 * Scanners as HID point-of-sale devices (USB HID POS Usage Tables 1.02, page 8C): one input report of 64 bytes, or several for a long code.
 *
 *     standard, honeywell  02 length AIM×3 data×56 code-id 00 more
 *     zebra                02 length  –  AIM×3 data×56        more
 *     newland              02 length data×56 reserved×4 code-id more
 *
 * `more` (bit 0) says that the code goes on in the next report. A Honeywell tells its own code id as well, which stands in where it has no AIM
 * identifier for a symbology; it sends nothing before feature 254 is set to 1.
 */
export const hidScannerModels = ['standard', 'zebra', 'honeywell', 'newland'] as const
export type HidScannerModel = (typeof hidScannerModels)[number]

/** What makes a Honeywell report its scans: feature report 254. */
export const reportScans: Uint8Array = Uint8Array.of(254, 1)

type Layout = { readonly aimAt?: number; readonly dataAt: number; readonly codeIdAt?: number }
const LAYOUTS: Readonly<Record<HidScannerModel, Layout>> = {
  standard: { aimAt: 2, dataAt: 5 },
  honeywell: { aimAt: 2, dataAt: 5, codeIdAt: 61 },
  zebra: { aimAt: 3, dataAt: 6 },
  newland: { dataAt: 2 },
}
const REPORT_BYTES = 64
const DATA_BYTES = 56
const SCANNED_DATA = 2
const LENGTH_AT = 1
const MORE_AT = 63

/** Honeywell's code ids (its user guides, "Symbology charts") as AIM identifiers (ISO/IEC 15424), for what a shop scans. */
const AIM_OF_CODE_ID: Readonly<Record<string, string>> = {
  d: ']E0',
  c: ']E0',
  E: ']E0',
  D: ']E4',
  I: ']C1',
  j: ']C0',
  b: ']A0',
  i: ']G0',
  e: ']I0',
  y: ']e0',
  '{': ']e0',
  '}': ']e0',
  s: ']Q1',
  w: ']d1',
  z: ']z0',
  r: ']L0',
}

/** An AIM identifier that names a symbology. `]X0` is any other code: the code id knows better. */
const AIM = /^\][A-WYZa-z][0-9A-Za-z]$/

export type HidScanDecoder = {
  readonly model: HidScannerModel
  /**
   * `between` codes, or `inside` one of several reports. Else reports are thrown away: `lost` until the end of a code or a silence, `given_up` until the
   * end of a code that is known to go on, however long that takes: its rest is no code.
   */
  readonly at: 'between' | 'inside' | 'lost' | 'given_up'
  /** The code so far, at most MAX_FRAME_BYTES. */
  readonly held: Uint8Array
  readonly aim: string | undefined
  /** Bytes thrown away since the last `garbage`. */
  readonly thrown: number
}

const NOTHING = new Uint8Array(0)
export const startHidScanDecoder = (model: HidScannerModel): HidScanDecoder => ({ model, at: 'between', held: NOTHING, aim: undefined, thrown: 0 })

type Decoded = { readonly decoder: HidScanDecoder; readonly items: readonly ScanItem[] }

/**
 * Takes one input report, its id first. After a report that cannot be read, what follows is thrown away up to the end of its code: the rest of a
 * damaged code could be another product's.
 */
export function decodeScanReport(decoder: HidScanDecoder, report: Uint8Array): Decoded {
  // About something else than a code: a state, the answer to a command.
  if (report.length > 0 && report[0] !== SCANNED_DATA) return { decoder, items: [] }
  const part = readPart(decoder.model, report)
  if (part === undefined) {
    const goesOn = decoder.at === 'inside' || decoder.at === 'given_up'
    return thrownAway(decoder, decoder.held.length + report.length, isEnd(report) ? 'between' : goesOn ? 'given_up' : 'lost')
  }
  const next = part.more ? 'given_up' : 'between'
  if (decoder.at === 'lost' || decoder.at === 'given_up') return thrownAway(decoder, report.length, next)
  // Parts of one code say the same symbology. Another one is another code, whose predecessor has no end.
  const goesOn = decoder.at === 'inside' && decoder.aim === part.aim
  const cutOff = decoder.at === 'inside' && !goesOn ? giveUpCode(decoder).items : []
  const before = goesOn ? decoder.held : NOTHING
  if (before.length + part.data.length > MAX_FRAME_BYTES) return thrownAway(decoder, before.length + report.length, next)

  const held = concat(before, part.data)
  if (part.more) return { decoder: { ...decoder, at: 'inside', held, aim: part.aim, thrown: 0 }, items: cutOff }
  return { decoder: startHidScanDecoder(decoder.model), items: [...cutOff, ...readCode(held, part.aim)] }
}

/** Nobody waits for the rest of the code under way any longer. If it comes all the same, it is thrown away. */
export function giveUpCode(decoder: HidScanDecoder): Decoded {
  const bytes = decoder.held.length + decoder.thrown
  const at = decoder.at === 'inside' || decoder.at === 'given_up' ? 'given_up' : 'between'
  return { decoder: { ...startHidScanDecoder(decoder.model), at }, items: bytes === 0 ? [] : [{ type: 'garbage', bytes }] }
}

/** Whether silence now would mean that something was cut off. */
export const isCodeUnfinished = ({ at, thrown }: HidScanDecoder): boolean => at === 'inside' || at === 'lost' || thrown > 0

const isEnd = (report: Uint8Array): boolean => report.length === REPORT_BYTES && ((report[MORE_AT] ?? 0) & 1) === 0

function thrownAway(decoder: HidScanDecoder, bytes: number, at: 'between' | 'lost' | 'given_up'): Decoded {
  const thrown = decoder.thrown + bytes
  // Noise without end is still told, now and then.
  const isTold = at === 'between' || thrown >= MAX_FRAME_BYTES
  const next: HidScanDecoder = { ...startHidScanDecoder(decoder.model), at, thrown: isTold ? 0 : thrown }
  return { decoder: next, items: isTold ? [{ type: 'garbage', bytes: thrown }] : [] }
}

type Part = { readonly data: Uint8Array; readonly aim: string | undefined; readonly more: boolean }

function readPart(model: HidScannerModel, report: Uint8Array): Part | undefined {
  const { aimAt, dataAt, codeIdAt } = LAYOUTS[model]
  const length = report[LENGTH_AT] ?? 0
  if (report.length !== REPORT_BYTES || length > DATA_BYTES) return undefined
  const data = report.slice(dataAt, dataAt + length)
  const more = ((report[MORE_AT] ?? 0) & 1) === 1
  if (aimAt === undefined) return { data, aim: undefined, more }
  const field = String.fromCharCode(...report.subarray(aimAt, aimAt + 3))
  // No identifier is NULs. Anything else there is not this layout, and its data would begin in the wrong place.
  if (!/^(?:\][A-Za-z][0-9A-Za-z]|\0{3})$/.test(field)) return undefined
  const fromCodeId = codeIdAt === undefined ? undefined : AIM_OF_CODE_ID[String.fromCharCode(report[codeIdAt] ?? 0)]
  return { data, aim: AIM.test(field) ? field : (fromCodeId ?? (field.startsWith(']') ? field : undefined)), more }
}

/** Scanners are often set to end a code with Enter; here the report does that, so one line end is not the code's. */
function readCode(bytes: Uint8Array, aim: string | undefined): readonly ScanItem[] {
  if (bytes.length === 0) return []
  const text = readScanText(bytes, true)?.replace(/(?:\r\n|\r|\n)$/, '')
  if (text === undefined) return [{ type: 'garbage', bytes: bytes.length }]
  if (text === '') return []
  return [aim === undefined ? { type: 'scan', text } : { type: 'scan', text, aim }]
}

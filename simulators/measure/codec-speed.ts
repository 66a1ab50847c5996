import type { Driver, LineEvent } from '../../firmware-bridge/driver/machine.ts'
import { cardReaderDriver } from '../../firmware-bridge/driver/card-reader.ts'
import { printerDriver } from '../../firmware-bridge/driver/printer.ts'
import { scaleDriver } from '../../firmware-bridge/driver/scale.ts'
import { scannerDriver } from '../../firmware-bridge/driver/scanner.ts'
import { hidScannerDriver } from '../../firmware-bridge/driver/hid-scanner.ts'
import { idtechReport, magnesafeReport, plainReport } from '../device/card-reports.ts'
import { testCard, track1Of, track2Of } from '../device/test-cards.ts'
import { Random } from '../world/random.ts'
import { rounded } from './percentile.ts'

const SLICE_MS = 200
/** As much as a line brings at once; a HID report is as long as it is. */
const CHUNK_BYTES = 64
const CHUNKS = 512

export type CodecSpeed = { readonly codec: string; readonly valid_mb_per_s: number; readonly random_mb_per_s: number }

/** Reads bytes with a driver, as the bridge does, and forgets what it makes of them. */
type Reader = { readonly codec: string; readonly read: (bytes: Uint8Array) => void; readonly valid: readonly Uint8Array[]; readonly chunkBytes: number }

/** How fast every codec takes what its device sends, and how fast noise, through the driver that reads it: megabytes a second. */
export function codecSpeeds(): readonly CodecSpeed[] {
  const random = new Random('codec speeds')
  return readers().map(({ codec, read, valid, chunkBytes }) => {
    const noise = Array.from({ length: CHUNKS }, () => random.bytes(chunkBytes))
    return { codec, valid_mb_per_s: speed(read, valid), random_mb_per_s: speed(read, noise) }
  })
}

/** All codecs together, each with as many bytes as the others, half of them noise. */
export function overall(speeds: readonly CodecSpeed[]): number {
  const each = speeds.flatMap((one) => [one.valid_mb_per_s, one.random_mb_per_s])
  return rounded(each.length / each.reduce((sum, mbPerS) => sum + 1 / mbPerS, 0), 1)
}

function speed(read: (bytes: Uint8Array) => void, chunks: readonly Uint8Array[]): number {
  const pass = () => {
    // A codec may overwrite what held a card's data.
    for (const chunk of chunks) read(chunk.slice())
  }
  pass()
  const started = performance.now()
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
  let passes = 0
  for (; performance.now() - started < SLICE_MS; passes++) pass()
  return rounded((passes * bytes) / 1000 / (performance.now() - started), 2)
}

/** `whole`: each of the frames is an input report of HID. Else they are a stream. */
function readerOf<State, Event>(codec: string, driver: Driver<State, Event | LineEvent>, frames: readonly Uint8Array[], whole = false): Reader {
  let { state } = driver.step(driver.start, { type: 'opened' })
  return {
    codec,
    read: (bytes) => void ({ state } = driver.step(state, { type: 'bytes', bytes })),
    valid: whole ? frames : cut(frames),
    chunkBytes: whole ? (frames[0]?.length ?? CHUNK_BYTES) : CHUNK_BYTES,
  }
}

/** The frames again and again as a stream, in chunks of one size, which end anywhere. */
function cut(frames: readonly Uint8Array[]): readonly Uint8Array[] {
  const once = Buffer.concat(frames)
  const stream = Buffer.concat(Array.from({ length: Math.ceil((CHUNKS * CHUNK_BYTES) / once.length) }, () => once))
  return Array.from({ length: CHUNKS }, (_, at) => stream.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES))
}

const text = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : new TextEncoder().encode(part))))

const [STX, ETX, CR, LF, ESC] = [0x02, 0x03, 0x0d, 0x0a, 0x1b]

const CARD = testCard('Visa')
const STRIPE = { track1: track1Of(CARD), track2: track2Of(CARD) }
const SWIPE = { stripe: STRIPE, cipher: 'tdes', key: 'pin', ksn: Buffer.alloc(10, 1), track1: Buffer.alloc(80, 2), track2: Buffer.alloc(40, 3) } as const

function readers(): readonly Reader[] {
  return [
    readerOf('scanner, line', scannerDriver('line'), [text(']E04006381333931', CR, LF), text('SP1:6BFOXN%TSMAHN', CR)]),
    readerOf('scanner, stx-etx', scannerDriver('stx-etx'), [text(STX, ']E04006381333931', ETX)]),
    readerOf('scanner, hid', hidScannerDriver('standard'), [scanReport(']E0', '4006381333931')], true),
    readerOf('card reader, hid-msr', cardReaderDriver({ model: 'hid-msr', key: 'pin' }), [plainReport(STRIPE)], true),
    readerOf('card reader, magtek', cardReaderDriver({ model: 'magtek', key: 'pin' }), [magnesafeReport(SWIPE)], true),
    readerOf('card reader, idtech', cardReaderDriver({ model: 'idtech', key: 'data' }), [idtechReport(SWIPE)], true),
    // Status of a printer that has nothing to complain of (Epson, "DLE EOT").
    readerOf('printer', printerDriver({ drawerPin: 2 }), [text(0x12), text(0x16)]),
    readerOf('scale, toledo-8217', scaleDriver({ protocol: 'toledo-8217', unit: 'kg' }), [text(STX, '01.250', CR), text(STX, '?A', CR)]),
    readerOf('scale, sics', scaleDriver({ protocol: 'sics', unit: 'kg' }), [text('S S      1.250 kg', CR, LF), text('S D      1.190 kg', CR, LF)]),
    readerOf('scale, dialog-06', scaleDriver({ protocol: 'dialog-06', unit: 'kg' }), [
      text(STX, '02', ESC, '3', ESC, '01250', ESC, '000100', ESC, '000125', ETX),
    ]),
    readerOf('scale, cas', scaleDriver({ protocol: 'cas', unit: 'kg' }), [casFrame('S 01.250kg'), casFrame('U 01.190kg')]),
  ]
}

/** USB HID POS Usage Tables 1.02: id, length, AIM identifier, data. */
function scanReport(aim: string, code: string): Uint8Array {
  const report = new Uint8Array(64)
  report.set(text(2, code.length, aim, code))
  return report
}

/** CAS, ECR type 12: the check is the exclusive or of what it stands behind. */
function casFrame(body: string): Uint8Array {
  const check = text(body).reduce((sum, byte) => sum ^ byte, 0)
  return text(0x01, STX, body, check, ETX, 0x04)
}

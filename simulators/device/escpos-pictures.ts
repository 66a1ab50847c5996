import { barcode, bitmapOf, pdf417, qrCode } from './receipt-codes.ts'
import type { Bitmap, QrLevel } from './receipt.ts'
import { bytes, skip, untilNul, word, type Printer, type Reading } from './escpos-reading.ts'

/** Pictures and codes, from Epson's "ESC/POS Command Reference". */

/** More than any printer's memory: what claims to be larger is read, and not kept. */
const MAX_PICTURE_BYTES = 512 * 1024

function* pictureBytes(count: number): Reading<Uint8Array> {
  if (count <= MAX_PICTURE_BYTES) return yield* bytes(count)
  yield* skip(count)
  return new Uint8Array(0)
}

/** Columns of `high` dots from the left, each of high / 8 bytes, the highest bit at the top. */
const fromColumns = (data: Uint8Array, width: number, high: number): Bitmap =>
  bitmapOf(width, high, (x, y) => ((data[x * (high / 8) + (y >> 3)] ?? 0) & (0x80 >> (y & 7))) !== 0)

/** ESC * m nL nH: a strip 8 or 24 dots high, as 8 bits or 24 a column; in single density a column is two dots wide. */
export function* bitImage({ roll }: Printer): Reading {
  const m = yield
  const width = yield* word()
  const pixels = m >= 32 ? 24 : 8
  const data = yield* pictureBytes((pixels / 8) * width)
  roll.strip(fromColumns(data, width, pixels), (m & 1) === 0 ? 2 : 1, 24 / pixels)
}

/** GS v 0 m xL xH yL yH: x bytes by y rows; m doubles width, height or both. */
export function* rasterImage({ roll }: Printer): Reading {
  yield
  const m = yield
  const rowBytes = yield* word()
  const height = yield* word()
  const rows = yield* pictureBytes(rowBytes * height)
  roll.picture({ width: rows.length > 0 ? rowBytes * 8 : 0, height, rows }, (m & 1) + 1, ((m >> 1) & 1) + 1)
}

/** GS * x y: x columns of 8 dots, y rows of 8 dots, kept for GS /. */
export function* downloadImage({ stored }: Printer): Reading {
  const width = (yield) * 8
  const height = (yield) * 8
  stored.downloaded = fromColumns(yield* bytes((width * height) / 8), width, height)
}

/** GS / m. */
export function* printDownloaded({ roll, stored }: Printer): Reading {
  const m = yield
  if (stored.downloaded) roll.picture(stored.downloaded, (m & 1) + 1, ((m >> 1) & 1) + 1)
}

/** GS 8 L p1 p2 p3 p4: as GS ( L, with a length of four bytes. */
export function* largeGraphics(printer: Printer): Reading {
  yield
  const low = yield* word()
  graphics(printer, yield* pictureBytes(low + (yield* word()) * 65_536))
}

/** m fn …: 112 stores a raster picture (a bx by c xL xH yL yH …), 2 and 50 print what is stored. */
export function graphics({ roll, stored, unsupported }: Printer, parameters: Uint8Array): void {
  const [, what, tone, bx = 1, by = 1, , xl = 0, xh = 0, yl = 0, yh = 0] = parameters
  if (what === 112 && tone === 48) {
    stored.graphics = { bitmap: { width: xl | (xh << 8), height: yl | (yh << 8), rows: parameters.slice(10) }, wide: bx, high: by }
  } else if (what === 2 || what === 50) {
    if (stored.graphics) roll.picture(stored.graphics.bitmap, stored.graphics.wide, stored.graphics.high)
    delete stored.graphics
  } else unsupported()
}

/** GS k m …: 0 to 6 end with NUL, 65 and above say their length. */
export function* printBarcode({ roll, stored, unsupported }: Printer): Reading {
  const m = yield
  const data = m <= 6 ? yield* untilNul() : yield* bytes(yield)
  const code = barcode(m, data, stored.barcode)
  if (code) roll.code(code)
  else unsupported()
}

const levels: Readonly<Record<number, QrLevel>> = { 48: 'L', 49: 'M', 50: 'Q', 51: 'H' }
const within = (n: number, low: number, high: number): number => Math.min(high, Math.max(low, n))

/** GS ( k cn fn …: 2D codes. cn 48 is PDF417, 49 is QR; fn 80 stores the data, 81 prints. */
export function code2d(printer: Printer, parameters: Uint8Array): void {
  const [symbology, ...rest] = parameters
  if (symbology === 48) pdf417Command(printer, rest)
  else if (symbology === 49) qrCommand(printer, rest)
  else printer.unsupported()
}

/** 67 sets the module's size, 69 the level; 65 chooses the model, and everybody means model 2. */
function qrCommand({ roll, stored, unsupported }: Printer, [what, n = 0, ...rest]: readonly number[]): void {
  if (what === 67) stored.qr = { ...stored.qr, moduleDots: within(n, 1, 16) }
  else if (what === 69) stored.qr = { ...stored.qr, level: levels[n] ?? stored.qr.level }
  else if (what === 80) stored.qr = { ...stored.qr, data: Uint8Array.from(rest) }
  else if (what === 81) {
    const code = qrCode(stored.qr)
    if (code) roll.code(code)
  } else if (what !== 65) unsupported()
}

/** 65 columns, 67 the module's width, 68 a row's height in modules, 69 the level (48 + 0 to 8, or a ratio); 66 rows and 70 variants are left to the encoder. */
function pdf417Command({ roll, stored, unsupported }: Printer, [what, n = 0, ...rest]: readonly number[]): void {
  const { pdf417: now } = stored
  if (what === 65) stored.pdf417 = { ...now, columns: within(n, 0, 30) }
  else if (what === 67) stored.pdf417 = { ...now, moduleDots: within(n, 2, 8) }
  else if (what === 68) stored.pdf417 = { ...now, rowHeight: within(n, 2, 8) }
  else if (what === 69) stored.pdf417 = n === 48 ? { ...now, level: within((rest[0] ?? 48) - 48, 0, 8) } : now
  else if (what === 80) stored.pdf417 = { ...now, data: Uint8Array.from(rest) }
  else if (what === 81) {
    const code = pdf417(stored.pdf417)
    if (code) roll.code(code)
  } else if (what !== 66 && what !== 70) unsupported()
}

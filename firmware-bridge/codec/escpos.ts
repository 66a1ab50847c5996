/**
 * The commands of a receipt, in ESC/POS (Epson "ESC/POS Command Reference"). Only what practically every printer that calls itself compatible has:
 * no page mode, no downloaded fonts, no graphics memory.
 */
const ESC = 0x1b
const FS = 0x1c
const GS = 0x1d
const DLE = 0x10

const bytesOf = (...parts: readonly (number | string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...part].map((char) => char.charCodeAt(0)) : typeof part === 'number' ? part : [...part])),
  )

const word = (value: number): readonly [number, number] => [value & 0xff, value >> 8]

/** The largest command that any function here makes. A printer that lost its line in the middle of a command waits for at most so many bytes. */
export const MAX_COMMAND_BYTES = 1040

/** ESC @ and FS .: all settings as at power-on, and single-byte characters. A printer for the Chinese market starts with double-byte ones. */
export const initialize: Uint8Array = bytesOf(ESC, '@', FS, '.')

export const LINE_FEED = 0x0a

/** ESC d n. */
export const feed = (lines: number): Uint8Array => bytesOf(ESC, 'd', lines)

/** ESC J n: that many dots. */
export const feedDots = (dots: number): Uint8Array => bytesOf(ESC, 'J', dots)

/** ESC 3 n in dots, and ESC 2: what a line is fed by when nothing on it is higher. */
export const lineSpacing = (dots: number | 'default'): Uint8Array => (dots === 'default' ? bytesOf(ESC, '2') : bytesOf(ESC, '3', dots))

/** ESC t n: what the bytes from 0x80 mean while double-byte characters are off. */
export const selectCodePage = (n: number): Uint8Array => bytesOf(ESC, 't', n)

/** FS & and FS .: bytes from 0x81 are the first of two (GB 18030 where the printer's character set is Chinese). */
export const doubleByte = (on: boolean): Uint8Array => bytesOf(FS, on ? '&' : '.')

/** ESC E n. */
export const bold = (on: boolean): Uint8Array => bytesOf(ESC, 'E', on ? 1 : 0)

/** GS ! n: as many times as wide and as high. */
export const size = (scale: 1 | 2): Uint8Array => bytesOf(GS, '!', (scale - 1) * 0x11)

export const alignments = ['left', 'center', 'right'] as const
/** ESC a n. */
export const align = (to: (typeof alignments)[number]): Uint8Array => bytesOf(ESC, 'a', alignments.indexOf(to))

/** GS V 1: a partial cut, the receipt hangs by a thread. */
export const cut: Uint8Array = bytesOf(GS, 'V', 1)

/** GS ( k: model 2, level M, stored and printed. `data` at most MAX_COMMAND_BYTES - 8 bytes, `moduleDots` 1 to 16. */
export function qr(data: Uint8Array, moduleDots: number): readonly Uint8Array[] {
  const code = (what: number, ...parameters: readonly (number | Uint8Array)[]): Uint8Array => {
    const body = bytesOf(49, what, ...parameters)
    return bytesOf(GS, '(k', ...word(body.length), body)
  }
  return [code(65, 50, 0), code(67, moduleDots), code(69, 49), code(80, 48, data), code(81, 48)]
}

/** Height of a linear code, 10 mm, and its text below it (GS h, GS w, GS H); both ways of GS k that say their length: 67 EAN-13, 73 CODE128. */
export function barcode(symbology: 'ean13' | 'code128', data: string, moduleDots: 2 | 3): readonly Uint8Array[] {
  const settings = bytesOf(GS, 'h', 80, GS, 'w', moduleDots, GS, 'H', 2)
  const text = symbology === 'ean13' ? bytesOf(data) : code128(data)
  return [settings, bytesOf(GS, 'k', symbology === 'ean13' ? 67 : 73, text.length, text)]
}

/** Code set C where it can be, else B. A `{` starts a control in this command and is written twice. */
function code128(data: string): Uint8Array {
  const pairs = pairsOf(data)
  return pairs ? bytesOf('{C', pairs) : bytesOf('{B', data.replaceAll('{', '{{'))
}

/** Two digits a symbol, where all are digits, in pairs, and no two pairs make a command that a printer would obey at once. */
function pairsOf(data: string): Uint8Array | undefined {
  if (!/^(?:\d\d)+$/.test(data)) return undefined
  const pairs = Uint8Array.from(data.match(/../g) ?? [], Number)
  return pairs.some((_, at) => isRealTime(pairs, at)) ? undefined : pairs
}

/** Without its quiet zones (ISO/IEC 15417, ISO/IEC 15420): a printer prints nothing of a code that is too wide for its paper. */
export const barcodeModules = (symbology: 'ean13' | 'code128', data: string): number =>
  symbology === 'ean13' ? 95 : 11 * (pairsOf(data)?.length ?? data.length) + 35

/** GS v 0 in bands of bounded size, which join without a gap. `rows`: each ⌈width / 8⌉ bytes, highest bit leftmost, 1 is black. */
export function raster(width: number, rows: Uint8Array): readonly Uint8Array[] {
  const rowBytes = Math.ceil(width / 8)
  const bandRows = Math.floor((MAX_COMMAND_BYTES - 8) / rowBytes)
  const harmless = withoutRealTime(rows)
  return Array.from({ length: Math.ceil(rows.length / (bandRows * rowBytes)) }, (_, band) => {
    const part = harmless.subarray(band * bandRows * rowBytes, (band + 1) * bandRows * rowBytes)
    return bytesOf(GS, 'v0', 0, ...word(rowBytes), ...word(part.length / rowBytes), part)
  })
}

/** EOT, ENQ and DC4 after a DLE make a command that a printer obeys at once, even in the middle of a picture. */
const isRealTime = (bytes: Uint8Array, at: number): boolean => bytes[at - 1] === DLE && [0x04, 0x05, 0x14].includes(bytes[at] ?? 0)

/** One dot more, and it is a picture again. */
const withoutRealTime = (rows: Uint8Array): Uint8Array => rows.map((byte, at) => (isRealTime(rows, at) ? byte | 0x08 : byte))

export type DrawerPin = 2 | 5

/** 100 ms on, 400 ms off: long enough for every solenoid, short enough to burn none. In units of 2 ms and of 100 ms. */
const PULSE_ON = 50
const PULSE_OFF = 200

/** ESC p m t1 t2: in its turn, behind the data sent before it. */
export const kickDrawer = (pin: DrawerPin): Uint8Array => bytesOf(ESC, 'p', pin === 2 ? 0 : 1, PULSE_ON, PULSE_OFF)

/** DLE DC4 1 m t: at once, even when the printer is offline for its paper or its cover. */
export const kickDrawerNow = (pin: DrawerPin): Uint8Array => bytesOf(DLE, 0x14, 1, pin === 2 ? 0 : 1, 1)

/** DLE ENQ 1 goes on after a jam where it stopped; 2 goes on after throwing away all that it was sent. */
export const recover = (then: 'resume' | 'discard'): Uint8Array => bytesOf(DLE, 0x05, then === 'resume' ? 1 : 2)

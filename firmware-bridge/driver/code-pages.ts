import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder'

/**
 * Which character sets a printer has. `western`: the code pages that practically every ESC/POS printer has under the same numbers. `chinese`: those,
 * and the double-byte characters of GB 18030 (its two-byte part, which is GBK), as printers for the Chinese market have.
 */
export const characterSets = ['western', 'chinese'] as const
export type CharacterSet = (typeof characterSets)[number]

/** With their numbers in ESC t: Western with the euro, Central European, Cyrillic, DOS. In order of preference. */
export const singleByte = { windows1252: 16, cp852: 18, cp866: 17, cp437: 0 } as const
type SingleByte = keyof typeof singleByte
export type CodePage = SingleByte | 'gb18030'
const singleBytePages = Object.keys(singleByte) as readonly SingleByte[]

const pagesOf: Readonly<Record<CharacterSet, readonly CodePage[]>> = { western: singleBytePages, chinese: [...singleBytePages, 'gb18030'] }

const isAscii = (char: string): boolean => char >= ' ' && char <= '~'

/** The pages of a set that hold a printable character of it. ASCII is in all of them. */
export const pagesWith = (char: string, set: CharacterSet): readonly CodePage[] =>
  isAscii(char) ? pagesOf[set] : pagesOf[set].filter((page) => bytesIn(page, char) !== undefined)

/** A character's bytes in a page: one, or two in GB 18030 for all but ASCII. None is a control character. */
export function bytesIn(page: CodePage, char: string): readonly number[] | undefined {
  if (isAscii(char)) return [char.charCodeAt(0)]
  if (page === 'gb18030') return (doubleByteTable ??= readDoubleByte()).get(char)
  const byte = singleByteTable[page].get(char)
  return byte === undefined ? undefined : [byte]
}

/** How wide it is printed, in columns: what only a double-byte page holds is as wide as two letters. */
export const columnsOf = (text: string): number => Array.from(text).reduce((sum, char) => sum + (isWide(char) ? 2 : 1), 0)

export const isWide = (char: string): boolean => !isAscii(char) && !singleBytePages.some((page) => singleByteTable[page].has(char))

// The tables

/** Where the single-byte pages' characters are: Latin; Greek and Cyrillic; punctuation, symbols, lines and blocks. */
const BLOCKS = [
  [0x80, 0x24f],
  [0x370, 0x45f],
  [0x2010, 0x25ff],
] as const
const PROBE_LINE = 32
const LINE_FEED = 0x0a

/** Asked of the encoder once: its own search for a page takes milliseconds a line, and a receipt would take longer than a scan may wait. */
const singleByteTable: Readonly<Record<SingleByte, ReadonlyMap<string, number>>> = {
  windows1252: readSingleByte('windows1252'),
  cp852: readSingleByte('cp852'),
  cp866: readSingleByte('cp866'),
  cp437: readSingleByte('cp437'),
}

function readSingleByte(page: SingleByte): ReadonlyMap<string, number> {
  const all = BLOCKS.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => String.fromCharCode(first + at)))
  const chars = all.filter((char) => /[^\s\p{C}]/u.test(char))
  const encoder = new ReceiptPrinterEncoder({ language: 'esc-pos', columns: PROBE_LINE, codepageMapping: 'epson/legacy', newline: '\n' }).codepage(page)
  for (let at = 0; at < chars.length; at += PROBE_LINE) encoder.line(chars.slice(at, at + PROBE_LINE).join(''))
  const [, , , ...bytes] = encoder.encode()
  const found = bytes.filter((byte) => byte !== LINE_FEED).map((byte, at): [string, number] => [chars[at] ?? '', byte])
  // Below 0x80 it is `?`, or one of the pictures some pages have in place of control characters, which a printer would obey.
  return new Map(found.filter(([, byte]) => byte >= 0x80))
}

let doubleByteTable: ReadonlyMap<string, readonly number[]> | undefined

/**
 * Read backwards from the system's decoder, all pairs at once. Without what the single-byte pages have, which would be printed twice as wide, and
 * without private-use characters, which are in no printer's font.
 */
function readDoubleByte(): ReadonlyMap<string, readonly number[]> {
  const trails = Array.from({ length: 0xff - 0x40 }, (_, at) => 0x40 + at).filter((trail) => trail !== 0x7f)
  const pairs = Array.from({ length: 0xff - 0x81 }, (_, at) => 0x81 + at).flatMap((lead) => trails.map((trail) => [lead, trail] as const))
  const chars = new TextDecoder('gb18030').decode(Uint8Array.from(pairs.flatMap((pair) => [...pair, LINE_FEED]))).split('\n')
  const entries = pairs.map((pair, at): [string, readonly number[]] => [chars[at] ?? '', pair])
  return new Map(entries.filter(([char]) => /^[^\s\p{C}\ufffd]$/u.test(char) && isWide(char)))
}

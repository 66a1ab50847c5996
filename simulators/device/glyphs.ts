import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { inflateSync } from 'node:zlib'
import { parse, type Font } from 'opentype.js/dist/opentype.mjs'

/**
 * What a printer's characters look like, as paths, so that a receipt looks the same on every machine. GNU Unifont is drawn dot by dot, as a printer's
 * own characters are; Chinese characters are ZCOOL XiaoWei's, where it has them.
 */
export type GlyphDots = {
  /** In the box of a character: 12 x 24 dots, or 24 x 24 if it is `wide`. */
  readonly path: string
  readonly isWide: boolean
}

/** Unifont's own size: 8 or 16 dots wide, 16 high. */
const ROWS = 16
/** A dot of Unifont is three of these, and one of the printer's is two. */
const FINE = 3
const HALF_DOTS = 2

const glyphs = new Map<string, GlyphDots | undefined>()

/** Undefined for what leaves no ink. What no font has is a box. */
export function glyphOf(char: string): GlyphDots | undefined {
  if (/^\s$/u.test(char)) return undefined
  // A soft hyphen is a hyphen in a printer's tables.
  if (!glyphs.has(char)) glyphs.set(char, draw(char === '\u00ad' ? '-' : char))
  return glyphs.get(char)
}

const BOX: GlyphDots = { path: 'M1 3h10v18h-10zM2.5 4.5v15h7v-15z', isWide: false }

const CHINESE = /^[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]$/

function draw(char: string): GlyphDots | undefined {
  const chinese = CHINESE.test(char) ? chineseFont().charToGlyph(char) : undefined
  if (chinese && chinese.index > 0) return { path: chinese.getPath(0, CHINESE_BASELINE, 24).toPathData(1), isWide: true }
  const font = dotFont()
  const glyph = font.charToGlyph(char)
  if (glyph.index === 0) return BOX
  const columns = Math.round((glyph.advanceWidth / font.unitsPerEm) * ROWS)
  const inked = rasterised(glyph.getPath(0, ROWS - 2, ROWS).commands, columns)
  const path = outlined(smoothed(inked))
  return path === '' ? undefined : { path, isWide: columns > ROWS / 2 }
}

/** Puts the ideographic box, 0.12 em below the baseline, exactly into 24 dots. */
const CHINESE_BASELINE = 24 * 0.88

// Fonts, read when the first character needs them

const require = createRequire(import.meta.url)
let dots: Font | undefined
let chinese: Font | undefined
const dotFont = (): Font =>
  (dots ??= parse(sfntOf(readFileSync(require.resolve('@fontsource/unifont/files/unifont-latin-400-normal.woff'))), { lowMemory: true }))
const chineseFont = (): Font =>
  (chinese ??= parse(sfntOf(readFileSync(require.resolve('@expo-google-fonts/zcool-xiaowei/400Regular/ZCOOLXiaoWei_400Regular.ttf')))))

const WOFF = 0x774f4646

/** WOFF 1.0 unpacked (W3C, sections 3 to 5). opentype.js can do that too, and takes three seconds for a font of this size. */
function sfntOf(file: Buffer): ArrayBuffer {
  if (file.readUInt32BE(0) !== WOFF) return new Uint8Array(file).buffer
  const count = file.readUInt16BE(12)
  const directory = Buffer.alloc(12 + 16 * count)
  file.copy(directory, 0, 4, 8)
  directory.writeUInt16BE(count, 4)
  const tables: Buffer[] = []
  let offset = directory.length
  for (let n = 0; n < count; n++) {
    const entry = 44 + 20 * n
    const [from, packed, length] = [file.readUInt32BE(entry + 4), file.readUInt32BE(entry + 8), file.readUInt32BE(entry + 12)]
    const data = file.subarray(from, from + packed)
    const table = Buffer.alloc(Math.ceil(length / 4) * 4)
    table.set(packed < length ? inflateSync(data) : data)
    const to = 12 + 16 * n
    file.copy(directory, to, entry, entry + 4)
    directory.writeUInt32BE(file.readUInt32BE(entry + 16), to + 4)
    directory.writeUInt32BE(offset, to + 8)
    directory.writeUInt32BE(length, to + 12)
    tables.push(table)
    offset += table.length
  }
  return new Uint8Array(Buffer.concat([directory, ...tables])).buffer
}

// From Unifont's outline back to its dots, and from those to a finer outline

type Dots = readonly (readonly boolean[])[]
type Command = { readonly type: string; readonly x?: number; readonly y?: number }
type Edge = { readonly x: number; readonly from: number; readonly to: number }

/** Unifont's outlines run along its dots: a dot is inked when the upright edges to its left wind around it. */
function rasterised(commands: readonly Command[], columns: number): Dots {
  const edges: Edge[] = []
  let start = { x: 0, y: 0 }
  let at = start
  for (const { type, x = start.x, y = start.y } of commands) {
    if (type === 'M') start = { x, y }
    else if (Math.abs(x - at.x) < 0.01) edges.push({ x, from: at.y, to: y })
    at = { x, y }
  }
  return Array.from({ length: ROWS }, (_, row) => Array.from({ length: columns }, (__, column) => windingAt(edges, column + 0.5, row + 0.5) !== 0))
}

const windingAt = (edges: readonly Edge[], x: number, y: number): number =>
  edges.reduce(
    (sum, edge) => sum + (edge.x < x && Math.min(edge.from, edge.to) < y && y < Math.max(edge.from, edge.to) ? Math.sign(edge.to - edge.from) : 0),
    0,
  )

/** Three by three for every dot, corners of slanted strokes filled in (the rule known as Scale3x). */
function smoothed(dots: Dots): Dots {
  const inked = (x: number, y: number): boolean => dots[y]?.[x] ?? false
  const fine: boolean[][] = Array.from({ length: dots.length * FINE }, () => [])
  dots.forEach((row, y) => {
    row.forEach((_, x) => {
      const [a, b, c, d, e, f, g, h, i] = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => inked(x + dx, y + dy)))
      const slanted = b !== h && d !== f
      const nine = slanted
        ? [
            d === b ? d : e,
            (d === b && e !== c) || (b === f && e !== a) ? b : e,
            b === f ? f : e,
            (d === b && e !== g) || (d === h && e !== a) ? d : e,
            e,
            (b === f && e !== i) || (h === f && e !== c) ? f : e,
            d === h ? d : e,
            (d === h && e !== i) || (h === f && e !== g) ? h : e,
            h === f ? f : e,
          ]
        : Array.from({ length: 9 }, () => e)
      nine.forEach((ink, at) => fine[y * FINE + Math.floor(at / FINE)]?.push(ink ?? false))
    })
  })
  return fine
}

/** Rectangles as a path: runs of ink in a row, as far down as the same run goes. */
function outlined(fine: Dots): string {
  const open = new Map<string, number>()
  const parts: string[] = []
  const close = (run: string, from: number, to: number): void => {
    const [x = 0, length = 0] = run.split(' ').map(Number)
    parts.push(`M${x / HALF_DOTS} ${from / HALF_DOTS}h${length / HALF_DOTS}v${(to - from) / HALF_DOTS}h${-length / HALF_DOTS}z`)
  }
  for (let y = 0; y <= fine.length; y++) {
    const runs = new Set(runsOf(fine[y] ?? []))
    for (const [run, from] of open) {
      if (runs.has(run)) continue
      close(run, from, y)
      open.delete(run)
    }
    for (const run of runs) if (!open.has(run)) open.set(run, y)
  }
  return parts.join('')
}

function runsOf(row: readonly boolean[]): readonly string[] {
  const found: string[] = []
  row.forEach((ink, x) => {
    if (!ink || row[x - 1]) return
    const end = row.indexOf(false, x)
    found.push(`${x} ${(end < 0 ? row.length : end) - x}`)
  })
  return found
}

import bwip from 'bwip-js/node'
import { encode } from 'uqr'
import type { Code } from './paper-roll.ts'
import type { Bitmap, Font, QrLevel } from './receipt.ts'

/** GS h, GS w, GS H, GS f: how linear codes look. */
export type BarcodeLook = { readonly height: number; readonly wide: number; readonly hri: 0 | 1 | 2 | 3; readonly font: Font }
export const PLAIN_BARCODE: BarcodeLook = { height: 162, wide: 3, hri: 0, font: 'A' }

/** GS k m: the name of each symbology for people and in the encoder. 0 to 6 are the same as 65 to 71. */
const symbologies: Readonly<Record<number, readonly [name: string, encoder: string]>> = {
  65: ['UPCA', 'upca'],
  66: ['UPCE', 'upce'],
  67: ['EAN13', 'ean13'],
  68: ['EAN8', 'ean8'],
  69: ['CODE39', 'code39'],
  70: ['ITF', 'interleaved2of5'],
  71: ['CODABAR', 'rationalizedCodabar'],
  72: ['CODE93', 'code93'],
  73: ['CODE128', 'code128'],
}

/** A linear code as GS k prints it; undefined where it prints nothing: no such symbology, or data that it cannot hold. */
export function barcode(m: number, data: Uint8Array, { height, wide, hri, font }: BarcodeLook): Code | undefined {
  const [symbology, bcid] = symbologies[m < 65 ? m + 65 : m] ?? []
  if (!symbology || !bcid) return undefined
  const latin = String.fromCharCode(...data)
  const code128 = symbology === 'CODE128' ? readCode128(data) : undefined
  if (symbology === 'CODE128' && !code128) return undefined
  const [drawn] = drawnBy(bcid, code128 ? { text: code128.codewords, raw: true } : { text: plainData(symbology, latin) })
  if (!drawn || !('sbs' in drawn)) return undefined
  const text = code128?.text ?? shownDigits(symbology, drawn.txt) ?? latin
  const caption = { text, font, above: (hri & 1) === 1, below: (hri & 2) === 2 }
  return { symbology, text, bitmap: bars(drawn.sbs), wide, high: height, ...(hri > 0 ? { caption } : {}) }
}

/** A printer takes CODE39 with or without its stars, and UPC-E without its number system. */
function plainData(symbology: string, data: string): string {
  if (symbology === 'CODE39') return data.replaceAll('*', '')
  return symbology === 'UPCE' && data.length === 6 ? `0${data}` : data
}

/** With the check digit that a printer adds. */
const shownDigits = (symbology: string, drawn: unknown): string | undefined => {
  if (!/^(?:UPC|EAN)/.test(symbology) || !Array.isArray(drawn) || drawn.length === 0) return undefined
  return drawn.map((part: unknown) => (Array.isArray(part) ? String(part[0]) : '')).join('')
}

type Drawn = { readonly sbs: readonly number[]; readonly txt?: unknown } | { readonly pixs: readonly number[]; readonly pixx: number; readonly pixy: number }

/** The encoder throws at data that the symbology cannot hold. */
function drawnBy(bcid: string, options: { readonly text: string } & Readonly<Record<string, string | number | boolean>>): readonly Drawn[] {
  try {
    return bwip.raw({ bcid, includetext: true, ...options })
  } catch {
    return []
  }
}

/** Bars and spaces by turns, from a bar. One row: it is drawn as high as it is asked for. */
function bars(widths: readonly number[]): Bitmap {
  const modules = widths.flatMap((width, at) => Array.from({ length: width }, () => at % 2 === 0))
  return bitmapOf(modules.length, 1, (x) => modules[x] ?? false)
}

export function bitmapOf(width: number, height: number, isBlack: (x: number, y: number) => boolean): Bitmap {
  const rowBytes = Math.ceil(width / 8)
  const rows = new Uint8Array(rowBytes * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (isBlack(x, y)) rows[y * rowBytes + (x >> 3)] = (rows[y * rowBytes + (x >> 3)] ?? 0) | (0x80 >> (x & 7))
  }
  return { width, height, rows }
}

/** Codewords of ISO/IEC 15417 by code set, for what follows a `{` in the data of GS k 73. */
const SETS = { A: 101, B: 100, C: 99 } as const
const STARTS = { A: 103, B: 104, C: 105 } as const
const FUNCTIONS: Readonly<Record<string, number>> = { '1': 102, '2': 97, '3': 96, S: 98 }

/** The data of GS k 73: `{A`, `{B`, `{C` choose a code set, `{1` to `{4` are function characters, `{S` shifts, `{{` is a brace. */
function readCode128(data: Uint8Array): { readonly codewords: string; readonly text: string } | undefined {
  let set: keyof typeof SETS | undefined
  const codewords: number[] = []
  let text = ''
  for (let at = 0; at < data.length; at++) {
    const byte = data[at] ?? 0
    const control = byte === 0x7b ? String.fromCharCode(data[++at] ?? 0) : undefined
    if (control === 'A' || control === 'B' || control === 'C') {
      codewords.push(set === undefined ? STARTS[control] : SETS[control])
      set = control
    } else if (set === undefined) return undefined
    else if (control === '4') codewords.push(set === 'A' ? 101 : 100)
    else if (control !== undefined && control !== '{') codewords.push(FUNCTIONS[control] ?? 98)
    else if (set === 'C') {
      codewords.push(byte)
      text += String(byte).padStart(2, '0')
    } else {
      codewords.push(byte < 0x20 ? byte + 64 : byte - 32)
      text += byte < 0x20 ? ' ' : String.fromCharCode(byte)
    }
  }
  return { codewords: codewords.map((codeword) => `^${String(codeword).padStart(3, '0')}`).join(''), text }
}

// GS ( k

/** Bytes of QR data by level at version 40 (ISO/IEC 18004 table 7). A printer prints nothing for more. */
const QR_CAPACITY: Readonly<Record<QrLevel, number>> = { L: 2953, M: 2331, Q: 1663, H: 1273 }

export type Qr = { readonly data: Uint8Array; readonly moduleDots: number; readonly level: QrLevel }
export const NO_QR: Qr = { data: new Uint8Array(0), moduleDots: 3, level: 'L' }

export function qrCode({ data, moduleDots, level }: Qr): Code | undefined {
  if (data.length === 0 || data.length > QR_CAPACITY[level]) return undefined
  const { data: modules, size } = encode([...data], { ecc: level, border: 0 })
  const bitmap = bitmapOf(size, size, (x, y) => modules[y]?.[x] ?? false)
  return { symbology: 'QR', text: new TextDecoder().decode(data), bitmap, wide: moduleDots, high: moduleDots }
}

export type Pdf417 = { readonly data: Uint8Array; readonly columns: number; readonly moduleDots: number; readonly rowHeight: number; readonly level?: number }
export const NO_PDF417: Pdf417 = { data: new Uint8Array(0), columns: 0, moduleDots: 3, rowHeight: 3 }

/** `columns` 0: as many as the encoder likes. */
export function pdf417({ data, columns, moduleDots, rowHeight, level }: Pdf417): Code | undefined {
  const text = String.fromCharCode(...data)
  const options = { text, rowmult: 1, ...(columns > 0 ? { columns } : {}), ...(level === undefined ? {} : { eclevel: level }) }
  const [drawn] = data.length === 0 ? [] : drawnBy('pdf417', options)
  if (!drawn || !('pixs' in drawn)) return undefined
  const bitmap = bitmapOf(drawn.pixx, drawn.pixy, (x, y) => drawn.pixs[y * drawn.pixx + x] === 1)
  return { symbology: 'PDF417', text, bitmap, wide: moduleDots, high: moduleDots * rowHeight }
}

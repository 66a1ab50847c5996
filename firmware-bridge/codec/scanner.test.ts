import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeScans, giveUpFrame, MAX_FRAME_BYTES, startScanDecoder, type ScanFraming, type ScanItem } from './scanner.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Feeds the pieces one after another; `items` of all of them, and of giving up what is left. */
function decode(framing: ScanFraming, pieces: readonly Uint8Array[]): readonly ScanItem[] {
  let decoder = startScanDecoder(framing)
  const items: ScanItem[] = []
  for (const piece of pieces) {
    const decoded = decodeScans(decoder, piece)
    decoder = decoded.decoder
    items.push(...decoded.items)
    expect(decoder.held.length).toBeLessThanOrEqual(MAX_FRAME_BYTES)
  }
  return [...items, ...giveUpFrame(decoder).items]
}

const scan = (text: string, aim?: string): ScanItem => (aim ? { type: 'scan', text, aim } : { type: 'scan', text })
const garbage = (bytes: number): ScanItem => ({ type: 'garbage', bytes })

describe('frames', () => {
  it.each<[string, ScanFraming, string, readonly ScanItem[]]>([
    ['CR', 'line', '4006381333931\r', [scan('4006381333931')]],
    ['LF', 'line', '4006381333931\n', [scan('4006381333931')]],
    ['CRLF', 'line', '4006381333931\r\n5012345678900\r\n', [scan('4006381333931'), scan('5012345678900')]],
    ['STX ETX', 'stx-etx', '\x024006381333931\x03', [scan('4006381333931')]],
    ['STX ETX CRLF', 'stx-etx', '\x02a\x03\r\n\x02b\x03\r\n', [scan('a'), scan('b')]],
    ['an AIM identifier', 'line', ']E04006381333931\r', [scan('4006381333931', ']E0')]],
    ['a code that is only an AIM identifier', 'line', ']E0\r', [scan(']E0')]],
    ['a bracket that is data', 'line', ']]x\r', [scan(']]x')]],
    ['GS1 separators', 'line', ']d20104012345678901\x1d10ABC\r', [scan('0104012345678901\x1d10ABC', ']d2')]],
    ['UTF-8', 'line', 'Žluťoučký 漢字 😀\r', [scan('Žluťoučký 漢字 😀')]],
    ['empty lines', 'line', '\r\n\r\r\n', []],
    ['an unfinished frame', 'line', '40063', [garbage(5)]],
    ['a control character inside', 'line', '4006\x00381\rabc\r', [garbage(8), scan('abc')]],
    ['noise before STX', 'stx-etx', '\x7fxx\x024006\x03', [garbage(3), scan('4006')]],
    ['STX inside a frame', 'stx-etx', '\x02400\x024006\x03', [garbage(3), scan('4006')]],
    ['an empty frame', 'stx-etx', '\x02\x03', []],
  ])('%s', (_, framing, text, items) => {
    expect(decode(framing, [bytesOf(text)])).toEqual(items)
  })

  it('throws away a frame whose bytes are not UTF-8, whole, and reads the next one', () => {
    const noise = Uint8Array.of(0x34, 0x30, 0xff, 0x30, 0x0d)
    expect(decode('line', [noise, bytesOf('4006381333931\r')])).toEqual([garbage(4), scan('4006381333931')])
  })

  it('never reads the end of a frame that was too long', () => {
    const long = '1'.repeat(MAX_FRAME_BYTES + 13)
    expect(decode('line', [bytesOf(`${long}\r4006\r`)])).toEqual([garbage(MAX_FRAME_BYTES), garbage(13), scan('4006')])
    expect(decode('line', [bytesOf(`${'1'.repeat(MAX_FRAME_BYTES)}\r`)])).toEqual([scan('1'.repeat(MAX_FRAME_BYTES))])
  })
})

/** Bytes that look like what scanners send often enough to be interesting. */
const lively = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...bytesOf('0159]EC0a')) },
  { weight: 2, arbitrary: fc.constantFrom(0x02, 0x03, 0x0a, 0x0d) },
  { weight: 1, arbitrary: fc.nat(255) },
)
const streams = fc
  .uint8Array({ maxLength: 300 })
  .chain((noise) => fc.array(lively, { maxLength: 300 }).map((list) => Uint8Array.of(...noise.slice(0, 20), ...list)))
const framings = fc.constantFrom<ScanFraming>('line', 'stx-etx')

function cutAt(stream: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b), stream.length]
  return places.slice(1).map((end, index) => stream.subarray(places[index], end))
}

const garbageIn = (items: readonly ScanItem[]): number => items.reduce((sum, item) => sum + (item.type === 'garbage' ? item.bytes : 0), 0)
const textsIn = (items: readonly ScanItem[]): readonly string[] => items.flatMap((item) => (item.type === 'scan' ? [(item.aim ?? '') + item.text] : []))

describe('any bytes', () => {
  it('give the same items however they are cut', () => {
    fc.assert(
      fc.property(framings, streams, fc.array(fc.nat(10_000)), (framing, stream, cuts) => {
        expect(decode(framing, cutAt(stream, cuts))).toEqual(decode(framing, [stream]))
      }),
      { numRuns: 500 },
    )
  })

  it('are all accounted for: read, thrown away, or framing (line)', () => {
    fc.assert(
      fc.property(streams, (stream) => {
        const items = decode('line', [stream])
        const framing = stream.filter((byte) => byte === 0x0a || byte === 0x0d).length
        const read = textsIn(items).reduce((sum, text) => sum + bytesOf(text).length, 0)
        expect(read + garbageIn(items) + framing).toBe(stream.length)
      }),
      { numRuns: 500 },
    )
  })

  it('are read as the text between the ends of line, when that is text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 })), fc.constantFrom('\r', '\n', '\r\n'), (lines, end) => {
        const readable = lines.map((line) => line.replaceAll(/\p{Cc}/gu, '')).filter((line) => line !== '')
        const items = decode('line', [bytesOf(readable.map((line) => line + end).join(''))])
        expect(textsIn(items)).toEqual(readable)
        expect(garbageIn(items)).toBe(0)
      }),
    )
  })

  it('after any noise and an end of line, the next frame is read', () => {
    fc.assert(
      fc.property(framings, streams, (framing, noise) => {
        const frame = framing === 'line' ? '\r4006381333931\r' : '\x024006381333931\x03'
        expect(decode(framing, [noise, bytesOf(frame)]).at(-1)).toEqual(scan('4006381333931'))
      }),
    )
  })
})

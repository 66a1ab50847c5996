import { expect, test } from 'vitest'
import { decodeScans, giveUpFrame, MAX_FRAME_BYTES, scanFramings, startScanDecoder, type ScanFraming } from './codec/scanner.ts'
import { kindOfAnswer, readStatus } from './codec/escpos-status.ts'
import { readConfig } from './config.ts'
import { splitLines } from './line-splitter.ts'
import { utf8 } from '#protocol/bytes.ts'
import { MAX_LINE_BYTES } from '#protocol/device/messages.ts'
import { asText, expectBears, type Decoder } from '#protocol/node/test-fuzz.ts'

/** Every decoder of this folder: what devices send, what the till sends, what a person wrote. In any pieces the bytes mean the same. */

/** The input in pieces whose sizes are the input's own bytes, so that a failing input shows its chunking too. At most a thousand of them. */
function pieces(input: Uint8Array): Uint8Array[] {
  const cut: Uint8Array[] = []
  const least = Math.ceil(input.length / 1000)
  for (let at = 0; at < input.length;) {
    const end = at + Math.max(1, least, (input[at] ?? 0) % 17)
    cut.push(input.subarray(at, end))
    at = end
  }
  return cut
}

function lines(parts: readonly Uint8Array[]): readonly string[] | 'too long' {
  const splitter = splitLines(MAX_LINE_BYTES)
  const all: string[] = []
  for (const part of parts) {
    const more = splitter.add(part)
    if (more === undefined) return 'too long'
    // Not `push(...more)`: a million arguments are more than a call takes.
    for (const line of more) all.push(line)
  }
  return all
}

function scans(framing: ScanFraming, parts: readonly Uint8Array[]): string {
  let decoder = startScanDecoder(framing)
  const items: unknown[] = []
  for (const part of parts) {
    const next = decodeScans(decoder, part)
    decoder = next.decoder
    expect(decoder.held.length).toBeLessThanOrEqual(MAX_FRAME_BYTES)
    for (const item of next.items) items.push(item)
  }
  for (const item of giveUpFrame(decoder).items) items.push(item)
  return JSON.stringify(items)
}

const decoders: Readonly<Record<string, Decoder>> = {
  'lines of the till': {
    take: (input) => expect(lines(pieces(input))).toEqual(lines([input])),
    samples: [utf8('{"type":"hello","version":1,"token":"secret"}\n{"type":"drawer"}\n'), utf8('one\n\ntwo\n')],
  },
  'frames of a scanner': {
    take(input) {
      for (const framing of scanFramings) expect(scans(framing, pieces(input))).toBe(scans(framing, [input]))
    },
    samples: [utf8(']E04006381333931\r\n]Q3SP1:ABC\r\n'), utf8('\u0002]E04006381333931\u0003')],
  },
  'answers of a printer': {
    take(input) {
      for (const byte of input.subarray(0, 1000)) kindOfAnswer(byte)
      readStatus({ printer: input[0] ?? 0, offline: input[1] ?? 0, error: input[2] ?? 0, paper: input[3] ?? 0 })
    },
    samples: [Uint8Array.of(0x12, 0x12, 0x12, 0x12)],
  },
  'the settings': {
    take: asText(readConfig),
    samples: [utf8('{"devices":[{"id":"scanner-1","kind":"scanner","transport":{"type":"serial","path":"/dev/ttyUSB0"}}]}')],
  },
}

test.each(Object.entries(decoders))('%s: anything is borne', async (_name, decoder) => await expectBears(decoder))

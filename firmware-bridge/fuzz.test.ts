import { expect, test } from 'vitest'
import { decodeScans, giveUpFrame, MAX_FRAME_BYTES, scanFramings, startScanDecoder, type ScanFraming } from './codec/scanner.ts'
import { displayProtocols } from './codec/customer-display.ts'
import { kindOfAnswer, readStatus } from './codec/escpos-status.ts'
import { hidScannerModels } from './codec/hid-pos-scanner.ts'
import { mjpegParser } from './codec/mjpeg.ts'
import { cas } from './codec/scale-cas.ts'
import { dialog06 } from './codec/scale-dialog-06.ts'
import { sics } from './codec/scale-sics.ts'
import { toledo8217 } from './codec/scale-toledo-8217.ts'
import { giveUpAnswer, NO_BYTES, scaleDecoder, type ScaleProtocol } from './codec/scale.ts'
import { nameReports } from './bridge.ts'
import { readConfig } from './config.ts'
import { cardReaderDriver, cardReaderModels } from './driver/card-reader.ts'
import { displayDriver } from './driver/display.ts'
import { hidScannerDriver } from './driver/hid-scanner.ts'
import type { Driver, LineEvent } from './driver/machine.ts'
import { printerDriver } from './driver/printer.ts'
import { scaleDriver } from './driver/scale.ts'
import { scannerDriver } from './driver/scanner.ts'
import { splitHidFrames } from './transport/hid-tcp-frames.ts'
import { splitLines } from './line-splitter.ts'
import { utf8 } from '#protocol/bytes.ts'
import { deviceHealth, fromBridge, MAX_LINE_BYTES } from '#protocol/device/messages.ts'
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

function frames(parts: readonly Uint8Array[]): string {
  const splitter = splitHidFrames()
  const all: unknown[] = []
  for (const part of parts) {
    const more = splitter.add(part)
    if (more === undefined) return 'lost'
    all.push(...more.map(({ kind, report }) => [kind, Buffer.from(report).toString('hex')]))
  }
  return JSON.stringify(all)
}

function weighings(protocol: ScaleProtocol, parts: readonly Uint8Array[]): string {
  const decode = scaleDecoder(protocol)
  let decoder = NO_BYTES
  const items: unknown[] = []
  for (const part of parts) {
    const next = decode(decoder, part)
    decoder = next.decoder
    expect(decoder.held.length).toBeLessThan(64)
    for (const item of next.items) items.push(item)
  }
  for (const item of giveUpAnswer(decoder).items) items.push(item)
  return JSON.stringify(items)
}

function pictures(parts: readonly Uint8Array[]): string {
  const parser = mjpegParser('frame')
  return JSON.stringify(parts.flatMap((part) => parser.push(part)).flatMap((item) => (item.type === 'picture' ? item.jpeg.length : [])))
}

/** The part of an input that is worth its time for what is slow a byte. */
const first = (input: Uint8Array): Uint8Array => input.subarray(0, 5000)

/**
 * A device from plugging in to unplugging. The pieces are copies, since a card reader's driver overwrites what it has read. Whatever it tells
 * keeps to the protocol.
 */
function live<State>(driver: Driver<State, LineEvent>, input: Uint8Array): void {
  let state = driver.start
  const name = nameReports()
  const step = (event: LineEvent) => {
    const next = driver.step(state, event)
    state = next.state
    for (const effect of next.effects) {
      if (effect.type === 'report') expect(fromBridge.safeParse(name('device-1', effect.report)).error).toBeUndefined()
    }
  }
  step({ type: 'opened' })
  for (const bytes of pieces(first(input))) step({ type: 'bytes', bytes: Uint8Array.from(bytes) })
  for (let at = 0; at < first(input).length; at += 64) step({ type: 'bytes', bytes: Uint8Array.from(input.subarray(at, at + 64)) })
  step({ type: 'closed', why: 'unplugged' })
  expect(deviceHealth.safeParse({ device: 'device-1', kind: 'scanner', ...driver.health(state) }).error).toBeUndefined()
}

const drivers: readonly ((input: Uint8Array) => void)[] = [
  ...scanFramings.map((framing) => (input: Uint8Array) => live(scannerDriver(framing), input)),
  ...hidScannerModels.map((model) => (input: Uint8Array) => live(hidScannerDriver(model), input)),
  ...cardReaderModels.map((model) => (input: Uint8Array) => live(cardReaderDriver({ model, key: 'data' }), input)),
  ...displayProtocols.map((protocol) => (input: Uint8Array) => live(displayDriver({ protocol, columns: 20 }), input)),
  ...(['toledo-8217', 'sics', 'dialog-06', 'cas'] as const).map((protocol) => (input: Uint8Array) => live(scaleDriver({ protocol, unit: 'kg' }), input)),
  (input) => live(printerDriver({ drawerPin: 2 }), input),
]

const decoders: Readonly<Record<string, Decoder>> = {
  'lines of the till': {
    take: (input) => expect(lines(pieces(input))).toEqual(lines([input])),
    samples: [utf8('{"type":"hello","version":2,"token":"secret"}\n{"type":"drawer"}\n'), utf8('one\n\ntwo\n')],
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
  'reports over a socket': {
    take: (input) => expect(frames(pieces(input))).toBe(frames([input])),
    samples: [Uint8Array.of(1, 0, 3, 2, 65, 66, 2, 0, 1, 9), Uint8Array.of(3, 0, 2, 254, 1)],
  },
  'answers of a scale': {
    take(input) {
      for (const protocol of [toledo8217, sics, dialog06, cas]) expect(weighings(protocol, pieces(first(input)))).toBe(weighings(protocol, [first(input)]))
    },
    samples: [
      utf8('\u000201.234\r\u0002?A\r'),
      utf8('S S      1.234 kg\r\nS I\r\nES\r\n'),
      Uint8Array.of(6, 2, 0x53, 0x20, 0x20, 0x31, 0x2e, 0x32, 0x33, 0x34, 0x6b, 0x67, 3),
    ],
  },
  'pictures of a camera': {
    take: (input) => expect(pictures(pieces(input))).toBe(pictures([input])),
    samples: [Buffer.from('--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\u00ff\u00d8\u00ff\u00d9\r\n--frame\r\n', 'latin1')],
  },
  'every driver': {
    take(input) {
      for (const drive of drivers) drive(input)
    },
    samples: [
      utf8(']E04006381333931\r'),
      Uint8Array.of(2, 13, 0x5d, 0x45, 0x30, ...utf8('4006381333931'), ...new Uint8Array(46)),
      utf8(`%B4${'1'.repeat(15)}^STILLPOINT/TEST^49122010000000000000?;4${'1'.repeat(15)}=49122010000000000000?`),
      Uint8Array.of(0x12, 0x16, 0x14, 0x00, 0x02, 0x3f, 0x41, 0x0d, 0x06, 0x15),
    ],
  },
  'the settings': {
    take: asText(readConfig),
    samples: [
      utf8('{"devices":[{"id":"scanner-1","kind":"scanner","transport":{"type":"serial","path":"/dev/ttyUSB0"}}]}'),
      utf8('{"devices":[{"id":"reader-1","kind":"card_reader","model":"magtek","transport":{"type":"hid","usb":{"vendorId":"0801","productId":2}}}]}'),
    ],
  },
}

test.each(Object.entries(decoders))('%s: anything is borne', async (_name, decoder) => await expectBears(decoder))

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MqttFrames, type MqttFrame } from './mqtt-frames.ts'

/** By hand, from the standard: a PUBLISH with QoS 1, packet 10, topic "a/b" (§3.3), its PUBACK (§3.4), a PINGREQ (§3.12). */
const PUBLISH = Buffer.from([0x32, 0x0a, 0x00, 0x03, 0x61, 0x2f, 0x62, 0x00, 0x0a, 0x68, 0x69, 0x21])
const PUBACK = Buffer.from([0x40, 0x02, 0x00, 0x0a])
const PING = Buffer.from([0xc0, 0x00])
const LONG = Buffer.concat([Buffer.from([0x30, 0xcd, 0x02, 0x00, 0x01, 0x7a]), Buffer.alloc(330, 7)])
const expected: MqttFrame[] = [
  { type: 'publish', topic: 'a/b', packetId: 10, payload: new Uint8Array([0x68, 0x69, 0x21]) },
  { type: 'puback', packetId: 10 },
  { type: 'publish', topic: 'z', packetId: undefined, payload: new Uint8Array(330).fill(7) },
]

test('packets come out whole, in whatever pieces they come', () => {
  const stream = Buffer.concat([PING, PUBLISH, PUBACK, PING, LONG, PING])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }), (cuts) => {
      const frames = new MqttFrames()
      const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
      const found = edges.slice(1).flatMap((end, index) => frames.read(stream.subarray(edges[index] ?? 0, end)))
      expect(found).toEqual(expected)
    }),
  )
})

test('a stream that is none is given up, and takes no memory', () => {
  const frames = new MqttFrames()
  expect(frames.read(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]))).toEqual([])
  expect(frames.read(PUBLISH)).toEqual([])
})

test('any bytes are taken', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (chunks) => chunks.every((chunk) => Array.isArray(new MqttFrames().read(chunk)))),
  )
})

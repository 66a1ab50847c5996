import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketGauge } from './packet-gauge.ts'

/** MQTT 3.1.1 §2.2.3: seven bits a byte, lowest first. */
const remainingLength = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...remainingLength(Math.floor(value / 128))])
const packet = (length: number) => [0x30, ...remainingLength(length), ...Array.from({ length }, (_, index) => index % 256)]

/** Feeds bytes in pieces cut at the given places; false as soon as the gauge says so. */
const accepts = (bytes: number[], cuts: number[], limit: number): boolean => {
  const gauge = new PacketGauge(limit)
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).every((end, index) => gauge.accepts(Uint8Array.from(bytes.slice(places[index], end))))
}
const cuts = fc.array(fc.nat(), { maxLength: 20 })

describe('the packet gauge', () => {
  it('lets packets up to its limit through, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 8 }), cuts, (lengths, places) => {
        expect(accepts(lengths.flatMap(packet), places, 300)).toBe(true)
      }),
    )
  })

  it('stops at the first packet that announces more, before its body comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 4 }), fc.integer({ min: 301, max: 268_435_455 }), cuts, (lengths, tooMuch, places) => {
        expect(accepts([...lengths.flatMap(packet), 0x30, ...remainingLength(tooMuch)], places, 300)).toBe(false)
      }),
    )
  })

  it('stops at a length of more than four bytes', () => {
    expect(accepts([0x30, 0x80, 0x80, 0x80, 0x80], [], 300)).toBe(false)
  })
})

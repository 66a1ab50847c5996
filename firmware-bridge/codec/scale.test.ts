import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cas } from './scale-cas.ts'
import { dialog06 } from './scale-dialog-06.ts'
import { sics } from './scale-sics.ts'
import { toledo8217 } from './scale-toledo-8217.ts'
import { ascii, giveUpAnswer, MAX_GARBAGE, NO_BYTES, scaleDecoder, thousandths, type ScaleItem, type ScaleProtocol } from './scale.ts'

/** Feeds the pieces one after another, and gives up what is left. */
function decode(protocol: ScaleProtocol, pieces: readonly Uint8Array[]): readonly ScaleItem[] {
  const take = scaleDecoder(protocol)
  let decoder = NO_BYTES
  const items: ScaleItem[] = []
  for (const piece of pieces) {
    const taken = take(decoder, piece)
    decoder = taken.decoder
    items.push(...taken.items)
    expect(decoder.held.length).toBeLessThan(40)
  }
  return [...items, ...giveUpAnswer(decoder).items]
}

const read = (protocol: ScaleProtocol, text: string) => decode(protocol, [ascii(text)])
const stable = (milli: number, unit?: 'kg' | 'lb' | 'other') => ({ type: 'weight', milli, stable: true, unit })
const moving = (milli: number, unit?: 'kg' | 'lb' | 'other') => ({ type: 'weight', milli, stable: false, unit })
const state = (name: string) => ({ type: 'state', state: name })
const garbage = (bytes: number) => ({ type: 'garbage', bytes })

describe('Toledo 8217', () => {
  it.each([
    ['a weight', '\x0201.235\r', [stable(1235)]],
    ['a net weight', '\x0201.235N\r', [stable(1235)]],
    ['a weight in pounds', '\x0212.34\r', [stable(12_340)]],
    ['an empty plate', '\x0200.000\r', [stable(0)]],
    ['motion', '\x02?A\r', [state('unstable')]],
    ['over', '\x02?C\r', [state('over')]],
    ['under', '\x02?D\r', [state('under')]],
    ['zero', '\x02?P\r', [state('zero')]],
    ['two at once', '\x0201.235\r\x02?A\r', [stable(1235), state('unstable')]],
    ['half an answer and a whole one', '\x0201.2\x0201.235\r', [garbage(5), stable(1235)]],
    ['a damaged digit', '\x0201#235\r', [garbage(8)]],
    ['blanks are no weight', '\x02      \r', [garbage(8)]],
  ])('%s', (_, text, items) => expect(read(toledo8217, text)).toEqual(items))
})

describe('SICS', () => {
  it.each([
    ['a stable weight', 'S S      1.235 kg\r\n', [stable(1235, 'kg')]],
    ['one that moves', 'S D      1.230 kg\r\n', [moving(1230, 'kg')]],
    ['one below zero', 'S S     -0.010 kg\r\n', [stable(-10, 'kg')]],
    ['grams', 'S S     100.00 g\r\n', [stable(100, 'kg')]],
    ['pounds', 'S S      2.500 lb\r\n', [stable(2500, 'lb')]],
    ['ounces', 'S S      2.500 oz\r\n', [stable(2500, 'other')]],
    ['overload', 'S +\r\n', [state('over')]],
    ['underload', 'S -\r\n', [state('under')]],
    ['not now', 'S I\r\n', [state('unstable')]],
    ['zeroed', 'Z A\r\n', [{ type: 'done' }]],
    ['not zeroed', 'Z +\r\n', [{ type: 'not_done', state: 'over' }]],
    ['tared', 'T S      0.120 kg\r\n', [{ type: 'done' }]],
    ['not tared', 'T I\r\n', [{ type: 'not_done', state: 'unstable' }]],
    ['a command that it has not', 'ES\r\n', [{ type: 'error', detail: 'it does not know the command' }]],
    ['noise before', '\xff\x00S +\r\n', [garbage(2), state('over')]],
  ])('%s', (_, text, items) => expect(read(sics, text)).toEqual(items))
})

describe('Dialog 06', () => {
  it.each([
    ['a result', '\x0202\x1b3\x1b01235\x1b001234\x1b001524\x03', [stable(1235, 'kg')]],
    ['a result with five digits of price', '\x0202\x1b3\x1b01235\x1b01234\x1b001524\x03', [stable(1235, 'kg')]],
    ['a result in pounds', '\x0202\x1b1\x1b01235\x1b001234\x1b001524\x03', [stable(12_350, 'lb')]],
    ['motion', '\x15\x0209\x1b20\x03', [{ type: 'refused' }, state('unstable')]],
    ['nothing moved', '\x0209\x1b21\x03', [{ type: 'unchanged' }]],
    ['empty', '\x0209\x1b30\x03', [state('zero')]],
    ['under', '\x0209\x1b31\x03', [state('under')]],
    ['over', '\x0209\x1b32\x03', [state('over')]],
    ['checksums', '\x0211\x1b247\x03', [{ type: 'error', detail: 'the scale asks for checksums' }]],
    ['taken', '\x06', [{ type: 'accepted' }]],
  ])('%s', (_, text, items) => expect(read(dialog06, text)).toEqual(items))

  it('sends the price first, and asks for the reason of a refusal', () => {
    expect(dialog06.ask(1234)).toEqual(ascii('\x04\x0201\x1b001234\x1b\x03'))
    expect(dialog06.follow({ type: 'accepted' })).toEqual(ascii('\x04\x05'))
    expect(dialog06.follow({ type: 'refused' })).toEqual(ascii('\x04\x0208\x03'))
    expect(dialog06.follow({ type: 'unchanged' })).toBeUndefined()
  })
})

describe('CAS', () => {
  // Check characters worked out by hand. That of an overload is STX.
  it.each([
    ['a stable weight', '\x01\x02S 01.235kg\x64\x03\x04', [stable(1235, 'kg')]],
    ['one that moves', '\x01\x02U 01.235kg\x62\x03\x04', [moving(1235, 'kg')]],
    ['one below zero', '\x01\x02S-01.235kg\x69\x03\x04', [stable(-1235, 'kg')]],
    ['over', '\x01\x02SF01.235kg\x02\x03\x04', [state('over')]],
    ['a wrong check character', '\x01\x02S 01.236kg\x64\x03\x04', [garbage(15)]],
    ['answers to ENQ', '\x06\x15', [{ type: 'accepted' }, { type: 'refused' }]],
  ])('%s', (_, text, items) => expect(read(cas, text)).toEqual(items))
})

const all = { toledo8217, sics, dialog06, cas }
const GOLDEN: readonly (readonly [ScaleProtocol, string])[] = [
  [toledo8217, '\x0201.235\r'],
  [sics, 'S S      1.235 kg\r\n'],
  [dialog06, '\x0202\x1b3\x1b01235\x1b001234\x1b001524\x03'],
  [cas, '\x01\x02S 01.235kg\x64\x03\x04'],
]
const lively = fc.oneof(fc.constantFrom(...ascii('\x01\x02\x03\x06\x15\x1b\r\nSDZTA 01.235kgN?')), fc.nat(255))
const stream = fc
  .array(fc.oneof(fc.constantFrom(...GOLDEN.map(([, text]) => [...ascii(text)])), fc.array(lively, { maxLength: 20 })), { maxLength: 12 })
  .map((parts) => Uint8Array.from(parts.flat()))

describe.each(Object.entries(all))('%s, any bytes', (_, protocol) => {
  it('give the same items however they are cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(10_000), { maxLength: 30 }), (bytes, cuts) => {
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
        expect(
          decode(
            protocol,
            at.slice(1).map((end, i) => bytes.subarray(at[i], end)),
          ),
        ).toEqual(decode(protocol, [bytes]))
      }),
      { numRuns: 300 },
    )
  })

  it('never hide the answer after them, once what they began cannot be one', () => {
    const golden = GOLDEN.find(([of]) => of === protocol)?.[1] ?? ''
    fc.assert(
      fc.property(stream, (bytes) => {
        const items = decode(protocol, [bytes, ascii(golden.repeat(2))])
        expect(items.at(-1)).toEqual(read(protocol, golden)[0])
      }),
    )
  })

  it('without end are told in pieces', () => {
    expect(decode(protocol, [new Uint8Array(1000).fill(0xff)]).slice(0, 2)).toEqual([garbage(MAX_GARBAGE), garbage(MAX_GARBAGE)])
  })
})

it.each([
  ['1.2', 1200],
  [' 12.34', 12_340],
  ['-0.0', 0],
  ['- 1', -1000],
  ['1.23456', 1234],
  ['', undefined],
  ['1.2.3', undefined],
  ['12 3', undefined],
])('%j is %j thousandths', (text, milli) => expect(thousandths(text)).toBe(milli))

const FRAMES = join(process.env.STILLPOINT_SHARED ?? join(import.meta.dirname, '../../../shared'), 'data/devices/scale/frames.json')
const there = existsSync(FRAMES)
if (!there) console.error(`Scale frames not found: ${FRAMES} (STILLPOINT_SHARED): the second tier is not run`)

describe.skipIf(!there)('captured frames', () => {
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
  const frame = z.looseObject({ send: z.string().optional(), recv: z.string().optional(), recv_in_motion: z.string().optional(), kg: z.number().optional() })
  const frames = there ? z.record(z.string(), z.array(frame)).parse(JSON.parse(readFileSync(FRAMES, 'utf8'))) : {}

  it.each([
    ['toledo8217', toledo8217],
    ['sics', sics],
    ['dialog04_06', dialog06],
  ] as const)('%s', (name, protocol) => {
    const answers = (frames[name] ?? []).flatMap(({ recv, recv_in_motion, kg }) =>
      (recv ?? recv_in_motion) === undefined ? [] : [{ text: recv ?? recv_in_motion ?? '', kg }],
    )
    console.error(`${name}: ${answers.length} captured frames`)
    expect(answers.length).toBeGreaterThan(1)
    for (const { text, kg } of answers) {
      const items = decode(protocol, [bytes(text)])
      expect(items).toHaveLength(1)
      expect(items[0]?.type).not.toBe('garbage')
      if (kg !== undefined) expect(items).toEqual([stable(Math.round(kg * 1000))])
    }
  })

  it('questions', () => {
    expect(toledo8217.ask(0)).toEqual(bytes('57'))
    expect(sics.ask(0)).toEqual(bytes('53490D0A'))
    expect(dialog06.ask(1234)).toEqual(bytes('040230311B3030313233341B03'))
  })
})

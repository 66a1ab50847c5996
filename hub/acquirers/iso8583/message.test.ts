import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { fieldForms, type FieldForm } from './fields.ts'
import { Deframer, frame } from './frames.ts'
import { decodeMessage, encodeMessage, type Dialect } from './message.ts'
import { concat, hex, unhex, utf8 } from '#protocol/bytes.ts'
import { expectBears } from '#protocol/node/test-fuzz.ts'

const dialects: readonly Dialect[] = ['ascii', 'bcd']
const bytes = (text: string): Uint8Array => unhex(text.replaceAll(' ', '')) ?? new Uint8Array(0)

describe('golden bytes, put together by hand from the standard', () => {
  // An echo: fields 7, 11 and 70 are bits 7 and 11 of the first bitmap (0x02 0x20) behind bit 1, and bit 6 of the second (0x04).
  const echo = {
    type: '0800',
    fields: new Map([
      [7, '1122173000'],
      [11, '000042'],
      [70, '301'],
    ]),
  }
  it('packs digits two a byte', () => {
    const packed = bytes('0800 8220000000000000 0400000000000000 1122173000 000042 0301')
    expect(hex(encodeMessage('bcd', echo))).toBe(hex(packed))
    expect(decodeMessage('bcd', packed)).toEqual({ ok: true, value: echo })
  })
  it('writes digits as characters', () => {
    const plain = concat(utf8('0800'), bytes('8220000000000000 0400000000000000'), utf8('1122173000000042301'))
    expect(hex(encodeMessage('ascii', echo))).toBe(hex(plain))
    expect(decodeMessage('ascii', plain)).toEqual({ ok: true, value: echo })
  })
  it('has a track of odd length end in F, its separator as D, and text with its length in front', () => {
    const fields = new Map([
      [4, '000000000400'],
      [35, '1234=4912201'],
      [38, 'A1B2C3'],
      [44, 'hello'],
    ])
    const packed = bytes('0210 1000000024100000 000000000400 12 1234d4912201 413142324333 05 68656c6c6f')
    expect(hex(encodeMessage('bcd', { type: '0210', fields }))).toBe(hex(packed))
    const odd = bytes('0100 0000000020000000 05 123d4f')
    expect(decodeMessage('bcd', odd)).toEqual({ ok: true, value: { type: '0100', fields: new Map([[35, '123=4']]) } })
  })
  it('takes a card’s number as bytes and leaves them as they are', () => {
    const number = utf8('123456')
    expect(hex(encodeMessage('bcd', { type: '0100', fields: new Map([[2, number]]) }))).toBe('0100400000000000000006123456')
    expect(hex(number)).toBe(hex(utf8('123456')))
  })
})

const valueOf = ({ kind, size, length }: FieldForm): fc.Arbitrary<string> => {
  const exactly = size === 'fixed' ? { minLength: length, maxLength: length } : { maxLength: Math.min(length, 60) }
  const of = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), ...exactly })
  if (kind === 'n') return of('0123456789')
  if (kind === 'z') return of('0123456789=')
  if (kind === 'an') return of('AZaz09 ')
  if (kind === 'b') return fc.uint8Array({ minLength: length, maxLength: length }).map(hex)
  if (kind === 'x+n') return fc.tuple(fc.constantFrom('C', 'D'), of('0123456789')).map(([sign, digits]) => sign + digits)
  return of(' ~aZ0=?')
}
const anyField = fc.constantFrom(...fieldForms).chain(([number, form]) => valueOf(form).map((value): [number, string] => [number, value]))
const anyMessage = fc.record({
  type: fc.constantFrom('0100', '0210', '0420', '0430', '0810'),
  fields: fc.array(anyField, { maxLength: 30 }).map((all) => new Map(all)),
})

test.each(dialects)('what is written is read again: %s', (dialect) => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const read = decodeMessage(dialect, encodeMessage(dialect, message))
      expect(read.ok && read.value.type).toBe(message.type)
      expect(read.ok && [...read.value.fields].toSorted(([a], [b]) => a - b)).toEqual([...message.fields].toSorted(([a], [b]) => a - b))
    }),
  )
})

test.each(dialects)('what is read is written again to the letter: %s', (dialect) => {
  fc.assert(
    fc.property(anyMessage, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }), (message, flips) => {
      const sent = encodeMessage(dialect, message)
      for (const [at, mask] of flips) sent[at % sent.length] = (sent[at % sent.length] ?? 0) ^ mask
      const read = decodeMessage(dialect, sent)
      if (read.ok) expect(hex(encodeMessage(dialect, read.value))).toBe(hex(sent))
    }),
  )
})

test.each(dialects)('any bytes are borne: %s', async (dialect) => {
  const fields = new Map([
    [2, '123456'],
    [35, '1234=4912201'],
    [48, 'more'],
    [90, '0'.repeat(42)],
  ])
  await expectBears({ take: (input) => decodeMessage(dialect, input), samples: [encodeMessage(dialect, { type: '0100', fields })] })
})

test('frames come out whole however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
      (messages, cuts) => {
        const stream = concat(...messages.map(frame))
        const deframer = new Deframer()
        const heard: Uint8Array[] = []
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const next = at + (cuts[cut % cuts.length] ?? 1)
          heard.push(...deframer.push(stream.subarray(at, next)))
          at = next
        }
        expect(heard.map(hex)).toEqual(messages.map(hex))
      },
    ),
  )
})

test('a sign of life without a message is passed over', () => {
  expect(new Deframer().push(Uint8Array.of(0, 0, 0, 1, 7)).map(hex)).toEqual(['07'])
})

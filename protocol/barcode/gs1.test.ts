import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultTogether, GS, parseBracketed, parseElements, type Gs1Element } from './gs1.ts'
import { parseDigitalLink } from './gs1-link.ts'
import { identifiers } from './gs1-table.ts'

const plain = (elements: readonly Gs1Element[]): string => elements.map(({ ai, value }) => `(${ai})${value.replaceAll('(', '\\(')}`).join('')
const elementString = (elements: readonly Gs1Element[]): string =>
  elements.map(({ ai, value }, at) => ai + value + (identifiers.get(ai)?.predefined !== undefined || at === elements.length - 1 ? '' : GS)).join('')

const read = (parsed: ReturnType<typeof parseElements>): string => (parsed.ok ? plain(parsed.value) : parsed.code)

describe('element strings', () => {
  it.each([
    ['0109521234543213', '(01)09521234543213'],
    [`010952123454321310ABC${GS}17291231`, '(01)09521234543213(10)ABC(17)291231'],
    ['01095212345432133103000750', '(01)09521234543213(3103)000750'],
    [`0109521234543213${GS}10ABC${GS}`, '(01)09521234543213(10)ABC'],
    [`423528528${GS}10A(B`, '(423)528528(10)A\\(B'],
    ['', 'gs1.empty'],
    ['0109521234543214', 'gs1.bad_content'],
    ['010952123454321', 'gs1.bad_length'],
    ['01095212345432131', 'gs1.unknown_identifier'],
    ['891234', 'gs1.unknown_identifier'],
    [`10${GS}17291231`, 'gs1.bad_length'],
    [`10A${GS}${GS}17291231`, 'gs1.unknown_identifier'],
    ['17291331', 'gs1.bad_content'],
    ['17290200', '(17)290200'],
    ['7006290200', 'gs1.bad_content'],
    ['10A#', 'gs1.bad_character'],
    [`10${'A'.repeat(21)}`, 'gs1.bad_length'],
    [`91${'A'.repeat(5000)}`, 'gs1.too_long'],
  ])('%j', (text, result) => expect(read(parseElements(text))).toBe(result))

  it.each([
    ['(01)09521234543213(10)A\\(B', '(01)09521234543213(10)A\\(B'],
    ['(01)095212345432131', 'gs1.bad_length'],
    ['(1)2', 'gs1.bad_syntax'],
    ['x(10)A', 'gs1.bad_syntax'],
    ['', 'gs1.empty'],
  ])('in brackets: %s', (text, result) => expect(read(parseBracketed(text))).toBe(result))

  it.each([
    ['https://id.example/01/09521234543213/10/A%2FB/21/7?3103=000750&17=291231&lang=de#top', '(01)09521234543213(10)A/B(21)7(3103)000750(17)291231'],
    ['HTTPS://EXAMPLE.COM/some/shelf/01/9521234543213', '(01)09521234543213'],
    ['https://id.example/01/09521234543213/21/7/10/A', 'gs1.bad_syntax'],
    ['https://id.example/01/09521234543213?21=7', 'gs1.bad_syntax'],
    ['https://id.example/01/09521234543213?10=A&10=A', 'gs1.contradiction'],
    ['https://id.example/about', 'gs1.bad_syntax'],
    ['https://id.example/01/09521234543214', 'gs1.bad_content'],
  ])('Digital Link %s', (uri, result) => expect(read(parseDigitalLink(uri))).toBe(result))

  it.each([
    ['(01)09521234543213(10)A(10)A', undefined],
    ['(01)09521234543213(10)A(10)B', 'gs1.contradiction'],
    ['(01)09521234543213(3103)000750(3102)000075', 'gs1.contradiction'],
    ['(01)09521234543213(37)5', 'gs1.contradiction'],
    ['(3103)000750', 'gs1.missing'],
    ['(253)9521234543213(8030)AAAA', 'gs1.missing'],
    ['(253)95212345432131(8030)AAAA', undefined],
  ])('together: %s', (text, fault) => {
    const parsed = parseBracketed(text)
    expect(parsed.ok && faultTogether(parsed.value)).toBe(fault)
  })
})

/** Elements whose format has no rule for the content, so that random characters are valid. */
const free = [...identifiers].filter(([, { components }]) => components.every(({ rules }) => rules.length === 0))
const DATA = { n: '0123456789', x: '!"%&\'()*+,-./09:;<=>?AZ_az', y: '#-/09AZ', z: '-_09AZaz' } as const
const element = fc
  .constantFrom(...free)
  .chain(([ai, { components }]) =>
    fc
      .tuple(...components.map(({ set, min, max }) => fc.string({ unit: fc.constantFrom(...DATA[set]), minLength: min, maxLength: max })))
      .map((parts): Gs1Element => ({ ai, value: parts.join('') })),
  )

describe('any elements', () => {
  it('are read back as they were written, both ways', () => {
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 12 }), (elements) => {
        expect(parseElements(elementString(elements))).toEqual({ ok: true, value: elements })
        expect(parseBracketed(plain(elements))).toEqual({ ok: true, value: elements })
      }),
    )
  })

  it('no text throws, and what is read is what was there', () => {
    const lively = fc.string({ unit: fc.oneof(fc.constantFrom(...'0123456789()\\/?&=%', GS), fc.string({ minLength: 1, maxLength: 1 })), maxLength: 200 })
    fc.assert(
      fc.property(lively, (text) => {
        const parsed = parseElements(text)
        if (parsed.ok) expect(parsed.value.map(({ ai, value }) => ai + value).join('')).toBe(text.replaceAll(GS, ''))
        parseBracketed(text)
        parseDigitalLink(`https://a/${text}`)
      }),
      { numRuns: 2000 },
    )
  })

  it('no identifier is the beginning of another, so there is one way to read a string', () => {
    const all = [...identifiers.keys()]
    expect(all.filter((ai) => all.some((other) => other !== ai && other.startsWith(ai)))).toEqual([])
  })
})

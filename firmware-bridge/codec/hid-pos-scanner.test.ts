import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decodeScanReport, giveUpCode, hidScannerModels, startHidScanDecoder, type HidScannerModel } from './hid-pos-scanner.ts'
import { MAX_FRAME_BYTES, type ScanItem } from './scanner.ts'

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)]
const padded = (bytes: readonly number[], length: number): number[] => [...bytes, ...Array<number>(length - bytes.length).fill(0)]

type Part = { readonly text?: string; readonly data?: readonly number[]; readonly aim?: string; readonly codeId?: string; readonly more?: boolean }

/** A report as its manual draws it. */
function report(model: HidScannerModel, { text = '', data = bytesOf(text), aim = '\0\0\0', codeId = '\0', more = false }: Part): Uint8Array {
  const end = [more ? 1 : 0]
  const id = bytesOf(codeId)
  const body: Record<HidScannerModel, number[]> = {
    standard: [...bytesOf(aim), ...padded(data, 56), ...id, 0],
    honeywell: [...bytesOf(aim), ...padded(data, 56), ...id, 0],
    zebra: [0, ...bytesOf(aim), ...padded(data, 56), 0],
    newland: [...padded(data, 56), 0, 0, 0, 0, ...id],
  }
  return Uint8Array.from([2, data.length, ...padded(body[model], 61), ...end])
}

function decode(model: HidScannerModel, reports: readonly Uint8Array[]): readonly ScanItem[] {
  let decoder = startHidScanDecoder(model)
  const items: ScanItem[] = []
  for (const one of reports) {
    const step = decodeScanReport(decoder, one)
    decoder = step.decoder
    items.push(...step.items)
    expect(decoder.held.length).toBeLessThanOrEqual(MAX_FRAME_BYTES)
  }
  return [...items, ...giveUpCode(decoder).items]
}

const EAN = '4006381333931'
const NONE = new Uint8Array(0)
const garbage = (bytes: number): ScanItem => ({ type: 'garbage', bytes })

/** A code in as many reports as it needs. */
function reportsOf(model: HidScannerModel, data: readonly number[], aim?: string): readonly Uint8Array[] {
  const count = Math.max(1, Math.ceil(data.length / 56))
  return Array.from({ length: count }, (_, at) =>
    report(model, { data: data.slice(56 * at, 56 * at + 56), more: at < count - 1, ...(aim === undefined ? {} : { aim }) }),
  )
}

describe('one report', () => {
  it.each<[string, HidScannerModel, Part, readonly ScanItem[]]>([
    ['with its AIM identifier', 'standard', { text: EAN, aim: ']E0' }, [{ type: 'scan', text: EAN, aim: ']E0' }]],
    ['without one', 'standard', { text: EAN }, [{ type: 'scan', text: EAN }]],
    ['of Zebra, a byte further on', 'zebra', { text: EAN, aim: ']E0' }, [{ type: 'scan', text: EAN, aim: ']E0' }]],
    ['of Newland, which has no AIM', 'newland', { text: EAN, codeId: '\u0004' }, [{ type: 'scan', text: EAN }]],
    ['whose symbology only the code id of Honeywell says', 'honeywell', { text: EAN, codeId: 'd' }, [{ type: 'scan', text: EAN, aim: ']E0' }]],
    ['whose code id knows more than ]X0', 'honeywell', { text: '01', aim: ']X0', codeId: '}' }, [{ type: 'scan', text: '01', aim: ']e0' }]],
    ['whose AIM identifier goes before the code id', 'honeywell', { text: 'a', aim: ']Q3', codeId: 's' }, [{ type: 'scan', text: 'a', aim: ']Q3' }]],
    ['that ends with Enter', 'standard', { text: `${EAN}\r\n` }, [{ type: 'scan', text: EAN }]],
    ['with lines in it', 'standard', { text: 'BEGIN:VCARD\r\nN:X\r\n' }, [{ type: 'scan', text: 'BEGIN:VCARD\r\nN:X' }]],
    ['that is full', 'zebra', { text: '7'.repeat(56), aim: ']C0' }, [{ type: 'scan', text: '7'.repeat(56), aim: ']C0' }]],
    ['that is empty', 'standard', {}, []],
    ['with a control character', 'standard', { text: 'REVINF\u0006.', aim: ']Z6' }, [garbage(8)]],
    ['whose bytes are not UTF-8', 'standard', { data: [0x34, 0xff] }, [garbage(2)]],
  ])('%s', (_, model, part, items) => {
    expect(decode(model, [report(model, part)])).toEqual(items)
  })

  it('of another kind is none of ours', () => {
    expect(decode('standard', [Uint8Array.of(4, 0, 0)])).toEqual([])
  })

  it('that says it is longer than it can be is thrown away', () => {
    const lying = report('standard', { text: EAN })
    lying[1] = 57
    expect(decode('standard', [lying, report('standard', { text: EAN })])).toEqual([garbage(64), { type: 'scan', text: EAN }])
  })

  it('of another layout is thrown away rather than read from the wrong place', () => {
    expect(decode('standard', [report('zebra', { text: EAN, aim: ']E0' })])).toEqual([garbage(64)])
    expect(decode('zebra', [report('standard', { text: EAN, aim: ']E0' })])).toEqual([garbage(64)])
  })
})

describe('a code of several reports', () => {
  const long = bytesOf('https://example.org/a/very/long/address?'.repeat(5))
  const [first = NONE, second = NONE, third = NONE, last = NONE] = reportsOf('standard', long, ']Q1')

  it('is given up when it is not finished', () => {
    expect(decode('standard', [first, second])).toEqual([garbage(112)])
  })

  it('is lost whole when one of them is damaged: its rest is no code', () => {
    const half = second.slice(0, 20)
    expect(decode('standard', [first, half, third, last, report('standard', { text: EAN })])).toEqual([garbage(56 + 20 + 64 + 64), { type: 'scan', text: EAN }])
  })

  it('that was given up gives no code when its rest comes after all, however often it pauses', () => {
    let decoder = startHidScanDecoder('standard')
    const items: ScanItem[] = []
    for (const one of [first, second, third, last]) {
      const taken = decodeScanReport(decoder, one)
      const silent = giveUpCode(taken.decoder)
      items.push(...taken.items, ...silent.items)
      decoder = silent.decoder
    }
    expect(items).toEqual([garbage(56), garbage(64), garbage(64), garbage(64)])
    expect(decodeScanReport(decoder, report('standard', { text: EAN })).items).toEqual([{ type: 'scan', text: EAN }])
  })

  it('is cut off by a code of another symbology', () => {
    expect(decode('standard', [first, report('standard', { text: EAN, aim: ']E0' })])).toEqual([garbage(56), { type: 'scan', text: EAN, aim: ']E0' }])
  })

  it('without end is thrown away, and told', () => {
    const endless = Array.from({ length: 200 }, () => report('standard', { text: '7'.repeat(56), more: true }))
    const thrown = decode('standard', endless)
    expect(thrown.every(({ type }) => type === 'garbage')).toBe(true)
    expect(thrown.length).toBeGreaterThan(1)
  })
})

describe('any', () => {
  const models = fc.constantFrom(...hidScannerModels)
  const aims = fc.constantFrom(']E0', ']Q1', ']C1', ']d2')

  it('text comes out as it went in', () => {
    fc.assert(
      fc.property(models, aims, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }), (model, aim, any) => {
        const text = any.replaceAll(/\p{Cc}/gu, '')
        const items = decode(model, reportsOf(model, bytesOf(text), aim))
        expect(items).toEqual(text === '' ? [] : [model === 'newland' ? { type: 'scan', text } : { type: 'scan', text, aim }])
      }),
    )
  })

  it('bytes are borne, and after a silence the next code is read, once one that was under way has ended', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ minLength: 63, maxLength: 63 }).map((rest) => Uint8Array.of(2, ...rest)),
    )
    fc.assert(
      fc.property(models, fc.array(noise, { maxLength: 100 }), (model, reports) => {
        let decoder = startHidScanDecoder(model)
        for (const one of reports) decoder = decodeScanReport(decoder, one).decoder
        decoder = giveUpCode(decoder).decoder
        if (decoder.at === 'given_up') decoder = decodeScanReport(decoder, report(model, { text: 'its end' })).decoder
        const aim = model === 'newland' ? {} : { aim: ']E0' }
        expect(decodeScanReport(decoder, report(model, { text: EAN, ...aim })).items).toEqual([{ type: 'scan', text: EAN, ...aim }])
      }),
      { numRuns: 300 },
    )
  })
})

const CAPTURE = join(
  process.env.STILLPOINT_SHARED ?? join(import.meta.dirname, '../../../shared'),
  'data/devices/hid/honeywell_voyager1602g_hidpos_capture.json',
)
const there = existsSync(CAPTURE)
if (!there) console.error(`the capture of a Honeywell scanner was not found (${CAPTURE}, STILLPOINT_SHARED): the second tier is not run`)

it.skipIf(!there)('reads what a real Honeywell sent: a text of six reports, and the answer to a command, which is no code', () => {
  const { reports } = z.object({ reports: z.array(z.string()) }).parse(JSON.parse(readFileSync(CAPTURE, 'utf8')))
  const items = decode(
    'honeywell',
    reports.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
  )
  expect(items).toEqual([
    { type: 'scan', aim: ']X0', text: expect.stringMatching(/^Product Name: Voyager 1602g\r\nBoot Revision[^]*Checksum: N\/A$/) as string },
    garbage(8),
  ])
})

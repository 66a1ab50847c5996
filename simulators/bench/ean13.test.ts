import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { bars, ean13, EAN13_MODULES, QUIET } from './ean13.ts'

/** The standard's other way to write the characters: widths of light, dark, light, dark elements of set A. */
const WIDTHS_A = ['3211', '2221', '2122', '1411', '1132', '1231', '1114', '1312', '1213', '3112']
const runs = (modules: string): string => [...modules.matchAll(/0+|1+/g)].map(([run]) => run.length).join('')

const withCheck = (twelve: string): string => {
  const sum = Array.from(twelve, Number).reduceRight((total, digit, index) => total + digit * (index % 2 === 1 ? 3 : 1), 0)
  return twelve + String((1000 - sum) % 10)
}
const gtin = fc.stringMatching(/^\d{12}$/).map(withCheck)

const character = (modules: string, index: number): string => {
  const start = index < 6 ? 3 + 7 * index : 50 + 7 * (index - 6)
  return modules.slice(start, start + 7)
}

describe('ean13', () => {
  it('draws the guards and every digit of the right half in the widths of set C', () => {
    for (let digit = 0; digit <= 9; digit++) {
      const modules = ean13(withCheck(`000000${String(digit).repeat(6)}`)) ?? ''
      expect(modules.length).toBe(EAN13_MODULES)
      expect([modules.slice(0, 3), modules.slice(45, 50), modules.slice(92)]).toEqual(['101', '01010', '101'])
      for (let place = 6; place < 11; place++) {
        expect(runs(character(modules, place))).toBe(WIDTHS_A[digit])
        expect(character(modules, place).startsWith('1')).toBe(true)
      }
    }
  })

  it('draws the left half in sets A and B as the first digit says', () => {
    // The standard's table 5.2.1.2-2, written as parities: A is odd, B is even.
    const parities = ['OOOOOO', 'OOEOEE', 'OOEEOE', 'OOEEEO', 'OEOOEE', 'OEEOOE', 'OEEEOO', 'OEOEOE', 'OEOEEO', 'OEEOEO']
    for (const [first, parity] of parities.entries()) {
      const modules = ean13(withCheck(`${first}12345600000`)) ?? ''
      const drawn = [0, 1, 2, 3, 4, 5].map((place) => ([...character(modules, place)].filter((bit) => bit === '1').length % 2 === 1 ? 'O' : 'E'))
      expect(drawn.join('')).toBe(parity)
      for (let place = 0; place < 6; place++) {
        const width = WIDTHS_A[place + 1] ?? ''
        const expected = parity.charAt(place) === 'O' ? width : [...width].toReversed().join('')
        expect(runs(character(modules, place))).toBe(expected)
      }
    }
  })

  it('refuses what is no EAN-13, and takes a UPC-A as one', () => {
    for (const bad of ['', '4006381333932', '400638133393', '40063813339311', '400638133393x']) expect(ean13(bad)).toBeUndefined()
    expect(ean13('036000291452')).toBe(ean13('0036000291452'))
    expect(ean13('4006381333931')).toBeDefined()
  })

  it('says as bars what it says as modules', () => {
    fc.assert(
      fc.property(gtin, (text) => {
        const modules = ean13(text) ?? ''
        const drawn = Array.from({ length: EAN13_MODULES }, () => '0')
        for (const bar of bars(modules)) drawn.fill('1', bar.x, bar.x + bar.width)
        expect(drawn.join('')).toBe(modules)
        expect(bars(modules).filter((bar) => bar.guard).length).toBe(6)
      }),
    )
  })

  it('is read by a camera engine', async () => {
    const wasm = readFileSync(new URL(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')))
    prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } })
    await fc.assert(
      fc.asyncProperty(gtin, async (text) => {
        const [read] = await readBarcodes(picture(ean13(text) ?? ''), { formats: ['EAN13'] })
        expect(read?.text).toBe(text)
      }),
      { numRuns: 50 },
    )
  })
})

/** Grey image of a symbol with its quiet zones, 2 pixels a module. */
function picture(modules: string) {
  const scale = 2
  const width = (QUIET.left + modules.length + QUIET.right) * scale
  const height = 40
  const data = new Uint8ClampedArray(width * height * 4).fill(255)
  for (const { x, width: run } of bars(modules)) {
    for (let y = 0; y < height; y++) {
      const start = (y * width + (QUIET.left + x) * scale) * 4
      for (let i = start; i < start + run * scale * 4; i++) if (i % 4 !== 3) data[i] = 0
    }
  }
  return { data, width, height, colorSpace: 'srgb' as const }
}

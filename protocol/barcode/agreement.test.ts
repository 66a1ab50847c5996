import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agree, AGREES_WITHIN, MAX_SEEN, nothingSeen, OUT_OF_SIGHT } from './agreement.ts'
import type { Code } from './engine.ts'

const bars = (text: string): Code => ({ text, aim: ']E0', corrects: false })
const square = (text: string): Code => ({ text, aim: ']Q1', corrects: true })
const unknown = () => false

/** What counts at each picture: [when, what it shows]. */
function watch(pictures: readonly (readonly [number, readonly Code[]])[], isKnown: (text: string) => boolean = unknown): readonly string[][] {
  let agreement = nothingSeen
  return pictures.map(([at, codes]) => {
    const judged = agree(agreement, codes, at, isKnown)
    agreement = judged.agreement
    return judged.counted.map(({ text }) => text)
  })
}

describe('a code before the camera', () => {
  it('counts at once if it corrects errors, and at the second picture if it is made of bars', () => {
    expect(
      watch([
        [0, [square('pay'), bars('4006')]],
        [33, [bars('4006'), square('pay')]],
      ]),
    ).toEqual([['pay'], ['4006']])
  })

  it('counts at once if it is a product that the till knows', () => {
    expect(watch([[0, [bars('4006'), bars('4007')]]], (text) => text === '4007')).toEqual([['4007']])
  })

  it('of bars does not count if the pictures that agree are far apart', () => {
    expect(
      watch([
        [0, [bars('4006')]],
        [AGREES_WITHIN + 1, [bars('4006')]],
        [AGREES_WITHIN + 2, []],
      ]),
    ).toEqual([[], [], []])
  })

  it('misread once never counts', () => {
    expect(
      watch([
        [0, [bars('4006')]],
        [33, [bars('1234')]],
        [66, [bars('4006')]],
        [99, [bars('4006')]],
      ]),
    ).toEqual([[], [], ['4006'], []])
  })

  it('counts once while it is held, and again when it was away for a while', () => {
    const held = Array.from({ length: 100 }, (_, n) => [n * 100, [square('pay')]] as const)
    const away = 99 * 100 + OUT_OF_SIGHT
    expect(watch([...held, [away, [square('pay')]], [away + OUT_OF_SIGHT + 1, [square('pay')]]]).flat()).toEqual(['pay', 'pay'])
  })

  it('is not remembered for ever', () => {
    let agreement = nothingSeen
    for (let n = 0; n < 1000; n++) agreement = agree(agreement, [bars(String(n))], n, unknown).agreement
    expect(agreement.seen.size).toBe(MAX_SEEN)
  })

  it('never counts twice within the time that it must be away, whatever the pictures show', () => {
    const picture = fc.tuple(fc.integer({ min: 1, max: 900 }), fc.subarray([square('a'), bars('b'), bars('c'), square('d')]))
    fc.assert(
      fc.property(fc.array(picture, { maxLength: 60 }), (steps) => {
        let at = 0
        const pictures = steps.map(([gap, codes]) => [(at += gap), codes] as const)
        const last = new Map<string, number>()
        watch(pictures).forEach((texts, index) => {
          for (const text of texts) {
            const now = pictures[index]?.[0] ?? 0
            expect(now - (last.get(text) ?? -Infinity)).toBeGreaterThan(OUT_OF_SIGHT)
            last.set(text, now)
          }
        })
      }),
    )
  })
})

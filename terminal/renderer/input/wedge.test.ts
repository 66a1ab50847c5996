import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_CHARS, MAX_GAP, MAX_STALL, MIN_CHARS, quiet, wedgeStep } from './wedge.ts'

/** Feeds keys with the gap before each and collects what was scanned. */
function typed(keys: readonly (readonly [key: string, gap: number])[]): { scans: string[]; unreadable: number; state: typeof quiet } {
  let state = quiet
  let at = 1000
  let unreadable = 0
  const scans: string[] = []
  for (const [key, gap] of keys) {
    at += gap
    const step = wedgeStep(state, key, at)
    state = step.state
    if (step.scanned !== undefined) scans.push((step.scanned.aim ?? '') + step.scanned.text)
    if (step.saw === 'unreadable') unreadable += 1
  }
  return { scans, unreadable, state }
}

const burst = (text: string, gap = 5) => [...text].map((key): readonly [string, number] => [key, gap])

describe('wedge', () => {
  test('a fast burst ended by Enter is a scan', () => {
    expect(typed([...burst('4006381333931'), ['Enter', 5]]).scans).toEqual(['4006381333931'])
  })

  test('Tab ends a code as well', () => {
    expect(typed([...burst('4006381333931'), ['Tab', 5]]).scans).toEqual(['4006381333931'])
  })

  test('an AIM identifier before the code is told apart from it', () => {
    const scan = (text: string) => [...text].reduce((state, key, at) => wedgeStep(state, key, 1000 + at).state, quiet)
    expect(wedgeStep(scan(']E04006381333931'), 'Enter', 1020).scanned).toEqual({ text: '4006381333931', aim: ']E0' })
    expect(wedgeStep(scan(']d20104012345678901'), 'Tab', 1025).scanned).toEqual({ text: '0104012345678901', aim: ']d2' })
    expect(wedgeStep(scan(']]4006381'), 'Enter', 1015).scanned).toEqual({ text: ']]4006381' })
  })

  test('a card that is drawn through a reader that types is no code', () => {
    const number = `4${'1'.repeat(15)}`
    for (const track of [`%B${number}^TEST/CARD^4912201?;${number}=4912201?`, `;${number}=4912201?`]) {
      expect(typed([...burst(track), ['Enter', 5]])).toMatchObject({ scans: [], unreadable: 1 })
    }
  })

  test('a person who types the same digits and presses Enter has not scanned', () => {
    expect(typed([...burst('4006381333931', MAX_GAP + 1), ['Enter', 60]]).scans).toEqual([])
  })

  test('a few quick keys and Enter are not a scan', () => {
    expect(typed([...burst('12345'), ['Enter', 5]]).scans).toEqual([])
  })

  test('Shift on the way to a capital does not break a code', () => {
    expect(
      typed([
        ['Shift', 5],
        ['S', 2],
        ['P', 5],
        ['1', 5],
        ['Shift', 1],
        [':', 5],
        ['A', 5],
        ['B', 5],
        ['Enter', 5],
      ]).scans,
    ).toEqual(['SP1:AB'])
  })

  test('the Enter may come a little later than the code, not much', () => {
    expect(typed([...burst('4006381333931'), ['Enter', MAX_STALL]]).scans).toEqual(['4006381333931'])
    expect(typed([...burst('4006381333931'), ['Enter', MAX_STALL + 1]]).scans).toEqual([])
  })

  test('a scan right behind another one is its own scan', () => {
    expect(typed([...burst('4006381333931'), ['Enter', 5], ...burst('96385074'), ['Enter', 5]]).scans).toEqual(['4006381333931', '96385074'])
  })

  test('what a person typed before a scan does not become part of it', () => {
    expect(typed([...burst('ba', 200), ['4', MAX_STALL + 1], ...burst('006381333931'), ['Enter', 5]]).scans).toEqual(['4006381333931'])
  })

  test('a scanner that stalls does not lose the beginning of its code', () => {
    expect(typed([['4', 1000], ['0', MAX_STALL], ...burst('06381333931'), ['Enter', 5]]).scans).toEqual(['4006381333931'])
    expect(typed([...burst('400638'), ['1', 180], ...burst('333931'), ['Enter', 5]]).scans).toEqual(['4006381333931'])
  })

  test('a quick typist with some rolled keys has not scanned', () => {
    const banana = Array.from('bananas', (key, at): readonly [string, number] => [key, at % 2 === 0 ? 30 : 110])
    expect(typed([...banana, ['Enter', 90]]).scans).toEqual([])
  })

  test('a code longer than a command may carry is told as unreadable and keeps no more than that', () => {
    const endless = typed(burst('7'.repeat(2 * MAX_CHARS), 1))
    expect(endless.state.text.length).toBeLessThanOrEqual(MAX_CHARS + 1)
    expect(typed([...burst('7'.repeat(MAX_CHARS + 1), 1), ['Enter', 1]])).toMatchObject({ scans: [], unreadable: 1 })
    expect(typed([...burst('7'.repeat(MAX_CHARS), 1), ['Enter', 1]]).scans[0]).toHaveLength(MAX_CHARS)
  })

  test('every text typed at a scanner’s speed arrives whole', () => {
    const key = fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme-ascii' })
    const gap = fc.integer({ min: 0, max: MAX_GAP })
    fc.assert(
      fc.property(fc.array(fc.tuple(key, gap), { minLength: MIN_CHARS, maxLength: 400 }), fc.integer({ min: 0, max: MAX_STALL }), (keys, endGap) => {
        const first = keys[0]
        if (first === undefined) return
        const text = keys.map(([char]) => char).join('')
        expect(typed([[first[0], 1000], ...keys.slice(1), ['Enter', endGap]]).scans).toEqual([text])
      }),
    )
  })

  test('nothing typed slower than that is ever a scan', () => {
    const slow = fc.tuple(fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme-ascii' }), fc.integer({ min: MAX_GAP + 1, max: 2000 }))
    fc.assert(
      fc.property(fc.array(slow, { maxLength: 60 }), (keys) => {
        expect(typed([...keys, ['Enter', 1]]).scans).toEqual([])
      }),
    )
  })
})

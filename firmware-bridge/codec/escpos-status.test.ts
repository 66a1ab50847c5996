import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askStatus, askWhenDone, kindOfAnswer, nextQuestion, readAutomatic, readStatus } from './escpos-status.ts'

describe('questions', () => {
  it('are the bytes of the manual', () => {
    expect([...askStatus('printer')]).toEqual([0x10, 0x04, 1])
    expect([...askStatus('offline')]).toEqual([0x10, 0x04, 2])
    expect([...askStatus('error')]).toEqual([0x10, 0x04, 3])
    expect([...askStatus('paper')]).toEqual([0x10, 0x04, 4])
    expect([...askWhenDone]).toEqual([0x1d, 0x72, 1])
  })

  it('are asked in order, the cause of an error only when there is one', () => {
    expect(nextQuestion({})).toBe('printer')
    expect(nextQuestion({ printer: 0x12 })).toBe('offline')
    expect(nextQuestion({ printer: 0x12, offline: 0x12 })).toBe('paper')
    expect(nextQuestion({ printer: 0x1a, offline: 0x52 })).toBe('error')
    expect(nextQuestion({ printer: 0x12, offline: 0x12, paper: 0x12 })).toBeUndefined()
  })
})

describe('answers', () => {
  it('to DLE EOT and to GS r are never mistaken for each other', () => {
    fc.assert(
      fc.property(fc.nat(255), (byte) => {
        // The fixed bits: 0xx1xx10 for DLE EOT, 0xx0xxxx for GS r.
        const bits = byte.toString(2).padStart(8, '0')
        const expected = /^0..1..10$/.test(bits) ? 'status' : /^0..0....$/.test(bits) ? 'done' : /^0..1..00$/.test(bits) ? 'automatic' : 'other'
        expect(kindOfAnswer(byte)).toBe(expected)
      }),
    )
    expect([kindOfAnswer(0x11), kindOfAnswer(0x13)]).toEqual(['other', 'other'])
  })

  it.each([
    ['ready', { printer: 0x12, offline: 0x12, paper: 0x12 }, { offline: false, coverOpen: false, paper: 'ok' }],
    ['ready, drawer open', { printer: 0x16, offline: 0x12, paper: 0x12 }, { offline: false, coverOpen: false, paper: 'ok' }],
    ['near end', { printer: 0x12, offline: 0x12, paper: 0x1e }, { offline: false, coverOpen: false, paper: 'near_end' }],
    ['paper out', { printer: 0x1a, offline: 0x32, paper: 0x7e }, { offline: true, coverOpen: false, paper: 'out' }],
    ['paper out, a printer without that sensor', { printer: 0x1a, offline: 0x32, paper: 0x12 }, { offline: true, coverOpen: false, paper: 'out' }],
    ['cover open', { printer: 0x1a, offline: 0x16, paper: 0x12 }, { offline: true, coverOpen: true, paper: 'ok' }],
    ['cutter', { printer: 0x1a, offline: 0x52, error: 0x1a, paper: 0x12 }, { offline: true, coverOpen: false, paper: 'ok', error: 'cutter' }],
    ['broken', { printer: 0x1a, offline: 0x52, error: 0x32, paper: 0x12 }, { offline: true, coverOpen: false, paper: 'ok', error: 'unrecoverable' }],
    ['too hot', { printer: 0x1a, offline: 0x52, error: 0x52, paper: 0x12 }, { offline: true, coverOpen: false, paper: 'ok', error: 'recoverable' }],
  ] as const)('%s', (_, answers, status) => {
    expect(readStatus(answers)).toEqual({ drawerHigh: answers.printer === 0x16, ...status })
  })
  it.each([
    ['ready', [0x10, 0, 0, 0], { offline: false, coverOpen: false, paper: 'ok', drawerHigh: false }],
    ['drawer open, paper near its end', [0x14, 0, 0x03, 0], { offline: false, coverOpen: false, paper: 'near_end', drawerHigh: true }],
    ['cover open', [0x38, 0, 0, 0], { offline: true, coverOpen: true, paper: 'ok', drawerHigh: false }],
    ['paper out', [0x18, 0, 0x0f, 0], { offline: true, coverOpen: false, paper: 'out', drawerHigh: false }],
    ['cutter', [0x18, 0x08, 0, 0], { offline: true, coverOpen: false, paper: 'ok', drawerHigh: false, error: 'cutter' }],
  ] as const)('that a printer gives by itself: %s', (_, bytes, status) => {
    expect(readAutomatic(bytes)).toEqual(status)
  })
})

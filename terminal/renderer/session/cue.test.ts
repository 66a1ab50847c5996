import { describe, expect, test } from 'vitest'
import type { TenderView } from '#protocol/till-api/api.ts'
import { testLine, testSale, testView } from '../test-view.ts'
import { cueBetween, spokenAfter, spokenBetween } from './cue.ts'

const money = (minor: number) => `€${minor}`
const approved = (paymentId: string, receipt: 'printing' | 'printed' = 'printing'): TenderView => ({
  stage: 'approved',
  paymentId,
  amountMinor: 500,
  decidedBy: 'hub',
  receiptNumber: '1',
  receipt,
})
const awaiting = { stage: 'awaiting_code', amountMinor: 500, request: 'SPR1:X', boundRequired: false } as const
const at = (tender: TenderView) => testView({ tender })

describe('what is heard', () => {
  test('an approval sounds once, not again when its receipt is printed', () => {
    expect(cueBetween(at(awaiting), at(approved('a')))).toBe('approved')
    expect(cueBetween(at(approved('a')), at(approved('a', 'printed')))).toBeUndefined()
    expect(cueBetween(at(approved('a')), at(approved('b')))).toBe('approved')
  })

  test('a refusal sounds, also of a code while the payment stays open', () => {
    expect(cueBetween(at({ stage: 'deciding', amountMinor: 500, since: 0 }), at({ stage: 'refused', amountMinor: 500, code: 'hub.refused' }))).toBe('refused')
    expect(cueBetween(at(awaiting), at({ ...awaiting, refused: { code: 'code.expired', n: 1 } }))).toBe('refused')
    expect(
      cueBetween(at({ ...awaiting, refused: { code: 'code.expired', n: 1 } }), at({ ...awaiting, refused: { code: 'code.expired', n: 1 } })),
    ).toBeUndefined()
    expect(cueBetween(at({ ...awaiting, refused: { code: 'code.expired', n: 1 } }), at({ ...awaiting, refused: { code: 'code.expired', n: 2 } }))).toBe(
      'refused',
    )
  })

  test('not knowing knocks once, and is neither yes nor no', () => {
    const unknown = { stage: 'unknown', amountMinor: 500, since: 0, until: 15_000, code: 'policy.stale' } as const
    expect(cueBetween(at({ stage: 'deciding', amountMinor: 500, since: 0 }), at(unknown))).toBe('attention')
    expect(cueBetween(at(unknown), at(unknown))).toBeUndefined()
    expect(spokenBetween(at({ stage: 'deciding', amountMinor: 500, since: 0 }), at(unknown), money)).toEqual({
      text: 'Not known yet. It is not known whether this payment went through. Do not charge again. The till keeps asking the hub.',
      urgent: true,
    })
  })

  test('a new notice knocks, a dismissed one does not', () => {
    const notice = { id: 'n', code: 'device.paper_out', at: 0 } as const
    expect(cueBetween(testView(), testView({ notices: [notice] }))).toBe('attention')
    expect(cueBetween(testView({ notices: [notice] }), testView())).toBeUndefined()
  })

  test('a page that is loaded again onto an approval is silent', () => {
    expect(cueBetween(undefined, at(approved('a')))).toBeUndefined()
    expect(spokenBetween(undefined, at(approved('a')), money)).toBeUndefined()
  })
})

describe('what a screen reader says', () => {
  test('the line that a scan made or changed, and the new total', () => {
    const one = testView({ sale: testSale([testLine('a', 1)], 'a') })
    const two = testView({ sale: testSale([testLine('a', 2)], 'a') })
    expect(spokenBetween(testView(), one, money)).toEqual({ text: '1 × Product a, €100. Total €100.', urgent: false })
    expect(spokenBetween(one, two, money)).toEqual({ text: '2 × Product a, €200. Total €200.', urgent: false })
    const weighed = testView({ sale: testSale([{ ...testLine('a', 1), weight: { milli: 486, unit: 'kg' } }], 'a') })
    expect(spokenBetween(testView(), weighed, money)?.text).toBe('0.486 kg Product a, €100. Total €100.')
    expect(spokenBetween(two, testView(), money)).toEqual({ text: 'Total €0', urgent: false })
    expect(spokenBetween(two, two, money)).toBeUndefined()
  })

  test('verdicts at once, with why and what to do', () => {
    expect(spokenBetween(at(awaiting), at(approved('a')), money)).toEqual({ text: 'Approved. €500', urgent: true })
    const refused = spokenBetween(at(awaiting), at({ ...awaiting, refused: { code: 'code.expired', n: 1 } }), money)
    expect(refused).toEqual({ text: 'Not accepted. This code is too old. Ask the customer to show a fresh code.', urgent: true })
    expect(spokenBetween(at(awaiting), at({ stage: 'refused', amountMinor: 1, code: 'hub.refused' }), money)?.text).toMatch(
      /^Refused\. The payment was refused\./,
    )
  })

  test('that the network went or came', () => {
    const { link } = testView()
    expect(spokenBetween(testView(), testView({ link: { ...link, state: 'offline' } }), money)).toEqual({ text: 'Offline', urgent: false })
  })

  test('what was said is held until it is over, and no longer', () => {
    const toPay = { text: 'To pay €500.', urgent: false }
    expect(spokenAfter(toPay, at(awaiting), at(awaiting), money)).toBe(toPay)
    expect(spokenAfter(toPay, at(awaiting), at({ stage: 'none' }), money)).toBeUndefined()
    expect(spokenAfter(toPay, at(awaiting), at({ stage: 'deciding', amountMinor: 500, since: 0 }), money)).toBeUndefined()
    expect(spokenAfter(toPay, at(awaiting), at(approved('a')), money)?.text).toBe('Approved. €500')
    expect(spokenAfter(toPay, undefined, at(awaiting), money)).toBeUndefined()
    const nextSale = testView({ sale: { ...testSale([]), id: 'next' } })
    expect(spokenAfter({ text: 'Total €0', urgent: false }, testView(), nextSale, money)).toBeUndefined()
  })
})

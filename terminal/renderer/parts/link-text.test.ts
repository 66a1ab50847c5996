import { describe, expect, test } from 'vitest'
import type { LinkView } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { testView } from '../test-view.ts'
import { linkText } from './link-text.ts'

const { link } = testView()
const text = (parts: Partial<LinkView>) =>
  linkText(
    { ...link, ...parts },
    (minor) => formatMoney(minor, 'EUR'),
    () => '14:02',
  )
const waiting = { payments: 12, amountMinor: 23_140, entries: 30 }

describe('link strip', () => {
  test('online, with and without payments on their way', () => {
    expect(text({})).toEqual({ title: 'Online', detail: 'The hub decides payments' })
    expect(text({ waiting: { ...waiting, payments: 1 } }).detail).toBe('1 payment, €231.40, on the way to the hub')
  })

  test('offline says what is safe here, since when, what is here alone, and what may still be accepted', () => {
    expect(text({ state: 'offline', waiting })).toEqual({
      title: 'Offline · 12 payments safe on this till · since 14:02',
      detail: '€231.40 is on this till alone · up to €50.00 each, €430.00 left',
    })
    expect(text({ state: 'offline' })).toEqual({ title: 'Offline · since 14:02', detail: 'up to €50.00 each, €430.00 left' })
  })

  test('offline among other tills it says what is on this one alone, and when they keep copies of everything', () => {
    const beside = (minor: number) =>
      text({ state: 'offline', waiting: { ...waiting, onlyHere: { payments: minor === 0 ? 0 : 1, amountMinor: minor } } }).detail
    expect(beside(1200)).toBe('€12.00 is on this till alone · up to €50.00 each, €430.00 left')
    expect(beside(0)).toBe('other tills keep copies · up to €50.00 each, €430.00 left')
  })

  test('urgent says why and what to do', () => {
    expect(text({ state: 'offline', waiting, urgent: 'policy.till_cap' }).detail).toBe(
      'This till has reached its limit for payments while offline. Take cash or use another till until the network is back.',
    )
  })
})

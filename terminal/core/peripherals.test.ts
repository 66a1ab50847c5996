import { describe, expect, it } from 'vitest'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { APPLE, offlineTill, onlineTill, openTestTill, PEARS, testWallet, type TestTill } from './test-till.ts'

const health = (kind: DeviceHealth['kind'], state: DeviceHealth['state'] = 'ready'): DeviceHealth => ({
  device: `${kind}-1`,
  kind,
  state,
  ...(state === 'ready' ? {} : { code: 'device.absent' }),
  counters: {},
})
const CARD = { maskedPan: '411111******1111', expiry: '3012', encrypted: { scheme: 'tdes-dukpt-pin', ksn: 'ffff9876543210e00001', track2: 'aabb' } } as const

/** Answers every order that was not answered yet. */
function answer(t: TestTill, result: 'done' | 'failed' = 'done'): void {
  for (const { order } of t.ordered.splice(0)) t.till.ordered(order, result, ...(result === 'failed' ? (['device.unsupported'] as const) : []))
}

describe('a card', () => {
  it('shows its masked number until the next sale, and nothing of it is written down', () => {
    const t = offlineTill()
    t.till.scanned(APPLE)
    t.till.card(CARD)
    t.till.command({ type: 'takePayment' })
    expect(t.view().card).toEqual({ maskedPan: '411111******1111', expiry: '3012', encrypted: true, at: t.time.now() })
    expect(t.view().notices.map(({ code }) => code)).toContain('device.card_not_taken')
    t.till.scanned(testWallet(t).show())
    expect(t.view().tender.stage).toBe('approved')
    expect(t.view().card).toBeUndefined()
    expect(JSON.stringify(t.entries())).not.toContain('411111')
  })

  it('is told from a scanner when it cannot be read; a scale that is not understood asks again by itself', () => {
    const t = openTestTill()
    t.till.garbage('card_reader')
    t.till.garbage('scale')
    expect(t.view().notices.map(({ code }) => code)).toEqual(['device.card_unreadable'])
    t.till.garbage('scanner')
    expect(t.view().notices.map(({ code }) => code)).toEqual(['device.card_unreadable', 'device.garbage'])
  })
})

describe('orders', () => {
  it('open the drawer, and say why it stays shut', () => {
    const t = openTestTill()
    expect(t.till.command({ type: 'openDrawer' })).toMatchObject({ ok: false, code: 'device.absent' })
    t.till.device(health('printer'))
    expect(t.till.command({ type: 'openDrawer' }).ok).toBe(true)
    expect(t.ordered.map(({ what }) => what)).toEqual([{ do: 'open_drawer' }])
    t.till.drawer(true)
    expect(t.view().drawer).toBe('open')
    t.till.drawer(false)
    expect(t.view().drawer).toBe('closed')
    answer(t, 'failed')
    expect(t.view().notices.at(-1)?.code).toBe('device.unsupported')
    t.till.device(health('printer', 'absent'))
    expect(t.view().drawer).toBeUndefined()
  })

  it('set the scale to zero and tare it', () => {
    const t = openTestTill()
    t.till.device(health('scale'))
    t.till.command({ type: 'zeroScale' })
    t.till.command({ type: 'tareScale' })
    expect(t.ordered.map(({ what }) => what)).toEqual([{ do: 'zero' }, { do: 'tare' }])
  })

  it('print a test page, and say when it did not come out', () => {
    const t = openTestTill()
    expect(t.till.command({ type: 'printTestPage' }).ok).toBe(true)
    t.till.printed(t.printed.at(-1)?.job ?? '', 'failed', 'device.paper_out')
    expect(t.view().notices.at(-1)?.code).toBe('device.paper_out')
    t.printer.absent = true
    expect(t.till.command({ type: 'printTestPage' })).toMatchObject({ ok: false, code: 'device.absent' })
  })

  it('that nobody knows the end of are told as such, and stay told when the device is back', () => {
    const t = openTestTill()
    for (const kind of ['printer', 'scale', 'display'] as const) t.till.device(health(kind))
    t.till.command({ type: 'openDrawer' })
    t.till.command({ type: 'tareScale' })
    for (const { order } of t.ordered.splice(0)) t.till.ordered(order, 'unknown', 'device.absent')
    expect(t.view().notices.map(({ code }) => code)).toEqual(['device.unknown_order'])
    for (const kind of ['printer', 'scale', 'display'] as const) {
      t.till.device(health(kind, 'absent'))
      t.till.device(health(kind))
    }
    expect(t.view().notices.map(({ code }) => code)).toEqual(['device.unknown_order'])
    // The display is simply told again.
    expect(t.ordered.map(({ what }) => what.do)).toContain('show')
  })

  it('of nobody, or answered twice, change nothing', () => {
    const t = openTestTill()
    const before = t.view()
    t.till.ordered('0198c0de-0000-7000-8000-000000000009', 'failed', 'device.fault')
    expect(t.view()).toEqual(before)
  })
})

describe('what a device complained of', () => {
  it('is over when it works again, and not merely because another counter of it has moved', () => {
    const t = openTestTill()
    t.till.device(health('card_reader'))
    t.till.card(CARD)
    t.till.device({ ...health('card_reader'), counters: { cards: 1 } })
    expect(t.view().notices).toHaveLength(1)
    t.till.device(health('card_reader', 'absent'))
    t.till.device(health('card_reader'))
    expect(t.view().notices).toEqual([])
  })
})

describe("the customer's display", () => {
  const shown = (t: TestTill): readonly string[] => {
    const last = t.ordered.findLast(({ what }) => what.do === 'show')?.what
    answer(t)
    return last?.do === 'show' ? last.lines : []
  }

  it('follows the sale from the welcome to the thanks', () => {
    const t = onlineTill()
    t.till.device(health('display'))
    expect(shown(t)).toEqual(['Corner Shop', 'Welcome'])
    t.till.scanned(APPLE)
    expect(shown(t)).toEqual(['Apple          10.00', 'Total      10.00 EUR'])
    t.till.scanned(APPLE)
    expect(shown(t)).toEqual(['2 x Apple      20.00', 'Total      20.00 EUR'])
    t.till.command({ type: 'takePayment' })
    expect(shown(t)).toEqual(['Total      20.00 EUR', 'Please pay'])
    t.till.scanned(testWallet(t).show())
    expect(shown(t)).toEqual(['Total      20.00 EUR', 'One moment'])
    t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + 86_400_000 }))
    expect(shown(t)).toEqual(['Paid       20.00 EUR', 'Thank you'])
    t.till.command({ type: 'continue' })
    expect(shown(t)).toEqual(['Corner Shop', 'Welcome'])
  })

  it('gets one order at a time and then what holds by then', () => {
    const t = openTestTill()
    t.till.device(health('display'))
    t.till.device(health('scale'))
    for (let i = 0; i < 5; i++) t.till.scanned(APPLE)
    expect(t.ordered).toHaveLength(1)
    answer(t)
    expect(t.ordered.map(({ what }) => what)).toEqual([{ do: 'show', lines: ['5 x Apple      50.00', 'Total      50.00 EUR'] }])
    answer(t)
    expect(t.ordered).toEqual([])
    t.till.scanned(PEARS)
    t.till.reading({ state: 'stable', weight: { milli: 486, unit: 'kg' } })
    t.till.command({ type: 'takeWeight' })
    expect(shown(t)).toEqual(['0.486 kg Pears  1.45', 'Total      51.45 EUR'])
  })

  it('is told everything anew when it comes back', () => {
    const t = openTestTill()
    t.till.device(health('display'))
    answer(t)
    t.till.device(health('display', 'absent'))
    t.till.device(health('display'))
    expect(shown(t)).toEqual(['Corner Shop', 'Welcome'])
  })
})

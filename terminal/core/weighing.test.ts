import { describe, expect, it } from 'vitest'
import type { DeviceHealth } from '#protocol/device/messages.ts'
import { APPLE, openTestTill, PEARS, sellApple, testWallet, type TestTill } from './test-till.ts'

const scale = (state: DeviceHealth['state'] = 'ready'): DeviceHealth => ({
  device: 'scale-1',
  kind: 'scale',
  state,
  ...(state === 'ready' ? {} : { code: 'device.absent' }),
  counters: {},
})

function tillWithScale(): TestTill {
  const t = openTestTill()
  t.till.device(scale())
  return t
}
const rests = (t: TestTill, milli: number, unit: 'kg' | 'lb' = 'kg'): void => t.till.reading({ state: 'stable', weight: { milli, unit } })

describe('weighing', () => {
  it('shows what the scale says and what it costs, and takes it as one line', () => {
    const t = tillWithScale()
    expect(t.till.scanned(PEARS).ok).toBe(true)
    expect(t.view().weighing).toEqual({ gtin: PEARS, name: 'Pears', unitMinor: 299, unit: 'kg' })
    t.till.reading({ state: 'unstable' })
    expect(t.view().weighing).toMatchObject({ reading: { state: 'unstable' } })
    rests(t, 486)
    expect(t.view().weighing).toMatchObject({ totalMinor: 145, reading: { state: 'stable', weight: { milli: 486, unit: 'kg' } } })
    expect(t.till.command({ type: 'takeWeight' }).ok).toBe(true)
    expect(t.view().weighing).toBeUndefined()
    expect(t.view().sale).toMatchObject({ totalMinor: 145, itemCount: 1, lines: [{ quantity: 1, unitMinor: 299, weight: { milli: 486, unit: 'kg' } }] })
  })

  it('sells the goods once however often the key is pressed', () => {
    const t = tillWithScale()
    t.till.scanned(PEARS)
    rests(t, 486)
    for (let i = 0; i < 3; i++) expect(t.till.command({ type: 'takeWeight' }).ok).toBe(true)
    expect(t.view().sale.lines).toHaveLength(1)
  })

  it('takes nothing but a weight that rests, in the unit of the price', () => {
    const t = tillWithScale()
    t.till.scanned(PEARS)
    const taken = () => t.till.command({ type: 'takeWeight' })
    expect(taken()).toMatchObject({ code: 'device.scale_unstable' })
    for (const state of ['unstable', 'zero', 'under', 'over'] as const) {
      t.till.reading({ state })
      expect(taken()).toMatchObject({ ok: false, code: `device.scale_${state}` })
    }
    rests(t, 486, 'lb')
    expect(taken()).toMatchObject({ ok: false, code: 'device.scale_unit' })
    expect(t.view().weighing).toMatchObject({ code: 'device.scale_unit' })
    expect(t.view().sale.lines).toEqual([])
  })

  it('does not sell the next product by goods that are in the basket already', () => {
    const t = tillWithScale()
    const taken = () => t.till.command({ type: 'takeWeight' })
    t.till.scanned(PEARS)
    rests(t, 486)
    expect(taken().ok).toBe(true)
    t.till.scanned(PEARS)
    expect(taken()).toMatchObject({ ok: false, code: 'sale.weight_taken' })
    expect(t.view().weighing).toMatchObject({ code: 'sale.weight_taken', reading: { weight: { milli: 486 } } })
    expect(t.view().weighing?.totalMinor).toBeUndefined()
    // Neither a nudge nor the scale's plug takes the goods off.
    t.till.reading({ state: 'unstable' })
    t.till.device(scale('absent'))
    t.till.device(scale())
    rests(t, 488)
    expect(taken()).toMatchObject({ code: 'sale.weight_taken' })
    t.till.reading({ state: 'zero' })
    rests(t, 488)
    expect(taken().ok).toBe(true)
    expect(t.view().sale.lines).toHaveLength(2)
  })

  it('weighs the same goods as something else once their line has left the basket, and not because another line has', () => {
    const t = tillWithScale()
    const taken = () => t.till.command({ type: 'takeWeight' })
    t.till.scanned(APPLE)
    t.till.scanned(PEARS)
    rests(t, 486)
    taken()
    const [apple, pears] = t.view().sale.lines
    t.till.command({ type: 'setQuantity', line: apple?.id ?? '', quantity: 0 })
    t.till.scanned(PEARS)
    expect(taken()).toMatchObject({ code: 'sale.weight_taken' })
    t.till.command({ type: 'setQuantity', line: pears?.id ?? '', quantity: 0 })
    expect(taken().ok).toBe(true)
    t.till.command({ type: 'clearSale' })
    t.till.scanned(PEARS)
    expect(taken().ok).toBe(true)
    expect(t.view().sale.lines).toHaveLength(1)
  })

  it('keeps what was paid for from being sold to the next customer', () => {
    const t = tillWithScale()
    t.goOnline()
    t.till.disconnected()
    t.till.scanned(PEARS)
    rests(t, 486)
    t.till.command({ type: 'takeWeight' })
    t.till.command({ type: 'takePayment' })
    t.till.scanned(testWallet(t).show())
    expect(t.view().tender.stage).toBe('approved')
    t.till.scanned(APPLE)
    t.till.command({ type: 'clearSale' })
    t.till.scanned(PEARS)
    expect(t.till.command({ type: 'takeWeight' })).toMatchObject({ ok: false, code: 'sale.weight_taken' })
  })

  it('remembers over a restart what lay on the scale', () => {
    const t = tillWithScale()
    t.till.scanned(PEARS)
    rests(t, 486)
    t.till.command({ type: 'takeWeight' })
    const again = t.reopen()
    again.till.device(scale())
    rests(again, 486)
    again.till.scanned(PEARS)
    expect(again.till.command({ type: 'takeWeight' })).toMatchObject({ ok: false, code: 'sale.weight_taken' })
    rests(again, 700)
    expect(again.till.command({ type: 'takeWeight' }).ok).toBe(true)
  })

  it('believes no reading of a scale that has gone', () => {
    const t = tillWithScale()
    t.till.scanned(PEARS)
    rests(t, 486)
    t.till.device(scale('absent'))
    expect(t.view().weighing).toMatchObject({ code: 'device.absent' })
    expect(t.view().weighing?.reading).toBeUndefined()
    t.till.device(scale())
    expect(t.till.command({ type: 'takeWeight' })).toMatchObject({ ok: false, code: 'device.scale_unstable' })
  })

  it('tells a scale that computes prices the price', () => {
    const t = tillWithScale()
    t.till.scanned(PEARS)
    expect(t.ordered.map(({ what }) => what)).toContainEqual({ do: 'weigh', unitMinor: 299 })
  })

  it('keeps the payment closed meanwhile, and closes one that is open', () => {
    const t = tillWithScale()
    sellApple(t)
    expect(t.view().tender.stage).toBe('awaiting_code')
    t.till.command({ type: 'addProduct', gtin: PEARS })
    expect(t.view().tender.stage).toBe('none')
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ ok: false, code: 'sale.weigh_first' })
    t.till.command({ type: 'cancelWeighing' })
    expect(t.till.command({ type: 'takePayment' }).ok).toBe(true)
    expect(t.view().sale.lines).toHaveLength(1)
  })

  it('is given up with the basket, and forgotten by a stop', () => {
    const t = tillWithScale()
    t.till.scanned(PEARS)
    t.till.command({ type: 'clearSale' })
    expect(t.view().weighing).toBeUndefined()
    t.till.scanned(PEARS)
    expect(t.reopen().view().weighing).toBeUndefined()
  })

  it('takes a scan of another product meanwhile', () => {
    const t = tillWithScale()
    t.till.scanned(PEARS)
    t.till.scanned(APPLE)
    expect(t.view().sale.lines.map(({ name }) => name)).toEqual(['Apple'])
    expect(t.view().weighing).toMatchObject({ name: 'Pears' })
  })

  it('is paid, journaled, printed, and found again after a restart', () => {
    const t = tillWithScale()
    t.goOnline()
    t.till.disconnected()
    t.till.scanned(PEARS)
    rests(t, 1234)
    t.till.command({ type: 'takeWeight' })
    const again = t.reopen()
    expect(again.view().sale.lines).toMatchObject([{ weight: { milli: 1234, unit: 'kg' }, totalMinor: 369 }])
    again.till.command({ type: 'takePayment' })
    again.till.scanned(testWallet(again).show())
    expect(again.view().tender.stage).toBe('approved')
    const sale = again.entries().find(({ kind }) => kind === 'sale.completed')
    expect(sale?.body).toMatchObject({ totalMinor: 369, lines: [{ quantity: 1, unitMinor: 299, totalMinor: 369, weight: { milli: 1234, unit: 'kg' } }] })
    expect(again.printed.at(-1)?.document).toContainEqual({ kind: 'pair', left: '  1.234 kg x 2.99 EUR/kg', right: '3.69' })
  })
})

import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { MAX_MILLI, type DeviceHealth, type ScaleReading, type Weight } from '#protocol/device/messages.ts'
import { stillThere, weighingView, weightOn, type WeighedProduct } from './weighing.ts'

const kg = (milli: number): Weight => ({ milli, unit: 'kg' })
const rests = (milli: number): ScaleReading => ({ state: 'stable', weight: kg(milli) })
const ready: DeviceHealth = { device: 'scale-1', kind: 'scale', state: 'ready', counters: {} }
const pears: WeighedProduct = { gtin: '9520000000035', name: 'Pears', category: 'Fruit', priceMinor: 299, taxPpm: 70_000, symbol: '*', soldBy: 'kg' }

/** What is known of the goods that were taken at `milli`, after the scale has shown all this. */
const after = (milli: number, ...readings: readonly ScaleReading[]): Weight | undefined => readings.reduce<Weight | undefined>(stillThere, kg(milli))

describe('goods that were taken', () => {
  it('lie there until the scale was empty, or rests at another weight', () => {
    expect(after(486, rests(486))).toEqual(kg(486))
    expect(after(486, { state: 'zero' }, rests(486))).toBeUndefined()
    // Lifted off after a tare.
    expect(after(486, { state: 'under' })).toBeUndefined()
    expect(after(486, rests(900))).toBeUndefined()
    expect(after(486, { state: 'stable', weight: { milli: 486, unit: 'lb' } })).toBeUndefined()
  })

  it('are not new ones because the scale moves, is leant on or flickers', () => {
    expect(after(486, { state: 'unstable' }, { state: 'over' }, rests(490), rests(480))).toEqual(kg(486))
    // Measured from what was sold: many small steps away are another weight.
    expect(after(486, rests(490), rests(497))).toBeUndefined()
  })

  it('are never sold twice, whatever the scale shows between, unless it told of a change', () => {
    const shown = fc.oneof(
      fc.constantFrom<ScaleReading>({ state: 'unstable' }, { state: 'over' }, { state: 'zero' }, { state: 'under' }),
      fc.integer({ min: 1, max: MAX_MILLI }).map(rests),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_MILLI }), fc.array(shown, { maxLength: 20 }), (milli, readings) => {
        const sold = weightOn({ health: ready, reading: rests(milli), taken: after(milli, ...readings, rests(milli)) }, 'kg')
        const changed = readings.some(
          (reading) => reading.state === 'zero' || reading.state === 'under' || (reading.state === 'stable' && Math.abs(reading.weight.milli - milli) > 10),
        )
        expect(sold.ok).toBe(changed)
      }),
    )
  })

  it('show their weight and no price', () => {
    const view = weighingView(pears, { health: ready, reading: rests(486), taken: kg(486) })
    expect(view).toEqual({ gtin: pears.gtin, name: 'Pears', unitMinor: 299, unit: 'kg', reading: rests(486), code: 'sale.weight_taken' })
    expect(weighingView(pears, { health: ready, reading: rests(486) })).toMatchObject({ totalMinor: 145 })
  })
})

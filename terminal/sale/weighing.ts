import type { DeviceHealth, ScaleReading, Weight, WeightUnit } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Product } from '#protocol/hub/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { WeighingView } from '#protocol/till-api/api.ts'
import { lineTotal } from './goods.ts'

/** A product that its price of a unit of weight makes one to be weighed. */
export type WeighedProduct = Product & { readonly soldBy: WeightUnit }

export const isWeighed = (product: Product): product is WeighedProduct => product.soldBy !== undefined

/**
 * What a till knows of its scale: nothing of either while there is none, and no reading until it has shown one. `taken`: goods that were put into the
 * basket and still lie there, for all that is known.
 */
export type Scale = { readonly health?: DeviceHealth | undefined; readonly reading?: ScaleReading | undefined; readonly taken?: Weight | undefined }

/** Goods at rest flicker by a division, at most 5 g on the scale of a counter; two of them are more than that. In thousandths of either unit. */
const FLICKER_MILLI = 10

/**
 * Whether goods that were taken still lie there, as far as this reading tells: not once the scale was empty or below zero, or rests at another weight.
 * That it moves tells nothing: somebody may have leant on it. Without this the next product would be sold by the goods before it.
 */
export function stillThere(taken: Weight | undefined, reading: ScaleReading): Weight | undefined {
  if (taken === undefined) return undefined
  switch (reading.state) {
    case 'zero':
    case 'under':
      return undefined
    case 'unstable':
    case 'over':
      return taken
    case 'stable': {
      const { milli, unit } = reading.weight
      return unit === taken.unit && Math.abs(milli - taken.milli) <= FLICKER_MILLI ? taken : undefined
    }
  }
}

/** The weight that a product may be sold by now: one that rests, in the unit of its price, and was not sold yet. Weights are never converted. */
export function weightOn(scale: Scale, unit: WeightUnit): Outcome<Weight> {
  const { health, reading, taken } = scale
  if (health?.state !== 'ready') return fail(health?.code ?? 'device.absent')
  if (reading === undefined) return fail('device.scale_unstable')
  if (reading.state !== 'stable') return fail(codeOf[reading.state])
  if (reading.weight.unit !== unit) return fail('device.scale_unit')
  return taken === undefined ? ok(reading.weight) : fail('sale.weight_taken')
}

const codeOf = {
  unstable: 'device.scale_unstable',
  zero: 'device.scale_zero',
  under: 'device.scale_under',
  over: 'device.scale_over',
} as const satisfies Record<Exclude<ScaleReading['state'], 'stable'>, ErrorCode>

/** What a screen shows while a product is weighed. What a reading says by itself is not repeated as a code. */
export function weighingView(product: WeighedProduct, scale: Scale): WeighingView {
  const weight = weightOn(scale, product.soldBy)
  const isReading = scale.health?.state === 'ready' && (scale.reading === undefined || scale.reading.state !== 'stable')
  return {
    gtin: product.gtin,
    name: product.name,
    unitMinor: product.priceMinor,
    unit: product.soldBy,
    ...(scale.reading === undefined ? {} : { reading: scale.reading }),
    ...(weight.ok ? { totalMinor: lineTotal({ quantity: 1, unitMinor: product.priceMinor, weight: weight.value }) } : {}),
    ...(weight.ok || isReading ? {} : { code: weight.code }),
  }
}

import type { DeviceHealth, ScaleReading, Weight, WeightUnit } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Product } from '#protocol/hub/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { WeighingView } from '#protocol/till-api/api.ts'
import { lineTotal } from './goods.ts'

/** A product that its price of a unit of weight makes one to be weighed. */
export type WeighedProduct = Product & { readonly soldBy: WeightUnit }

export const isWeighed = (product: Product): product is WeighedProduct => product.soldBy !== undefined

/** What a till knows of its scale: nothing of either while there is none, and no reading until it has shown one. */
export type Scale = { readonly health?: DeviceHealth | undefined; readonly reading?: ScaleReading | undefined }

/** The weight that a product may be sold by now: one that rests, in the unit of its price. Weights are never converted. */
export function weightOn(scale: Scale, unit: WeightUnit): Outcome<Weight> {
  const { health, reading } = scale
  if (health?.state !== 'ready') return fail(health?.code ?? 'device.absent')
  if (reading === undefined) return fail('device.scale_unstable')
  if (reading.state !== 'stable') return fail(codeOf[reading.state])
  return reading.weight.unit === unit ? ok(reading.weight) : fail('device.scale_unit')
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

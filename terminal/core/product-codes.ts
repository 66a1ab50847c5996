import { MAX_MILLI, type Weight } from '#protocol/device/messages.ts'
import type { ScannedProduct } from '#protocol/barcode/scan.ts'
import type { Product } from '#protocol/hub/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'
import { gtin14 } from '../sale/goods.ts'
import { productAt } from '../sale/pricing.ts'
import { isWeighed, type WeighedProduct } from '../sale/weighing.ts'
import type { Authority } from './authority.ts'

/** What a scanned code means for the basket. */
export type Meant =
  | { readonly type: 'piece'; readonly product: Product }
  /** To be weighed here. */
  | { readonly type: 'to_weigh'; readonly product: WeighedProduct }
  /** Weighed elsewhere: the label has the weight. */
  | { readonly type: 'weighed'; readonly product: WeighedProduct; readonly weight: Weight }

/** Looks a scanned product up in the catalogue, at the price that holds at `now`. A label's price counts as it is, its weight only for a product that is sold by weight. */
export function meantBy(scanned: ScannedProduct, authority: Pick<Authority, 'product' | 'productByPlu'>, now: EpochMs): Outcome<Meant> {
  const { gtin, plu, milli, unit, priceMinor } = scanned
  const found = gtin === undefined ? authority.productByPlu(plu ?? '') : authority.product(gtin14(gtin))
  if (found === undefined) return fail('sale.unknown_product', gtin ?? plu)
  const product = productAt(found, now)
  if (priceMinor !== undefined) {
    // The price of all that is in the bag: sold as one piece.
    const { soldBy: _, openPrice: __, ...piece } = product
    return priceMinor === 0 ? fail('sale.bad_label') : ok({ type: 'piece', product: { ...piece, priceMinor } })
  }
  if (!isWeighed(product)) return milli !== undefined && plu !== undefined ? fail('sale.bad_label') : ok({ type: 'piece', product })
  if (milli === undefined) return ok({ type: 'to_weigh', product })
  const isPriced = milli >= 1 && milli <= MAX_MILLI && (unit ?? product.soldBy) === product.soldBy
  return isPriced ? ok({ type: 'weighed', product, weight: { milli, unit: product.soldBy } }) : fail('sale.bad_label')
}

import { z } from 'zod'
import { amount, emptiesOf, MAX_POINTS, productName, reason, trackingNumber, type Empties, type Modifier } from '../journal/entry.ts'
import { ID_PATTERN } from '../ids.ts'
import type { ModifierGroup } from '../hub/goods.ts'
import type { Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** What a screen asks about goods that are more than a price, and about the customer. Part of `api.ts`. */

const id = z.string().min(1).max(64)

export const goodsCommands = [
  /** Opens `View.choosing` with what is called so together; `addProduct` then takes one of them. */
  z.strictObject({ type: z.literal('openVariants'), of: productName }),
  /** While `View.choosing` asks for the age. No: the product is not sold. */
  z.strictObject({ type: z.literal('answerAge'), years: z.int().min(1).max(99), isOldEnough: z.boolean() }),
  /** While it asks how something is made: the places of what was chosen, for each group. */
  z.strictObject({ type: z.literal('chooseModifiers'), choices: z.array(z.array(z.int().min(0).max(19)).max(20)).max(8) }),
  /** Asks once more how a line is made. */
  z.strictObject({ type: z.literal('changeModifiers'), line: id }),
  /** While it asks for the number of a piece or batch: one that was typed; a scanned one comes as a scan. */
  z.strictObject({ type: z.literal('giveNumber'), number: trackingNumber }),
  /** The product that is asked about is not sold. */
  z.strictObject({ type: z.literal('cancelChoosing') }),
  /** So many pieces of this deposit have come back in all; 0 takes them out of the sale. */
  z.strictObject({ type: z.literal('returnEmpties'), depositMinor: emptiesOf.shape.depositMinor, quantity: z.int().min(0).max(999) }),
  /** The empties of the basket out of the drawer instead. `movementId` is made by the screen when the dialog opens, so that a double press pays once. */
  z.strictObject({ type: z.literal('payOutEmpties'), movementId: z.string().regex(ID_PATTERN) }),
  /** The customer pays no tax, for this reason; null: they do after all. */
  z.strictObject({ type: z.literal('exemptSale'), reason: reason.nullable() }),
  /** The card itself is scanned. */
  z.strictObject({ type: z.literal('removeCustomer') }),
  z.strictObject({ type: z.literal('spendPoints'), points: amount.max(MAX_POINTS) }),
] as const

/** What has to be known before a product can be sold; the oldest question first. Missing from the view: nothing. */
export type ChoosingView =
  | {
      readonly step: 'variant'
      readonly name: string
      /** `Size`, `Colour`: each variant has a value for each. */
      readonly options: readonly string[]
      readonly variants: readonly { readonly gtin: string; readonly values: readonly string[]; readonly priceMinor: Minor }[]
    }
  /** `bornBy`: `2008-11-22`, in the calendar of the till's own time zone. */
  | { readonly step: 'age'; readonly name: string; readonly years: number; readonly bornBy: string }
  | {
      readonly step: 'modifiers'
      readonly name: string
      readonly unitMinor: Minor
      readonly groups: readonly ModifierGroup[]
      /** Of a line that is changed: what it has now. */
      readonly chosen?: readonly (readonly number[])[]
    }
  | { readonly step: 'number'; readonly name: string; readonly tracks: 'serial' | 'batch' }

/** On a line, beyond price and count. */
export type GoodsOfLine = {
  readonly modifiers?: readonly Modifier[] | undefined
  /** `changeModifiers` can be asked. */
  readonly madeToOrder?: true | undefined
  readonly parts?: readonly { readonly name: string; readonly quantity: number }[] | undefined
  /** Of one piece; in the line's total. */
  readonly depositMinor?: Minor | undefined
  readonly serials?: readonly string[] | undefined
  readonly batch?: string | undefined
  readonly ageChecked?: true | undefined
}

/** Of a basket, beyond its goods. */
export type GoodsOfSale = {
  readonly depositMinor?: Minor
  readonly empties?: readonly Empties[]
  readonly exemption?: { readonly reason: string; readonly untaxedMinor: Minor }
  readonly customer?: CustomerView
}

export type CustomerView = {
  /** The end of the pseudonym: enough to tell two cards apart. */
  readonly label: string
  /** As the hub knew it at that time; missing: it has never said. */
  readonly balance?: { readonly points: number; readonly at: EpochMs }
  /** What this sale will earn, and what of the balance it spends. */
  readonly earns: number
  readonly spends: number
  /** The most that may be spent now. */
  readonly canSpend: number
}

import type { ErrorCode } from '../errors.ts'
import type { PaperLanguage } from '../hub/offers.ts'
import type { Currency } from '../money.ts'

/** What a till says of itself. */
export type ThisTill = {
  readonly id: string
  readonly name: string
  readonly merchant: string
  readonly currency: Currency
  /** What the shop speaks to its customers; missing: English. */
  readonly customerLanguage?: PaperLanguage
  /** Set: nothing can be sold until this is dealt with. */
  readonly blocked?: ErrorCode
  /** The core came back after a stop and found this sale as it was. */
  readonly recovered: boolean
  /** Nobody is signed in: nothing can be sold until `signIn`. */
  readonly signedOut: boolean
  /** Shoppers serve themselves here. */
  readonly kiosk?: true
}

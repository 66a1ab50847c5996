import type { FieldChange } from './merchants.ts'
import type { Currency } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** Console ⇄ hub, about what the shop sells. `GET /api/catalogue` answers this. */
export type CatalogueState = {
  readonly version: number
  readonly currency: Currency
  readonly products: number
  /** In the order in which the catalogue names them. */
  readonly categories: readonly { readonly name: string; readonly products: number }[]
}

/** A product as a person edits it: price and rate of tax as a file has them (`19.90`, `19`). */
export type ProductText = { readonly gtin: string; readonly name: string; readonly category: string; readonly price: string; readonly tax: string }
/** `GET /api/catalogue/products?q=`: of those that have all words somewhere, the first; `more`: there are others. */
export type ProductsFound = { readonly products: readonly ProductText[]; readonly more: boolean }
/**
 * `POST /api/catalogue/products` makes a product, or what it is where there was one (`before`: as the person saw it); `…/:id/remove` takes it out. Both answer with this:
 * what is bad about it and nothing was changed, or the version that tills get from now on.
 */
export type ProductEdited = { readonly bad: readonly BadRow[]; readonly applied?: number }

/** `GET /api/catalogue/changes`, the newest first: who changed how much, and from what to what; of a large file only a part. */
export type CatalogueChange = {
  readonly version: number
  readonly at: EpochMs
  readonly by: string
  readonly what: 'file' | 'product'
  readonly added: number
  readonly changed: number
  readonly gone: number
  readonly items: readonly (Named & { readonly fields: readonly FieldChange[] })[]
}

/** `line`: of the file, from 1, where the row begins. `field`: the column's name. */
export type BadRow = { readonly line: number; readonly field: string; readonly value: string; readonly say: string }

type Named = { readonly gtin: string; readonly name: string }

/**
 * `POST /api/catalogue` with a CSV file (`text/csv`) answers what it would change; `POST /api/catalogue/apply` with the same file changes it, unless a row is bad.
 * The file is the whole catalogue: what is not in it is gone.
 */
export type CataloguePreview = {
  readonly rows: number
  readonly added: number
  readonly changed: number
  readonly gone: number
  readonly same: number
  readonly bad: number
  /** The first of each kind. */
  readonly examples: {
    readonly added: readonly Named[]
    readonly changed: readonly (Named & { readonly fields: readonly { readonly field: string; readonly before: string; readonly after: string }[] })[]
    readonly gone: readonly Named[]
    readonly bad: readonly BadRow[]
  }
  /** Of the catalogue that tills get from now on; missing in a preview. */
  readonly applied?: number
}

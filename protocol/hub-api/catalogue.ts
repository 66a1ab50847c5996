import type { Currency } from '../money.ts'

/** Console ⇄ hub, about what the shop sells. `GET /api/catalogue` answers this. */
export type CatalogueState = {
  readonly version: number
  readonly currency: Currency
  readonly products: number
  /** In the order in which the catalogue names them. */
  readonly categories: readonly { readonly name: string; readonly products: number }[]
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

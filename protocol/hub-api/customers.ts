import type { Id } from '../ids.ts'

/**
 * `POST /api/customers` with `{}`: the card of a new customer (protocol/loyalty/card.ts), told once. `customer` is a pseudonym made for it, and the hub keeps no
 * list of them: whose card it is, the shop may write down where it keeps names, or nowhere. `sale.no_points` where the shop gives none.
 */
export type NewCard = { readonly customer: Id; readonly code: string }

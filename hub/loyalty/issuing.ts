import type { HubKeys } from '../keys.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { NewCard } from '#protocol/hub-api/customers.ts'
import type { Loyalty } from '#protocol/hub/goods.ts'
import { makeId } from '#protocol/ids.ts'
import { encodeCard } from '#protocol/loyalty/card.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'

export type IssuingPorts = { readonly crypto: Crypto; readonly clock: Clock; readonly keys: Pick<HubKeys, 'signer'>; readonly loyalty: Loyalty | undefined }

/** A card for a customer of whom nothing is known yet but this. */
export function newCard({ crypto, clock, keys, loyalty }: IssuingPorts): Outcome<NewCard> {
  if (loyalty === undefined) return fail('sale.no_points')
  const issuedAt = clock.now()
  const customer = makeId(issuedAt, crypto.randomBytes(10))
  return ok({ customer, code: encodeCard(keys.signer('issuer'), { customer, issuedAt }) })
}

import { pointsAccount } from '../ledger/names.ts'
import { balanceOf } from '../ledger/ledger.ts'
import type { HubStore } from '../store/hub-store.ts'
import { unhex } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { MAX_POINTS } from '#protocol/journal/entry.ts'
import type { Clock } from '#protocol/time.ts'

/** A question is much shorter; what is longer is a batch. */
const MAX_QUESTION_BYTES = 1024

export function isPointsQuestion(message: Uint8Array): boolean {
  if (message.length > MAX_QUESTION_BYTES) return false
  const envelope = parseSign1(message)
  return envelope.ok && envelope.value.typ === signedTypes.pointsAsked
}

export type PointsPorts = { readonly crypto: Crypto; readonly clock: Clock; readonly store: Pick<HubStore, 'get'>; ackSigner(): Signer }

/** What a customer has, as far as everything is settled that the hub was told. Undefined for who is no till of this hub. */
export async function answerPoints({ crypto, clock, store, ackSigner }: PointsPorts, id: Id, message: Uint8Array): Promise<Uint8Array | undefined> {
  const [till] = await store.get('tills', [id])
  if (till === undefined || till.revokedAt !== undefined) return undefined
  const asked = openSigned(crypto, message, signedTypes.pointsAsked, () => unhex(till.publicKey ?? ''))
  if (!asked.ok || asked.value.till !== id) return undefined
  const { customer } = asked.value
  const [account] = await store.get('accounts', [pointsAccount(customer)])
  const held = account === undefined ? 0n : balanceOf(account)
  const most = BigInt(MAX_POINTS)
  const points = Number(held > most ? most : held < -most ? -most : held)
  return encodeSigned(ackSigner(), signedTypes.points, { v: 1, till: id, customer, points, hubTime: clock.now() })
}

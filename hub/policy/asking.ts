import type { DenyDesk } from './deny-desk.ts'
import type { PolicyDesk } from './desk.ts'
import type { HubStore } from '../store/hub-store.ts'
import { unhex } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'

/** A word about what a till holds is much shorter; what is longer is a batch. */
const MAX_HOLDS_BYTES = 1024

export function isHolds(message: Uint8Array): boolean {
  if (message.length > MAX_HOLDS_BYTES) return false
  const envelope = parseSign1(message)
  return envelope.ok && envelope.value.typ === signedTypes.holds
}

/** What a till is to hear after it has said what it holds: about the deny list, and which tills are to get their policies again. Undefined for who is no till of this hub. */
export async function answerHolds(
  {
    crypto,
    store,
    policies,
    denied,
  }: {
    readonly crypto: Crypto
    readonly store: Pick<HubStore, 'get'>
    readonly policies: Pick<PolicyDesk, 'holds'>
    readonly denied: Pick<DenyDesk, 'messageFor'>
  },
  id: Id,
  message: Uint8Array,
): Promise<{ readonly deny: Uint8Array; readonly again: readonly Id[] } | undefined> {
  const [till] = await store.get('tills', [id])
  if (till === undefined || till.revokedAt !== undefined) return undefined
  const told = openSigned(crypto, message, signedTypes.holds, () => unhex(till.publicKey ?? ''))
  if (!told.ok || told.value.till !== id) return undefined
  return { again: policies.holds(told.value), deny: denied.messageFor(told.value.denied) }
}

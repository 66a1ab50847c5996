import type { CatalogueDesk } from './desk.ts'
import type { HubStore } from '../store/hub-store.ts'
import { unhex } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'

/** A question is much shorter; what is longer is a batch, which need not be taken apart twice. */
const MAX_WANTED_BYTES = 1024

export function isWanted(message: Uint8Array): boolean {
  if (message.length > MAX_WANTED_BYTES) return false
  const envelope = parseSign1(message)
  return envelope.ok && envelope.value.typ === signedTypes.wanted
}

/** The chunk that a till asks for. Undefined for who is no till of this hub, and for a chunk of a catalogue that is served no more. */
export async function wantedChunk(
  { crypto, store, desk }: { readonly crypto: Crypto; readonly store: Pick<HubStore, 'get'>; readonly desk: Pick<CatalogueDesk, 'chunk'> },
  id: Id,
  message: Uint8Array,
): Promise<Uint8Array | undefined> {
  const [till] = await store.get('tills', [id])
  if (till === undefined || till.revokedAt !== undefined) return undefined
  const asked = openSigned(crypto, message, signedTypes.wanted, () => unhex(till.publicKey ?? ''))
  return asked.ok && asked.value.till === id ? desk.chunk(asked.value.chunk) : undefined
}

import { base64url, unbase64url } from '#protocol/bytes.ts'
import { fromCbor, parseSign1, sign1, signedTypes, toCbor, verifySign1 } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { Head } from './journal.ts'

/** A checkpoint is written with every so many entries, and at a clean stop: so many are verified at a start, however long the journal is. */
export const CHECKPOINT_EVERY = 1000
/** Where it is kept. One is enough: its hash stands for every entry before it. */
export const RECORD_CHECKPOINT = 'checkpoint'

/** That this till has written, and verified, its journal up to here: a COSE_Sign1 by the till's own key, base64url. */
export const signCheckpoint = (signer: Signer, till: Id, { epoch, n, hash }: Head): string =>
  base64url(sign1(signer, signedTypes.checkpoint, toCbor([1, till, epoch, n, hash])))

/** Undefined for anything that is not this till's own checkpoint. Total. */
export function readCheckpoint(crypto: Crypto, publicKey: Uint8Array, till: Id, text: string): Head | undefined {
  const envelope = parseSign1(unbase64url(text) ?? new Uint8Array(0))
  if (!envelope.ok || !verifySign1(crypto, envelope.value, signedTypes.checkpoint, publicKey)) return undefined
  const payload = fromCbor(envelope.value.payload)
  if (!payload.ok || !Array.isArray(payload.value) || payload.value.length !== 5) return undefined
  const [version, of, epoch, n, hash] = payload.value as unknown[]
  const shaped = version === 1 && of === till && Number.isSafeInteger(epoch) && Number.isSafeInteger(n) && hash instanceof Uint8Array && hash.length === 32
  return shaped ? { epoch: Number(epoch), n: Number(n), hash } : undefined
}

/** Whose checkpoint it may be: `former` are keys that the till had. */
export type CheckpointOwner = {
  readonly till: Id
  readonly signer: Pick<Signer, 'publicKey'>
  readonly former?: readonly { readonly signer: Pick<Signer, 'publicKey'> }[]
}

/** By the key that it has, or by one that it had: the last checkpoint before a new key is signed by the old one. Total. */
export function ownCheckpoint(crypto: Crypto, { till, signer, former = [] }: CheckpointOwner, text: string): Head | undefined {
  for (const { publicKey } of [signer, ...former.map((key) => key.signer)]) {
    const head = readCheckpoint(crypto, publicKey, till, text)
    if (head !== undefined) return head
  }
  return undefined
}

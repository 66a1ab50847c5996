import { z } from 'zod'
import { actRow, keyRow, otherKey, otherKeys } from './till-keys.ts'
import type { HubKeys } from '../keys.ts'
import type { Carrier } from '../link/carrier.ts'
import type { Shop } from '../shop.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import { base64url, hex, unbase64url, unhex } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import { keyIdOf, type Crypto, type Signer } from '#protocol/crypto.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

export type RekeyingPorts = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly store: Pick<HubStore, 'get' | 'documents' | 'commit'>
  readonly keys: Pick<HubKeys, 'certify'>
  readonly shop: Pick<Shop, 'merchant' | 'store'>
  readonly carrier: Pick<Carrier, 'certificatesFor'>
  ackSigner(): Signer
}

/** Which tills are to replace their keys: their ids behind this. */
export const REKEY = 'till-rekey/'
export const readRekey = ({ body }: Pick<DocumentRow, 'body'>): EpochMs => z.strictObject({ before: epochMs }).parse(JSON.parse(body)).before

/** Somebody wants this till to sign with another key than now. It is journalled with the wish; the till hears of it when it is there. */
export async function askRekey(
  { clock, store }: Pick<RekeyingPorts, 'clock' | 'store'>,
  id: string,
  by: string,
  why?: string,
): Promise<Outcome<EpochMs, 'custody.unknown_till' | 'entry.illegal_transition' | 'till.disk_full'>> {
  for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
    const [till] = isId(id) ? await store.get('tills', [id]) : []
    if (till === undefined) return fail('custody.unknown_till')
    if (till.publicKey === undefined || till.revokedAt !== undefined) return fail('entry.illegal_transition', 'it signs nothing')
    const [wish] = await store.get('documents', [`${REKEY}${id}`])
    const before = clock.now()
    const row = { id: `${REKEY}${id}`, version: wish?.version ?? 0, dueAt: undefined, body: JSON.stringify({ before }) }
    const act = actRow(till, { at: before, act: 'rekeyAsked', by, ...(why !== undefined && { why }) })
    const committed = await store.commit({ tills: [till], documents: [row, act] })
    if (committed === 'done') return ok(before)
    if (committed !== 'stale') return fail('till.disk_full')
  }
  throw new Error('the till is written to without end')
}

/** A wish for another key is much shorter; what is longer is a batch. */
const MAX_REKEY_BYTES = 2048
/** A till whose file was put back asks with another key than before; nobody needs more than a few that were never used. */
const MAX_UNUSED = 4
const MAX_STALE_COMMITS = 20

export function isRekey(message: Uint8Array): boolean {
  if (message.length > MAX_REKEY_BYTES) return false
  const envelope = parseSign1(message)
  return envelope.ok && envelope.value.typ === signedTypes.rekey
}

/**
 * Certifies the key that a till wants to sign with from now on. The wish is signed by the till's key of now, and holds a proof by the next one. Until the first batch that
 * the next key signs, both ends can forget everything and nothing has changed; the same wish again gets the same answer. Undefined for everybody whose wish is not
 * granted: a key that was ever this till's before is none that it could have made now.
 */
export async function answerRekey(
  { clock, crypto, store, keys, shop, carrier, ackSigner }: RekeyingPorts,
  id: Id,
  message: Uint8Array,
): Promise<Uint8Array | undefined> {
  const [till] = await store.get('tills', [id])
  const current = till?.publicKey === undefined ? undefined : unhex(till.publicKey)
  if (till === undefined || current === undefined || till.revokedAt !== undefined) return undefined
  const wish = openSigned(crypto, message, signedTypes.rekey, () => current)
  if (!wish.ok || wish.value.till !== id) return undefined
  const { publicKey, proof } = wish.value
  const raw = unhex(publicKey)
  if (raw === undefined || publicKey === till.publicKey) return undefined
  const proved = openSigned(crypto, unbase64url(proof) ?? new Uint8Array(0), signedTypes.rekeyProof, () => raw)
  if (!proved.ok || proved.value.till !== id || proved.value.publicKey !== publicKey) return undefined

  const known = await otherKey(store, id, hex(keyIdOf(crypto, raw)))
  if (known !== undefined && known.state !== 'next') return undefined
  const at = clock.now()
  if (known === undefined) {
    const unused = (await otherKeys(store, id)).filter(({ state }) => state === 'next')
    if (unused.length >= MAX_UNUSED) return undefined
    // The row goes along, so that a revocation meanwhile makes this stale and the key nobody's.
    const committed = await store.commit({ tills: [till], documents: [keyRow(crypto, { till: id, publicKey, state: 'next', since: at, version: 0 })] })
    if (committed !== 'done') return undefined
  }
  const issuedAt = known?.since ?? at
  const certificate = keys.certify({ v: 1, till: id, name: till.name, merchant: shop.merchant.id, store: shop.store.id, publicKey, issuedAt })
  const tls = carrier.certificatesFor?.(id, raw)
  return encodeSigned(ackSigner(), signedTypes.rekeyed, {
    v: 1,
    till: id,
    publicKey,
    certificate: base64url(certificate),
    hubTime: at,
    ...(tls && { tls: { authority: base64url(tls.authority), certificate: base64url(tls.certificate) } }),
  })
}

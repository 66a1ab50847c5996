import { z } from 'zod'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore, Till } from '../store/hub-store.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { keyIdOf, type Crypto } from '#protocol/crypto.ts'
import type { TillAct } from '#protocol/hub-api/tills.ts'
import { tillActs } from '#protocol/hub-api/tills.ts'
import { epochMs, hash, id } from '#protocol/journal/entry.ts'
import type { Id } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Keys of a till beside the one that it signs with now, which stands in its row. `next`: certified at the till's own wish, and in force with the first batch that
 * it signs. `former` (another took its place) and `lost` (it was revoked): what it signed until its end is still read, from exports and neighbours; over the link
 * it counts for nothing.
 */
const keptKey = z.strictObject({ till: id, publicKey: hash, state: z.enum(['next', 'current', 'former', 'lost']), since: epochMs, until: epochMs.optional() })
export type TillKey = z.infer<typeof keptKey> & { readonly version: number }

const keptAct = z.strictObject({ at: epochMs, act: z.enum(tillActs), by: z.string(), why: z.string().optional() })

const KEY = 'till-key/'
const ACT = 'till-act/'
const MAX_KEYS = 1000
const MAX_ACTS = 200
const keysOf = (till: Id): string => `${KEY}${till}/`

const idOfKey = (crypto: Pick<Crypto, 'sha256'>, publicKey: string): string => {
  const raw = unhex(publicKey)
  invariant(raw !== undefined, 'a kept key is hex')
  return hex(keyIdOf(crypto, raw))
}
const readKey = ({ version, body }: DocumentRow): TillKey => ({ ...keptKey.parse(JSON.parse(body)), version })

/** By its id, 16 hex digits: a key of this till that is not the one in its row. */
export async function otherKey(store: Pick<HubStore, 'get'>, till: Id, keyId: string): Promise<TillKey | undefined> {
  const [row] = await store.get('documents', [`${keysOf(till)}${keyId}`])
  return row && readKey(row)
}

/** All but those that have no row, because they were in force all the time. Oldest first. */
export async function otherKeys(store: Pick<HubStore, 'documents'>, till: Id): Promise<readonly TillKey[]> {
  const rows = await store.documents({ prefix: keysOf(till), limit: MAX_KEYS })
  return rows.map(readKey).toSorted((one, other) => one.since - other.since)
}

/** Of every till: for who has a signature and does not know whose it is. */
export async function formerKeys(store: Pick<HubStore, 'documents'>): Promise<readonly TillKey[]> {
  const all: TillKey[] = []
  for (let after: string | undefined; ;) {
    const rows = await store.documents({ prefix: KEY, after, limit: MAX_KEYS })
    all.push(...rows.map(readKey))
    after = rows.at(-1)?.id
    if (rows.length < MAX_KEYS) return all.filter(({ state }) => state === 'former' || state === 'lost')
  }
}

export function keyRow(crypto: Pick<Crypto, 'sha256'>, { version, ...key }: TillKey): DocumentRow {
  return { id: `${keysOf(key.till)}${idOfKey(crypto, key.publicKey)}`, version, dueAt: undefined, body: JSON.stringify(key) }
}

/** The row of the key that a till has had until now. Undefined for one that never had any. */
export async function endOfKey(
  { store, crypto }: { readonly store: Pick<HubStore, 'get'>; readonly crypto: Pick<Crypto, 'sha256'> },
  { id: till, publicKey, enrolledAt }: Pick<Till, 'id' | 'publicKey' | 'enrolledAt'>,
  state: 'former' | 'lost',
  until: EpochMs,
): Promise<DocumentRow | undefined> {
  if (publicKey === undefined) return undefined
  const known = await otherKey(store, till, idOfKey(crypto, publicKey))
  return keyRow(crypto, { till, publicKey, state, since: known?.since ?? enrolledAt ?? until, until, version: known?.version ?? 0 })
}

/** What was done to a till, in the same commit as its row, whose version numbers it. */
export const actRow = ({ id: till, version }: Pick<Till, 'id' | 'version'>, act: TillAct): DocumentRow => ({
  id: `${ACT}${till}/${String(version).padStart(8, '0')}`,
  version: 0,
  dueAt: undefined,
  body: JSON.stringify(act),
})

/** Newest first. */
export async function actsOf(store: Pick<HubStore, 'documents'>, till: Id): Promise<readonly TillAct[]> {
  const rows = await store.documents({ prefix: `${ACT}${till}/`, limit: MAX_ACTS, newestFirst: true })
  return rows.map(({ body }) => {
    const { why, ...act } = keptAct.parse(JSON.parse(body))
    return { ...act, ...(why !== undefined && { why }) }
  })
}

import { salvagedKey, type HubStore, type StoredEntry } from '../store/hub-store.ts'
import { equalBytes, hex, unbase64url } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { decodeEntry, type Entry } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Entries that a till's old chain could not carry to the hub any more, because its journal was restored or damaged, come inside `entry.salvaged` of a
 * later epoch. What such an entry says is judged as if it had come in its place; what the hub has of it already is passed over.
 */
export type Salvage = {
  readonly entry: Outcome<Entry, 'entry.malformed'>
  /** Of the salvaged bytes at their place: they are judged once, however often they come. */
  readonly key: string
  /** The hub has these very bytes at that place. */
  readonly known: boolean
  /** No entry of its epoch that the hub had not received can be older, or a till could bring codes of any age as salvaged ones. */
  readonly floorAt: EpochMs | undefined
}

type Outer = Extract<Entry, { kind: 'entry.salvaged' }>

/** Under this an entry is judged once, by whatever way its bytes come. */
export const keyOf = (crypto: Pick<Crypto, 'sha256'>, { till, epoch, n }: Pick<StoredEntry, 'till' | 'epoch' | 'n'>, bytes: Uint8Array): string =>
  salvagedKey(till, epoch, n, hex(crypto.sha256(bytes)))

/** An entry may have been salvaged before, in an epoch that was then lost in its turn: the innermost one is what happened. */
export async function openSalvaged(
  store: Pick<HubStore, 'hashes' | 'floorAfter'>,
  crypto: Pick<Crypto, 'sha256'>,
  stored: StoredEntry,
  outer: Outer,
): Promise<Salvage> {
  let epoch = stored.epoch
  for (let body = outer.body; ;) {
    const bytes = unbase64url(body.bytes) ?? new Uint8Array(0)
    const place = { till: stored.till, epoch: body.epoch, n: body.n }
    const opened: Outcome<Entry, 'entry.malformed'> =
      place.epoch < epoch ? decodeEntry(bytes, place) : fail('entry.malformed', `salvaged from epoch ${place.epoch}, which is not before its own`)
    if (opened.ok && opened.value.kind === 'entry.salvaged') {
      epoch = place.epoch
      body = opened.value.body
      continue
    }
    const key = keyOf(crypto, place, bytes)
    const entry = opened.ok ? ok(opened.value) : fail(opened.code, `the salvaged entry: ${opened.detail ?? ''}`)
    return { entry, key, known: await isStored(store, crypto, place, bytes), floorAt: await store.floorAfter(place.till, place.epoch) }
  }
}

/** Chain hashes tell: the one before, with these bytes, gives the one that is stored, or it does not. */
async function isStored(
  store: Pick<HubStore, 'hashes'>,
  crypto: Pick<Crypto, 'sha256'>,
  { till, epoch, n }: Pick<StoredEntry, 'till' | 'epoch' | 'n'>,
  bytes: Uint8Array,
): Promise<boolean> {
  const hashes = new Map((await store.hashes(till, epoch, n - 1, n)).map((stored) => [stored.n, stored.hash]))
  const [before, here] = [n === 1 ? GENESIS : hashes.get(n - 1), hashes.get(n)]
  return before !== undefined && here !== undefined && equalBytes(chainHash(crypto, before, bytes), here)
}

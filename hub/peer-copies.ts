import type { Custody } from './intake/custody.ts'
import { otherKey } from './fleet/till-keys.ts'
import { isFromBefore } from './intake/revoked.ts'
import { importJournal, offerTo, type Imported, type ImportPorts } from './journal-import.ts'
import type { HubKeys } from './keys.ts'
import type { HubStore } from './store/hub-store.ts'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto, Signer } from '#protocol/crypto.ts'
import { encodeSigned, readBatch } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { zstd } from '#protocol/node/packing.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { Clock } from '#protocol/time.ts'

export type PeerCopiesPorts = {
  readonly crypto: Pick<Crypto, 'sha256'>
  readonly clock: Clock
  readonly store: HubStore
  readonly custody: Pick<Custody, 'offer' | 'idle' | 'safeOf'>
  readonly keys: Pick<HubKeys, 'exportKey'>
  /** How a sealed journal is opened, if not as `protocol/node/sealed-journal.ts` does. */
  readonly open?: ImportPorts['open']
  ackSigner(): Signer
  send(till: Id, message: Uint8Array): void
}

/** Files that wait at once, of all tills together; the rest is brought again. */
const MAX_WAITING = 64

/** What neighbours bring of a till's journal: the same sealed batches that a person would bring as an export, judged by the same custody, once. */
export interface PeerCopies {
  /** A file that a till brought over its own topic. Drops it when too many wait. */
  offer(by: Id, file: Uint8Array): void
  idle(): Promise<void>
}

export function createPeerCopies(ports: PeerCopiesPorts): PeerCopies {
  const { crypto, clock, store, custody, keys, ackSigner, send } = ports
  let waiting = 0
  let work: Promise<void> = Promise.resolve()

  const answer = (by: Id, of: Id, file: Uint8Array): void =>
    send(by, encodeSigned(ackSigner(), signedTypes.copied, { v: 1, till: by, of, answers: hex(crypto.sha256(file)), hubTime: clock.now() }))

  async function take(by: Id, file: Uint8Array): Promise<void> {
    let last: { readonly of: Id; readonly epoch: number; readonly n: number; readonly batch: Uint8Array } | undefined
    const toCustody = offerTo(custody, store)
    const offer: ImportPorts['offer'] = (of, batch, place) => {
      last = { of, ...place, batch }
      return toCustody(of, batch, place)
    }
    const [bringer] = await store.get('tills', [by])
    if (bringer === undefined || bringer.revokedAt !== undefined) return
    const imported: Outcome<Imported> = await importJournal({ keys, offer, ...(ports.open && { open: ports.open }) }, one(file))
    if (!imported.ok || last === undefined) return
    if (!imported.value.complete) {
      // A thief's: it is set aside, and nobody has to keep it for ever.
      if (await isFromAfterRevocation(last.of, last.batch)) answer(by, last.of, file)
      return
    }
    // Received is not safe: who kept it keeps it until a second place has it.
    const [head] = await store.get('heads', [last.of])
    const isSafe = head !== undefined && (head.epoch > last.epoch || (await custody.safeOf(head)) >= last.n)
    if (isSafe) answer(by, last.of, file)
  }

  async function isFromAfterRevocation(of: Id, bytes: Uint8Array): Promise<boolean> {
    const [till] = await store.get('tills', [of])
    const read = readBatch(bytes, zstd)
    if (!read.ok) return false
    const endedAt = (await otherKey(store, of, hex(read.value.envelope.keyId)))?.until ?? till?.revokedAt
    return endedAt !== undefined && !isFromBefore(read.value.batch, endedAt)
  }

  return {
    offer(by, file) {
      if (waiting >= MAX_WAITING) return
      waiting += 1
      work = work.then(() => take(by, file)).finally(() => (waiting -= 1))
    },
    idle: () => work,
  }
}

async function* one(file: Uint8Array): AsyncGenerator<Uint8Array> {
  yield file
}

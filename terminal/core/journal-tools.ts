import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { hex } from '#protocol/bytes.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { sealJournal, type ExportedBatch } from '#protocol/node/sealed-journal.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { GENESIS } from '#protocol/journal/chain.ts'
import type { EpochMs } from '#protocol/time.ts'
import { Authority } from './authority.ts'
import { batchAfter } from './batch.ts'
import { ownCheckpoint, RECORD_CHECKPOINT, type CheckpointOwner } from './checkpoint.ts'
import { RECORD_OUTBOX, type Heard } from './draining.ts'
import { Epochs } from './epochs.ts'
import { verify, type Owner, type Verified } from './journal.ts'
import type { Place } from './outbox.ts'
import { parseRecord, StoreError, type TillStore } from './store.ts'

/** What a process that is not the till may do with a till's journal, also while the till runs. */
type Reader = Pick<TillStore, 'head' | 'readAfter' | 'bytesAfter' | 'records'>

export type JournalReport = {
  readonly entries: number
  /** The chain holds up to here. */
  readonly good: Place
  /** The first entry that does not follow. */
  readonly damaged?: Place
  /** `foreign`: not signed by this till's key, or its hash is not the journal's. */
  readonly checkpoint: 'none' | 'good' | 'foreign'
}

const BEGINNING: Place = { epoch: 1, n: 0 }

/** Verifies every entry, and the checkpoint against this till's key. One page is in memory at a time. Throws StoreError. */
export function verifyJournal(owner: CheckpointOwner, store: Reader): JournalReport {
  const { good, damaged, count }: Verified = verify(nodeCrypto, store, new Epochs(store), { ...BEGINNING, hash: GENESIS })
  const text = store.records(RECORD_CHECKPOINT).get(RECORD_CHECKPOINT)
  const signed = text === undefined ? undefined : ownCheckpoint(nodeCrypto, owner, text)
  const [stored] = signed === undefined ? [] : store.readAfter({ epoch: signed.epoch, n: signed.n - 1 }, 1, 1)
  const fits = signed !== undefined && stored?.n === signed.n && hex(stored.hash) === hex(signed.hash)
  const checkpoint = text === undefined ? 'none' : fits ? 'good' : 'foreign'
  return { entries: count, good: { epoch: good.epoch, n: good.n }, checkpoint, ...(damaged === undefined ? {} : { damaged }) }
}

export type Exported = { readonly file: string; readonly entries: number }

/**
 * Writes everything that is not safe at the hub into `folder`, sealed to the hub's export key: the same signed batches that would drain, in a file that
 * appears whole or not at all. Throws StoreError for the journal, and the system's errors for the folder.
 */
export async function exportJournal(
  owner: Owner & { readonly rootPublicKey: Uint8Array },
  store: Reader,
  folder: string,
  now: EpochMs,
): Promise<Outcome<Exported>> {
  const authority = new Authority(nodeCrypto, { records: (prefix) => store.records(prefix), commit: () => {} }, owner.till, owner.rootPublicKey)
  const key = authority.exportKey(now)
  if (key === undefined) return fail('till.no_export_key')
  const epochs = new Epochs(store)
  if (epochs.salvage !== undefined) return fail('till.busy', 'entries are being salvaged; try again in a minute')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `journal-${owner.till.slice(-6)}-${new Date(now).toISOString().replace(/[:.]/g, '-')}.spj`)
  const beside = `${file}.new`
  const handle = openSync(beside, 'wx', 0o600)
  try {
    const sealing = sealJournal(key, owner.till, batches(owner, store, epochs))
    for (;;) {
      const next = await sealing.next()
      if (next.done === true) {
        fsyncSync(handle)
        renameSync(beside, file)
        return ok({ file, entries: next.value.entries })
      }
      writeSync(handle, next.value)
    }
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
}

/** Up to the newest entry of this moment: a till that sells on would never be done. */
function* batches(owner: Owner, store: Reader, epochs: Epochs): Generator<ExportedBatch> {
  const text = store.records(RECORD_OUTBOX).get(RECORD_OUTBOX)
  const heard = text === undefined ? undefined : parseRecord<Heard>(text)
  const head = store.head()
  for (let place = heard?.safe ?? BEGINNING; ;) {
    const { bytes, entries, last, damaged } = batchAfter(nodeCrypto, owner, store, epochs, place, heard?.lastAck ?? '')
    // A till that runs carries over what comes after the damage within seconds; an export that left it out without a word would be worse than none.
    if (damaged)
      throw new StoreError('till.journal_corrupt', `an entry after ${place.epoch}/${place.n} does not follow: start the till once, then export again`)
    if (last === undefined) return
    yield { bytes, entries }
    place = last
    if (head !== undefined && place.epoch === head.epoch && place.n >= head.n) return
  }
}

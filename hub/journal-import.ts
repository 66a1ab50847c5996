import type { HubKeys } from './keys.ts'
import type { Custody } from './intake/custody.ts'
import type { Head, HubStore } from './store/hub-store.ts'
import { readBatch } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { openJournal } from '#protocol/node/sealed-journal.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { zstd } from '#protocol/node/packing.ts'

/** What became of an export. `stands`: up to where the till's journal is in custody now; `complete`: that is everything that the file held. */
export type Imported = {
  readonly till: Id
  readonly entries: number
  readonly stands: { readonly epoch: number; readonly n: number } | undefined
  readonly complete: boolean
}

export type ImportPorts = {
  readonly keys: Pick<HubKeys, 'exportKey'>
  /** Offers a batch to custody, and answers when that has decided. `last`: the place of its last entry. */
  offer(till: Id, batch: Uint8Array, last: Place): Promise<Offered>
  /** Opens the seal, if not as `openJournal` does. */
  readonly open?: typeof openJournal
}

type Place = Pick<Head, 'epoch' | 'n'>
/** Where the till stands now, and whether custody has an entry at the batch's last place. */
type Offered = { readonly stands: Place | undefined; readonly taken: boolean }

/** What `importJournal` offers batches to. */
export const offerTo =
  (custody: Pick<Custody, 'offer' | 'idle'>, store: Pick<HubStore, 'get' | 'hashes'>): ImportPorts['offer'] =>
  async (till, batch, { epoch, n }) => {
    custody.offer(till, batch, true)
    await custody.idle()
    const [head] = await store.get('heads', [till])
    return { stands: head && { epoch: head.epoch, n: head.n }, taken: (await store.hashes(till, epoch, n, n)).length > 0 }
  }

/**
 * Takes the export of a till's journal: opens it and offers its batches to custody, which judges them as it judges those that come over the link; only the end
 * of an epoch that the till has closed since, having lost it, is taken from a file alone. Importing a file twice, or one whose entries came meanwhile, changes
 * nothing. Total for any bytes; one batch is in memory at a time.
 */
export async function importJournal({ keys, offer, open = openJournal }: ImportPorts, chunks: AsyncIterable<Uint8Array>): Promise<Outcome<Imported>> {
  let stands: Imported['stands']
  let complete = true
  let stray = false
  const opened = await open(
    chunks,
    (keyId) => keys.exportKey(keyId),
    async (bytes) => {
      const read = readBatch(bytes, zstd)
      stray ||= !read.ok
      if (!read.ok) return
      const { till, epoch, from, entries } = read.value.batch
      const offered = await offer(till, bytes, { epoch, n: from + entries.length - 1 })
      stands = offered.stands
      complete &&= offered.taken
    },
  )
  if (!opened.ok) return opened
  if (stray) return fail('journal.malformed', 'what is sealed in it are not batches')
  return ok({ till: opened.value.till, entries: opened.value.entries, stands, complete })
}

import type { HubKeys } from './keys.ts'
import type { Head } from './store/hub-store.ts'
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
  /** Offers a batch to custody, as if it had come over the link, and answers where the till stands when that has decided. */
  offer(till: Id, batch: Uint8Array): Promise<Pick<Head, 'epoch' | 'n'> | undefined>
}

/**
 * Takes the export of a till's journal: opens it and offers its batches to custody, which judges them as it judges those that come over the link. There is no
 * second way in, so importing a file twice, or one whose entries came meanwhile, changes nothing. Total for any bytes; one batch is in memory at a time.
 */
export async function importJournal({ keys, offer }: ImportPorts, chunks: AsyncIterable<Uint8Array>): Promise<Outcome<Imported>> {
  let stands: Imported['stands']
  let last: { readonly epoch: number; readonly n: number } | undefined
  let stray = false
  const opened = await openJournal(
    chunks,
    (keyId) => keys.exportKey(keyId),
    async (bytes) => {
      const read = readBatch(bytes, zstd)
      stray ||= !read.ok
      if (!read.ok) return
      const { till, epoch, from, entries } = read.value.batch
      last = { epoch, n: from + entries.length - 1 }
      const head = await offer(till, bytes)
      stands = head === undefined ? undefined : { epoch: head.epoch, n: head.n }
    },
  )
  if (!opened.ok) return opened
  if (stray) return fail('journal.malformed', 'what is sealed in it are not batches')
  const complete = last === undefined || (stands !== undefined && (stands.epoch > last.epoch || (stands.epoch === last.epoch && stands.n >= last.n)))
  return ok({ till: opened.value.till, entries: opened.value.entries, stands, complete })
}

import { freshId, HUB, type BankPorts } from './ports.ts'
import { bankReference } from './pain001.ts'
import {
  batchDocument,
  batchRow,
  bodyOf,
  claimDocument,
  incidentDocument,
  logDocument,
  readBatch,
  rowOf,
  type FileRow,
  type IncidentRow,
  type LogRow,
} from './rows.ts'
import { KEPT_DIGITS } from './folders.ts'
import { everyDocument } from '../store/every-document.ts'
import type { HubStore } from '../store/hub-store.ts'
import { readPayout } from '../settlement/payout.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'

/** `payouts`: rows as their documents have them, after they were sent. */
type Noted = { readonly by: string; readonly batch: object; readonly payouts: readonly object[] }

/**
 * A hub that was put back to a backup knows nothing of the files that have left since, and would close the same windows and pay them once more under other names.
 * What has left is noted beside the store (`folders.sent`): what the store does not know of it is under way again before anything else is done, what the hub has
 * proposed since it was put back is the merchant's again. What the bank has said and the store does not know is read again, whether a file of the hub was
 * forgotten or not: an answer that came after the backup, or a statement, would never come once more. Answers with how many files were forgotten.
 */
export async function adoptForgotten(ports: Pick<BankPorts, 'clock' | 'crypto' | 'store' | 'payouts' | 'folders' | 'warn'>): Promise<number> {
  const { clock, crypto, store, payouts, folders, warn } = ports
  const noted = folders.sent().filter(isId)
  const rows = await store.get('documents', noted.map(batchDocument))
  const known = new Set(rows.map(({ id }) => id))
  const forgotten = noted.filter((id) => !known.has(batchDocument(id)))

  async function adopt(id: Id): Promise<void> {
    const { by, batch: said, payouts: left } = JSON.parse(folders.readSent(id)) as Noted
    const { batch } = readBatch(rowOf(batchDocument(id), 0, undefined, { state: 'releasing', by, batch: said }))
    const troubles: string[] = []
    for (const row of left) {
      const payout = readPayout(rowOf('', 0, undefined, row))
      const adopted = await payouts.adopt(payout, bankReference(id))
      invariant(adopted.ok || adopted.code !== 'till.disk_full', 'the disk has room for what has left')
      if (!adopted.ok) troubles.push(`payout ${payout.payoutId} (${payout.amountMinor} ${payout.currency}): ${adopted.detail ?? adopted.code}`)
      // No row of a backup is newer than what it has forgotten: this is of windows that the hub closed without knowing what was paid of them.
      for (const other of await payouts.list({ merchant: payout.merchant, state: 'proposed', limit: MOST_PROPOSED }))
        if (other.createdAt > batch.createdAt) await payouts.reject(other.payoutId, HUB, 'the hub was put back to a backup')
    }
    const detail = `${bankReference(id)} of ${new Date(batch.createdAt).toISOString()}: ${left.length} payouts`
    const incident: IncidentRow = { at: clock.now(), code: 'bank.put_back', detail: [detail, ...troubles].join('; ').slice(0, 400), notes: [] }
    const log: LogRow = { at: clock.now(), way: 'out', name: bankReference(id), outcome: 'again', detail }
    const claims = await store.get(
      'documents',
      batch.transfers.map(({ payout }) => claimDocument(payout)),
    )
    const unclaimed = batch.transfers.map(({ payout }) => claimDocument(payout)).filter((claim) => !claims.some((one) => one.id === claim))
    const committed = await store.commit({
      documents: [
        // Killed before the file was handed over, it is handed over now.
        batchRow({ state: 'releasing', by, batch }, 0),
        ...unclaimed.map((claim) => rowOf(claim, 0, undefined, { batch: id })),
        rowOf(incidentDocument(hex(crypto.sha256(utf8(`put back ${id}`)))), 0, incident.at, incident),
        rowOf(logDocument(freshId(ports)), 0, undefined, log),
      ],
    })
    invariant(committed === 'done', `what has left is adopted by one alone, and the disk has room (${committed})`)
    warn(`bank: the hub was put back to a backup that does not know ${detail}; they are under way`)
  }

  const unread = await unreadOf(store, folders.archived())
  if (unread.size > 0) {
    warn(`bank: ${unread.size} files of the bank are read again: the hub was put back to a backup that does not know them`)
    folders.readAgain(unread)
  }
  for (const id of forgotten.toSorted()) await adopt(id)
  return forgotten.length
}

/** Of what lies in the archive, by the beginnings of digests, what no row of the store is about. A file is archived after its row was stored, and never without one. */
async function unreadOf(store: Pick<HubStore, 'documents'>, archived: readonly string[]): Promise<ReadonlySet<string>> {
  const unread = new Set(archived)
  if (unread.size === 0) return unread
  for await (const row of everyDocument(store, 'bank-file/')) {
    unread.delete(bodyOf<FileRow>(row).content.slice(0, KEPT_DIGITS))
    if (unread.size === 0) break
  }
  return unread
}

const MOST_PROPOSED = 10_000

import Database from 'better-sqlite3'
import type { Place } from './outbox.ts'
import { RECORD_OUTBOX } from './draining.ts'
import type { Id } from '#protocol/ids.ts'
import { decodeEntry, type Entry } from '#protocol/journal/entry.ts'
import { innermost, namesIn } from '#protocol/journal/tell.ts'

/** `at`, where it is in this journal; `entry`, what happened: for a salvaged one that is the entry inside. */
export type FoundEntry = { readonly place: Place; readonly entry: Entry }
export type Found = {
  readonly entries: readonly FoundEntry[]
  readonly payments: readonly Id[]
  /** What the hub had acknowledged by then. */
  readonly received: Place
  readonly safe: Place
}

type Row = { readonly epoch: number; readonly n: number; readonly bytes: Uint8Array }

/**
 * Everything that a till's journal says about a payment id, a refund id, a receipt number or the number of a piece or batch, in order. Reads beside a running core and changes
 * nothing; goes through the whole journal, about a gigabyte a second. Throws when the file is no journal.
 */
export function searchJournal(path: string, till: Id, key: string): Found {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 2000 })
  try {
    return db.transaction(() => search(db, till, key))()
  } finally {
    db.close()
  }
}

function search(db: Database.Database, till: Id, key: string): Found {
  const holding = db.prepare<[string, string], Row>(
    'SELECT epoch, n, bytes FROM entry WHERE instr(bytes, CAST(? AS BLOB)) > 0 OR instr(bytes, CAST(? AS BLOB)) > 0 ORDER BY epoch, n',
  )
  const payments = new Set<Id>()
  const refunds = new Set<Id>()
  const found = new Map<string, FoundEntry>()
  const look = (wanted: string): void => {
    // What a salvaged entry holds is not readable from outside, so every one of them is opened.
    for (const row of holding.iterate(wanted, '"entry.salvaged"')) {
      const read = decodeEntry(row.bytes, { till, epoch: row.epoch, n: row.n })
      const entry = read.ok ? innermost(read.value) : undefined
      const names = entry && namesIn(entry)
      if (entry === undefined || names === undefined || ![...names.payments, ...names.refunds, ...names.receipts, ...names.numbers].includes(wanted)) continue
      found.set(`${row.epoch}/${row.n}`, { place: { epoch: row.epoch, n: row.n }, entry })
      for (const id of names.payments) payments.add(id)
      for (const id of names.refunds) refunds.add(id)
    }
  }
  const looked = new Set<string>()
  for (let next: string | undefined = key; next !== undefined; next = [...payments, ...refunds].find((id) => !looked.has(id))) {
    looked.add(next)
    look(next)
  }
  const text = db.prepare<[string], string>('SELECT value FROM record WHERE name = ?').pluck().get(RECORD_OUTBOX)
  const kept = (text === undefined ? {} : JSON.parse(text)) as { received?: Place; safe?: Place }
  const nothing = { epoch: 0, n: 0 }
  const entries = [...found.values()].toSorted((a, b) => a.place.epoch - b.place.epoch || a.place.n - b.place.n)
  return { entries, payments: [...payments], received: kept.received ?? nothing, safe: kept.safe ?? nothing }
}

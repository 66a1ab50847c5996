import { executionDay } from './business-days.ts'
import { bankReference, whyUnpayable, writePain001, type Batch, type Transfer } from './pain001.ts'
import { freshId, HUB, type BankPorts } from './ports.ts'
import {
  batchDocument,
  batchRow,
  claimDocument,
  incidentDocument,
  logDocument,
  readBatch,
  rowOf,
  type BatchRow,
  type IncidentRow,
  type LogRow,
} from './rows.ts'
import type { Payout } from '../settlement/payout.ts'
import { asText } from '../settlement/window.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { BankSettings } from './settings.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'

/** Of one file: more go into the next one. */
const MOST_TRANSFERS = 2_000
const MOST_BATCHES = 1_000

/**
 * Files of approved payouts. In steps that can each be repeated, so that a hub killed between any two of them goes on and no payout goes out twice:
 * the payouts are claimed for a batch (one commit); each is sent, in its own commit, or left out if it was rejected meanwhile; the file is written where nobody
 * fetches it, and what it takes along is noted outside of the store (`adopting.ts`); the batch says so; and the file is renamed to where the bank finds it.
 */
export function createOutgoing(ports: BankPorts) {
  const { clock, crypto, store, payouts, settings, folders, warn } = ports

  /** Of one account; undefined when there is nothing to pay. */
  async function claim(account: BankSettings['accounts'][number], approved: readonly Payout[], by: string): Promise<Outcome<Batch | undefined, ErrorCode>> {
    const own = approved.filter(({ currency }) => currency === account.currency)
    const claims = await store.get(
      'documents',
      own.map(({ payoutId }) => claimDocument(payoutId)),
    )
    const claimed = new Set(claims.map(({ id }) => id))
    const transfers: Transfer[] = []
    for (const payout of own.filter(({ payoutId }) => !claimed.has(claimDocument(payoutId)))) {
      if (!payouts.isPayable(payout)) {
        await report(payout, 'since the approval the merchant was held, or has named another account')
        continue
      }
      const transfer = { payout: payout.payoutId, amountMinor: payout.amountMinor, ...payout.account }
      const why = whyUnpayable(transfer)
      if (why === undefined) transfers.push(transfer)
      else await report(payout, why)
    }
    if (transfers.length === 0) return ok(undefined)
    const now = clock.now()
    const { currency, ...debtor } = account
    const batch: Batch = {
      id: freshId(ports),
      createdAt: now,
      executionDay: executionDay(now, settings, currency === 'EUR'),
      currency,
      debtor,
      transfers: transfers.slice(0, MOST_TRANSFERS),
    }
    const rows = batch.transfers.map(({ payout }) => rowOf(claimDocument(payout), 0, undefined, { batch: batch.id }))
    const committed = await store.commit({ documents: [batchRow({ state: 'making', by, batch }, 0), ...rows] })
    if (committed === 'full') return fail('till.disk_full')
    return committed === 'stale' ? fail('bank.not_open', 'somebody else writes a file at this moment') : ok(batch)
  }

  /** Once for each payout: the next file would find it again. */
  async function report({ payoutId }: Payout, why: string): Promise<void> {
    const id = incidentDocument(hex(crypto.sha256(utf8(`unpayable ${payoutId}`))))
    const incident: IncidentRow = { at: clock.now(), code: 'bank.unpayable', detail: `payout ${payoutId}: ${why}`, notes: [] }
    if ((await store.get('documents', [id])).length === 0) await store.commit({ documents: [rowOf(id, 0, incident.at, incident)] })
  }

  async function save(row: BatchRow, log?: LogRow, documentsGone: readonly DocumentRow[] = []): Promise<void> {
    const [kept] = await store.get('documents', [batchDocument(row.batch.id)])
    const logged = log === undefined ? [] : [rowOf(logDocument(freshId(ports)), 0, undefined, log)]
    const committed = await store.commit({ documents: [batchRow(row, kept?.version ?? 0), ...logged], documentsGone })
    invariant(committed === 'done', `a batch is changed by one alone, and the disk has room (${committed})`)
  }

  /** Everything after the claim. Repeats what was done before without doing it twice. */
  async function finish({ state, by, batch }: BatchRow): Promise<void> {
    const name = fileName(batch)
    if (state === 'making') {
      const sent: Transfer[] = []
      const left: Payout[] = []
      for (const transfer of batch.transfers) {
        const stepped = await payouts.step(transfer.payout, 'send', { by: HUB, ref: bankReference(batch.id) })
        if (stepped.ok) {
          sent.push(transfer)
          left.push(stepped.value)
        } else if (stepped.code === 'till.disk_full') return warn(`bank: ${name} waits: the disk is full`)
        else warn(`bank: payout ${transfer.payout} is left out of ${name}: ${stepped.code}`)
      }
      const final = { ...batch, transfers: sent }
      // Whatever kept them back, they may be paid by another file, or were rejected.
      const leftOut = batch.transfers.filter((transfer) => !sent.includes(transfer))
      const unclaimed = await store.get(
        'documents',
        leftOut.map(({ payout }) => claimDocument(payout)),
      )
      if (sent.length === 0) return await save({ state: 'out', by, batch: final }, undefined, unclaimed)
      // What is noted was staged before, and may have left: the hub was killed right then, or was put back to a backup from before.
      if (!folders.sent().includes(batch.id)) {
        folders.stage(name, writePain001(final))
        folders.noteSent(batch.id, JSON.stringify({ by, batch: final, payouts: left }, asText))
      }
      await save({ state: 'releasing', by, batch: final }, undefined, unclaimed)
      return await finish({ state: 'releasing', by, batch: final })
    }
    folders.release(name)
    await save(
      { state: 'out', by, batch },
      { at: clock.now(), way: 'out', name, outcome: 'sent', detail: `${batch.transfers.length} ${batch.currency} ${batch.executionDay}` },
    )
  }

  async function resume(): Promise<void> {
    for (const row of await store.documentsDue('bank-batch/', Number.MAX_SAFE_INTEGER, MOST_BATCHES)) await finish(readBatch(row))
  }

  return {
    /** Goes on with what a hub that was killed, or had no room on its disk, left behind. */
    resume,
    /** Writes a file for each account with approved payouts; answers how many. */
    async write(by: string): Promise<Outcome<{ readonly files: number; readonly payouts: number }, ErrorCode>> {
      const approved = await payouts.list({ state: 'approved', limit: MOST_TRANSFERS })
      const paid = new Set(settings.accounts.map(({ currency }) => currency))
      for (const payout of approved) if (!paid.has(payout.currency)) await report(payout, `the hub has no account in ${payout.currency}`)
      let [files, written] = [0, 0]
      let gap: Currency | undefined
      for (const account of settings.accounts) {
        // Money leaves as long as the hub knows what its bank has booked. One that was put back to an old backup does not.
        if ((await store.documentsDue(`bank-statement/${account.currency}/`, Number.MAX_SAFE_INTEGER, 1)).length > 0) {
          gap = account.currency
          continue
        }
        const batch = await claim(account, approved, by)
        if (!batch.ok) return batch
        if (batch.value === undefined) continue
        await finish({ state: 'making', by, batch: batch.value })
        files++
        written += batch.value.transfers.length
      }
      return gap !== undefined && files === 0 ? fail('bank.statement_gap', gap) : ok({ files, payouts: written })
    },
  }
}

/** In the order in which they were made. */
const fileName = ({ id }: Batch): string => `pain.001-${bankReference(id)}.xml`

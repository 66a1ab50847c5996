import { matchLine } from './matching.ts'
import { payoutOf } from './pain001.ts'
import { HUB, type BankPorts } from './ports.ts'
import { bodyOf, rowOf, type Assignment, type IncidentRow, type LineRow, type Note } from './rows.ts'
import { lineOf } from './statements.ts'
import { Desk } from '../intake/desk.ts'
import { MAX_STALE_COMMITS } from '../intake/recovery.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { acquirerAccount, bankFeesAccount, bankLossAccount, ownFundsAccount, unassignedAccount } from '../ledger/names.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

const PAGE = 500
/** Given to JSON as the moment when an open line is to be looked at: always. */
const EVER = Number.MAX_SAFE_INTEGER

/** To which account a line goes that is neither a payout nor one that came back. */
function accountFor(as: Assignment, currency: Currency): { readonly id: string; readonly label: string; readonly side: 'debit' | 'credit' } | undefined {
  if (as.to === 'fees') return { id: bankFeesAccount(currency), label: 'Fees of the bank', side: 'debit' }
  if (as.to === 'own funds') return { id: ownFundsAccount(currency), label: 'The operator’s own', side: 'credit' }
  if (as.to === 'written off') return { id: bankLossAccount(currency), label: 'Losses at the bank', side: 'debit' }
  return as.to === 'acquirer' ? { id: acquirerAccount(as.acquirer), label: `Acquirer ${as.acquirer}`, side: 'debit' } : undefined
}

/**
 * What the lines of statements were. Each is moved from what is unassigned to where it belongs, in the commit that says so; a line about a payout is the step
 * of that payout. What cannot be matched beyond doubt stays open for people: they say what it was and why, and from an amount on a second person agrees.
 */
export function createReconciling({ clock, store, merchant, payouts, settings, changed }: BankPorts) {
  /** The line that is given becomes `after`, and its money goes where it belongs; `bank.not_open` when somebody else changed it. */
  async function assign(row: DocumentRow, after: LineRow, as: Assignment): Promise<Outcome<void, ErrorCode>> {
    const done = rowOf(row.id, row.version, undefined, { ...after, state: 'done', as } satisfies LineRow)
    if (as.to === 'payout' || as.to === 'returned') {
      const stepped = await payouts.step(as.payout, as.to === 'payout' ? 'settle' : 'return', { by: after.by ?? HUB, ref: row.id, beside: [done] })
      return stepped.ok ? ok(undefined) : stepped
    }
    const { currency } = after
    const target = accountFor(as, currency)
    if (target === undefined) return fail('wire.malformed', 'a line goes to an account')
    const minor = BigInt(after.minor)
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const desk = await Desk.open(
        store,
        { payments: [], documents: [row.id], accounts: [target.id, unassignedAccount(currency)] },
        { merchant, currency },
        clock.now(),
      )
      if (desk.document(row.id)?.version !== row.version) return fail('bank.not_open')
      const other = desk.openAccount({ ...target, currency, rule: 'none' })
      const [debit, credit] = minor > 0n ? [unassignedAccount(currency), other] : [other, unassignedAccount(currency)]
      const posted = desk.apply({ kind: 'single', id: `${row.id}/assigned`, debit, credit, amount: minor > 0n ? minor : -minor })
      if (!posted.ok) return posted
      desk.saveDocument(done)
      const committed = await store.commit(desk.changes())
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'done') return ok(undefined)
    }
    return fail('bank.not_open')
  }

  async function save(row: DocumentRow, after: LineRow | IncidentRow, dueAt: number | undefined): Promise<Outcome<void, ErrorCode>> {
    const committed = await store.commit({ documents: [rowOf(row.id, row.version, dueAt, after)] })
    if (committed === 'done') changed()
    return committed === 'done' ? ok(undefined) : fail(committed === 'full' ? 'till.disk_full' : 'bank.not_open')
  }

  async function match(row: DocumentRow): Promise<void> {
    const kept = bodyOf<LineRow>(row)
    const line = lineOf(kept)
    const named = payoutOf(line.endToEndId)
    const payout = named && (await payouts.find(named))
    const owed = await store.get(
      'accounts',
      settings.acquirers.map(({ id }) => acquirerAccount(id)),
    )
    const facts = {
      currency: kept.currency,
      payout: () => payout,
      owedBy: (acquirer: string) => {
        const account = owed.find(({ id, currency }) => id === acquirerAccount(acquirer) && currency === kept.currency)
        return account === undefined ? 0n : balanceOf(account)
      },
    }
    const found = matchLine(line, settings, facts)
    const assigned = 'as' in found ? await assign(row, kept, found.as) : undefined
    // A full disk is no verdict: it is tried again with the next file.
    if (assigned?.ok === true || assigned?.code === 'till.disk_full') return
    const why = 'why' in found ? found.why : 'not sent'
    await save(row, { ...kept, why }, row.dueAt)
  }

  async function lineAt(id: string, act: (row: DocumentRow, line: LineRow) => Promise<Outcome<void, ErrorCode>>): Promise<Outcome<void, ErrorCode>> {
    const [row] = await store.get('documents', [id])
    if (row === undefined || !id.startsWith('bank-line/')) return fail('bank.not_open')
    const line = bodyOf<LineRow>(row)
    return line.state === 'done' ? fail('bank.not_open') : await act(row, line)
  }
  async function incidentAt(
    id: string,
    act: (row: DocumentRow, incident: IncidentRow) => Promise<Outcome<void, ErrorCode>>,
  ): Promise<Outcome<void, ErrorCode>> {
    const [row] = await store.get('documents', [id])
    if (row === undefined || !id.startsWith(INCIDENTS)) return fail('bank.not_open')
    const incident = bodyOf<IncidentRow>(row)
    return incident.closedBy === undefined ? await act(row, incident) : fail('bank.not_open')
  }
  const noted = (notes: readonly Note[], by: string, text: string): readonly Note[] => [...notes, { at: clock.now(), by, text }].slice(-MOST_NOTES)

  /** Whether this assignment can be true of this line, whoever says it. */
  async function isPossible(line: LineRow, as: Assignment): Promise<boolean> {
    const came = !line.minor.startsWith('-')
    if (as.to === 'fees' || as.to === 'payout') return !came
    if (as.to === 'returned') return came
    if (as.to !== 'acquirer') return true
    // An account that is opened here in the currency of a stray line could not take the payments of the acquirer any more.
    const [account] = await store.get('accounts', [acquirerAccount(as.acquirer)])
    return settings.acquirers.some(({ id }) => id === as.acquirer) && account?.currency === line.currency
  }

  return {
    /** Matches what nobody has looked at, the oldest first. */
    async matchNew(): Promise<void> {
      let after: string | undefined
      for (;;) {
        const rows = (await store.documentsDue('bank-line/', EVER, MOST_OPEN)).filter((row) => {
          const { why, state } = bodyOf<LineRow>(row)
          return why === undefined && state === 'open'
        })
        if (rows.length === 0 || rows[0]?.id === after) return
        after = rows[0]?.id
        for (const row of rows.slice(0, PAGE)) await match(row)
        changed()
      }
    },
    /** A person says what a line was. From `secondPersonFromMinor` on it waits for another one. */
    explain: (id: string, as: Assignment, reason: string, by: string) =>
      lineAt(id, async (row, line) => {
        if (line.state !== 'open' || !(await isPossible(line, as))) return fail(line.state === 'open' ? 'wire.malformed' : 'bank.not_open')
        if ((as.to === 'payout' || as.to === 'returned') && !(await isExact(line, as.payout)))
          return fail('bank.contradiction', 'the payout is of another amount')
        const said: LineRow = { ...line, as, by, reason }
        const size = BigInt(line.minor.replace('-', ''))
        if (size >= BigInt(settings.secondPersonFromMinor)) return await save(row, { ...said, state: 'proposed' }, row.dueAt)
        return await assign(row, said, as)
      }),
    /** `seen`: what the second person was shown. Whoever proposed could have said something else meanwhile. */
    agree: (id: string, by: string, seen: Assignment) =>
      lineAt(id, async (row, line) => {
        if (line.state !== 'proposed' || line.as === undefined || !isSame(line.as, seen)) return fail('bank.not_open')
        return line.by === by ? fail('bank.second_person') : await assign(row, { ...line, agreedBy: by }, line.as)
      }),
    /** Back to the list, with what was proposed as a note. */
    refuse: (id: string, by: string, why: string) =>
      lineAt(id, async (row, { as, by: proposer, reason, ...line }) => {
        if (line.state !== 'proposed') return fail('bank.not_open')
        return await save(row, { ...line, state: 'open', notes: noted(line.notes, by, `not ${as?.to} as ${proposer} said (${reason}): ${why}`) }, row.dueAt)
      }),
    /** For whoever goes on with it: a line, or an incident. */
    async note(id: string, by: string, text: string, assignedTo: string | undefined): Promise<Outcome<void, ErrorCode>> {
      const more = (notes: readonly Note[]) => ({ notes: noted(notes, by, text), ...(assignedTo !== undefined && { assignedTo }) })
      if (!id.startsWith(INCIDENTS)) return await lineAt(id, (row, line) => save(row, { ...line, ...more(line.notes) }, row.dueAt))
      return await incidentAt(id, (row, incident) => save(row, { ...incident, ...more(incident.notes) }, row.dueAt))
    },
    /** What is not about money on the account ends with somebody's word on it. */
    closeIncident: (id: string, by: string, text: string) =>
      incidentAt(id, (row, incident) => save(row, { ...incident, notes: noted(incident.notes, by, text), closedBy: by }, undefined)),
  }

  async function isExact(line: LineRow, id: Id): Promise<boolean> {
    const payout = await payouts.find(id)
    return payout?.currency === line.currency && payout.amountMinor === BigInt(line.minor.replace('-', ''))
  }
}
export type Reconciling = ReturnType<typeof createReconciling>

const isSame = (one: Assignment, other: Assignment): boolean =>
  one.to === other.to &&
  ('payout' in one ? one.payout : undefined) === ('payout' in other ? other.payout : undefined) &&
  ('acquirer' in one ? one.acquirer : undefined) === ('acquirer' in other ? other.acquirer : undefined)

const INCIDENTS = 'bank-incident/'
const MOST_NOTES = 50
/** Looked through for those that are new. */
const MOST_OPEN = 100_000

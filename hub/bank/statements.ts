import type { Statement } from './camt053.ts'
import { HUB, type BankPorts } from './ports.ts'
import {
  accountDocument,
  bodyOf,
  incidentDocument,
  lineDocument,
  rowOf,
  statementDocument,
  type AccountRow,
  type IncidentRow,
  type KeptLine,
  type LineRow,
  type StatementRow,
} from './rows.ts'
import { Desk } from '../intake/desk.ts'
import { bankAccount, ownFundsAccount, unassignedAccount } from '../ledger/names.ts'
import { asText } from '../settlement/window.ts'
import type { DocumentRow } from '../store/documents.ts'
import { MAX_STALE_COMMITS } from '../intake/recovery.ts'
import type { Committed } from '../store/hub-store.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'

type TakeCode = 'bank.other_account' | 'bank.conflict' | 'bank.sums'
const MOST_WAITING = 400

/**
 * Statements in the order of the bank. One that begins where the last one ended is booked, in one commit: the account's new balance, every line, and for every line a
 * posting against what is unassigned; so the ledger's account at the bank is what the bank says it is. One that comes too early waits for those that are missing.
 */
export function createStatements({ clock, crypto, store, merchant, settings, changed }: BankPorts) {
  const digest = (text: string): string => hex(crypto.sha256(utf8(text)))

  /** Why it cannot be taken; asked of all statements of a file before any is. */
  async function check(statement: Statement): Promise<Outcome<'new' | 'known', TakeCode>> {
    const account = settings.accounts.find(({ iban }) => iban === statement.iban)
    if (account?.currency !== statement.currency) return fail('bank.other_account', `${statement.iban.slice(-4)} in ${statement.currency}`)
    const [known] = await store.get('documents', [documentOf(statement)])
    if (known !== undefined)
      return bodyOf<StatementRow>(known).content === contentOf(statement)
        ? ok('known')
        : fail('bank.conflict', `statement ${statement.id} came before with other contents`)
    const last = await lastOf(statement.currency)
    if (last?.sequence === undefined || statement.sequence === undefined) return ok('new')
    if (statement.sequence <= last.sequence)
      return fail('bank.conflict', `statement ${statement.sequence} comes after ${last.sequence}, and is not one that came before`)
    if (statement.sequence > last.sequence + 1 || statement.opening === BigInt(last.closing)) return ok('new')
    return fail('bank.sums', `statement ${statement.sequence} begins with ${statement.opening}, and the one before ended with ${last.closing}`)
  }

  const documentOf = ({ iban, id, currency }: Statement): string => statementDocument(currency, digest(`${iban} ${id}`))
  const contentOf = ({ id, sequence, iban, currency, opening, closing, day, lines }: Statement): string =>
    digest(JSON.stringify([id, sequence, iban, currency, opening, closing, day, lines.map(wordsOf)], asText))
  const lastOf = async (currency: Currency): Promise<AccountRow | undefined> => {
    const [row] = await store.get('documents', [accountDocument(currency)])
    return row && bodyOf<AccountRow>(row)
  }
  const follows = ({ opening, sequence }: Statement, last: AccountRow | undefined): boolean =>
    last === undefined || (opening === BigInt(last.closing) && (sequence === undefined || last.sequence === undefined || sequence === last.sequence + 1))

  /** `beside`: rows that belong to its file. False: it does not follow the last one. */
  async function book(statement: Statement, kept: DocumentRow | undefined, beside: readonly DocumentRow[]): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const committed = await tryBook(statement, kept, beside)
      if (committed === 'stale') continue
      invariant(committed !== 'full', 'the disk has room for a statement')
      return committed === 'done'
    }
    invariant(false, 'a statement is booked in the end')
  }

  async function tryBook(statement: Statement, kept: DocumentRow | undefined, beside: readonly DocumentRow[]): Promise<Committed | 'early'> {
    const { currency, lines } = statement
    const ids = [bankAccount(currency), unassignedAccount(currency), ownFundsAccount(currency)]
    const documents = [accountDocument(currency), incidentOf(statement)]
    const desk = await Desk.open(store, { payments: [], documents, accounts: ids }, { merchant, currency }, clock.now())
    const row = desk.document(accountDocument(currency))
    const last = row && bodyOf<AccountRow>(row)
    if (!follows(statement, last)) return 'early'
    const number = (last?.statements ?? 0) + 1
    const bank = desk.openAccount({ id: bankAccount(currency), label: 'At the bank', currency, side: 'debit', rule: 'none' })
    const unassigned = desk.openAccount({ id: unassignedAccount(currency), label: 'Bank, unassigned', currency, side: 'credit', rule: 'none' })
    const post = (id: string, other: string, minor: bigint): void => {
      if (minor === 0n) return
      const [debit, credit] = minor > 0n ? [bank, other] : [other, bank]
      const posted = desk.apply({ kind: 'single', id, debit, credit, amount: minor > 0n ? minor : -minor })
      invariant(posted.ok, `${id} is posted once`)
    }
    if (last === undefined) {
      const own = desk.openAccount({ id: ownFundsAccount(currency), label: 'The operator’s own', currency, side: 'credit', rule: 'none' })
      post(`${accountDocument(currency)}/opening`, own, statement.opening)
    }
    for (const [index, line] of lines.entries()) {
      const id = lineDocument(currency, number, index + 1)
      post(id, unassigned, line.minor)
      const body: LineRow = { ...keptLine(line), currency, statement: statement.id, importedAt: desk.now, state: 'open', notes: [] }
      desk.saveDocument(rowOf(id, 0, desk.now, body))
    }
    const after: AccountRow = {
      iban: statement.iban,
      closing: String(statement.closing),
      statements: number,
      day: statement.day,
      ...(statement.sequence !== undefined && { sequence: statement.sequence }),
    }
    desk.saveDocument(rowOf(accountDocument(currency), row?.version ?? 0, undefined, after))
    desk.saveDocument(rowOf(documentOf(statement), kept?.version ?? 0, undefined, statementRow(statement, 'booked', number)))
    const gap = desk.document(incidentOf(statement))
    if (gap !== undefined) desk.saveDocument(rowOf(gap.id, gap.version, undefined, { ...bodyOf<IncidentRow>(gap), closedBy: HUB }))
    for (const other of beside) desk.saveDocument(other)
    const committed = await store.commit(desk.changes())
    if (committed === 'done') changed()
    return committed
  }

  const statementRow = (statement: Statement, state: StatementRow['state'], number: number): StatementRow => ({
    id: statement.id,
    at: clock.now(),
    day: statement.day,
    currency: statement.currency,
    ...(statement.sequence !== undefined && { sequence: statement.sequence }),
    opening: String(statement.opening),
    closing: String(statement.closing),
    content: contentOf(statement),
    state,
    number,
    lines: statement.lines.length,
    ...(state === 'waiting' && { waiting: statement.lines.map(keptLine) }),
  })

  const incidentOf = (statement: Statement): string => incidentDocument(digest(`gap ${documentOf(statement)}`))

  /** Keeps it until the one before it has come, and says what is missing. */
  async function wait(statement: Statement, beside: readonly DocumentRow[]): Promise<void> {
    const last = await lastOf(statement.currency)
    const missing = last?.sequence === undefined || statement.sequence === undefined ? 'one or more' : `${last.sequence + 1} to ${statement.sequence - 1}`
    const incident: IncidentRow = {
      at: clock.now(),
      code: 'bank.statement_gap',
      detail: `${statement.currency}: ${missing} missing before ${statement.sequence ?? statement.id}, which begins with ${statement.opening} where the last one ended with ${last?.closing}`,
      notes: [],
    }
    const waiting = rowOf(documentOf(statement), 0, clock.now(), statementRow(statement, 'waiting', 0))
    const committed = await store.commit({ documents: [waiting, rowOf(incidentOf(statement), 0, incident.at, incident), ...beside] })
    invariant(committed === 'done', `statements are kept by one alone, and the disk has room (${committed})`)
  }

  /** Books those that waited for what has come, one after the other. */
  async function bookWaiting(currency: Currency, iban: string): Promise<void> {
    for (let another = true; another;) {
      another = false
      for (const kept of await store.documentsDue(`bank-statement/${currency}/`, Number.MAX_SAFE_INTEGER, MOST_WAITING)) {
        another = (await book(statementOf(bodyOf<StatementRow>(kept), iban), kept, [])) || another
      }
    }
  }

  return {
    check,
    /** In the order of its file. `beside` is stored with the first of them that is new, or not at all where all are known. */
    async take(statement: Statement, beside: readonly DocumentRow[]): Promise<void> {
      if (!(await book(statement, undefined, beside))) return await wait(statement, beside)
      await bookWaiting(statement.currency, statement.iban)
    },
    /** Those that waited, where the hub was killed right after the one before them was booked: nothing else would ask for them any more. */
    async catchUp(): Promise<void> {
      for (const { currency, iban } of settings.accounts) await bookWaiting(currency, iban)
    },
    lastOf,
  }
}
export type Statements = ReturnType<typeof createStatements>

const keptLine = ({ minor, ...line }: Statement['lines'][number]): KeptLine => ({ ...line, minor: String(minor) })
const wordsOf = (line: Statement['lines'][number]) => [
  line.minor,
  line.day,
  line.code,
  line.bankReference,
  line.endToEndId,
  line.messageId,
  line.returned,
  line.text,
]
/** JSON leaves out what is undefined. */
export const lineOf = (kept: KeptLine): Statement['lines'][number] => ({
  minor: BigInt(kept.minor),
  day: kept.day,
  code: kept.code,
  text: kept.text,
  bankReference: kept.bankReference,
  endToEndId: kept.endToEndId,
  messageId: kept.messageId,
  returned: kept.returned,
})

const statementOf = ({ id, sequence, currency, opening, closing, day, waiting = [] }: StatementRow, iban: string): Statement => ({
  id,
  sequence,
  iban,
  currency,
  opening: BigInt(opening),
  closing: BigInt(closing),
  day,
  lines: waiting.map(lineOf),
})

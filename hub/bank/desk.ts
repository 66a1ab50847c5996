import { adoptForgotten } from './adopting.ts'
import { createIncoming } from './incoming.ts'
import { createOutgoing } from './outgoing.ts'
import type { BankPorts } from './ports.ts'
import { createReconciling, type Reconciling } from './reconciling.ts'
import { bodyOf, type IncidentRow, type LineRow, type LogRow } from './rows.ts'
import { createStatements } from './statements.ts'
import { MESSAGES } from './xml.ts'
import { shortIban } from '../merchants/iban.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { bankAccount, unassignedAccount } from '../ledger/names.ts'
import type { BankLine, BankState } from '#protocol/hub-api/bank.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Outcome } from '#protocol/outcome.ts'

/**
 * The hub and its bank: files of approved payouts go out, answers and statements come in, and every line is explained. One thing after the other: what it is asked
 * to do waits until what it does is done.
 */
export interface BankDesk extends Omit<Reconciling, 'matchNew'> {
  /** Goes on with what was under way, then reads what has come. */
  start(): Promise<void>
  /** Files for everything that is approved. */
  writeFiles(by: string): Promise<Outcome<{ readonly files: number; readonly payouts: number }, ErrorCode>>
  /** Reads what has come and matches it; answers how many files. */
  readFiles(): Promise<number>
  state(): Promise<BankState>
  /** Of one statement, by its number here. */
  lines(currency: string, statement: number): Promise<readonly BankLine[]>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

const SHOWN_FILES = 30
const SHOWN_OPEN = 200
const SHOWN_LINES = 5_000

export function createBankDesk(ports: BankPorts): BankDesk {
  const { store, settings, schemas } = ports
  const statements = createStatements(ports)
  const outgoing = createOutgoing(ports)
  const incoming = createIncoming(ports, statements)
  const reconciling = createReconciling(ports)

  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = last.then(act, act)
    last = turn.catch(() => undefined)
    return turn
  }
  const turned =
    <A extends readonly unknown[], T>(act: (...wanted: A) => Promise<T>) =>
    (...wanted: A) =>
      inTurn(() => act(...wanted))
  const read = async (): Promise<number> => {
    const files = await incoming.read()
    await statements.catchUp()
    await reconciling.matchNew()
    if (files > 0) ports.changed()
    return files
  }

  /** Before anything leaves: what has left already, and what was under way. */
  const begin = async (): Promise<void> => {
    await adoptForgotten(ports)
    await outgoing.resume()
  }

  return {
    start: () =>
      inTurn(async () => {
        await begin()
        await read()
      }),
    writeFiles: turned(async (by: string) => {
      await begin()
      const written = await outgoing.write(by)
      ports.changed()
      return written
    }),
    readFiles: turned(read),
    explain: turned(reconciling.explain),
    agree: turned(reconciling.agree),
    refuse: turned(reconciling.refuse),
    note: turned(reconciling.note),
    closeIncident: turned(reconciling.closeIncident),
    async state() {
      const accounts = await Promise.all(
        settings.accounts.map(async ({ currency, name, iban }) => {
          const said = await statements.lastOf(currency)
          const balances = new Map(
            (await store.get('accounts', [bankAccount(currency), unassignedAccount(currency)])).map((account) => [account.id, balanceOf(account)]),
          )
          return {
            currency,
            name,
            iban: shortIban(iban),
            ...(said !== undefined && { statements: said.statements, day: said.day, closingMinor: said.closing }),
            ledgerMinor: String(balances.get(bankAccount(currency)) ?? 0n),
            unassignedMinor: String(balances.get(unassignedAccount(currency)) ?? 0n),
          }
        }),
      )
      const lines = await store.documentsDue('bank-line/', Number.MAX_SAFE_INTEGER, SHOWN_OPEN)
      const incidents = await store.documentsDue('bank-incident/', Number.MAX_SAFE_INTEGER, SHOWN_OPEN)
      const files = await store.documents({ prefix: 'bank-log/', limit: SHOWN_FILES, newestFirst: true })
      return {
        accounts,
        unchecked: MESSAGES.filter((message) => !schemas.has(message)),
        secondPersonFromMinor: settings.secondPersonFromMinor,
        acquirers: settings.acquirers.map(({ id }) => id),
        open: lines.map((row) => shownLine(row.id, bodyOf<LineRow>(row))),
        incidents: incidents.map((row) => {
          const { at, code, detail, notes, assignedTo } = bodyOf<IncidentRow>(row)
          return { id: row.id, at, code, detail, notes, ...(assignedTo !== undefined && { assignedTo }) }
        }),
        files: files.map((row) => ({ id: row.id, ...bodyOf<LogRow>(row) })),
      }
    },
    async lines(currency, statement) {
      const prefix = `bank-line/${currency}/${String(statement).padStart(8, '0')}/`
      return (await store.documents({ prefix, limit: SHOWN_LINES })).map((row) => shownLine(row.id, bodyOf<LineRow>(row)))
    },
    idle: () => inTurn(async () => undefined),
  }
}

function shownLine(id: string, line: LineRow): BankLine {
  const { currency, minor, day, text, state, why, as, by, reason, agreedBy, assignedTo, notes, endToEndId, bankReference, returned } = line
  return { id, currency, minor, day, text, state, why, as, by, reason, agreedBy, assignedTo, notes, endToEndId, bankReference, returned }
}

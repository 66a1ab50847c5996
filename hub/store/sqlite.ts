import Database from 'better-sqlite3'
import type { Account, Transfer } from '../ledger/ledger.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Changes, Committed, Exception, HubStore, Keyed, Standing, Till } from './hub-store.ts'
import { migrations } from './schema.ts'
import { pagesReader } from './sqlite-documents.ts'
import { paymentsReader } from './sqlite-payments.ts'
import { headCells, headRow, LAST_SEQ, segmentCells, segmentColumns, segmentsReader } from './sqlite-segments.ts'
import { accountRow, columns, row, transferRow, type Cell } from './sqlite-rows.ts'

/** How long to wait for another hub that is just letting go of the file. */
const BUSY_TIMEOUT_MS = 500
/** Settling touches the same pages of a few indexes again and again: they stay in memory, and reach the database file from the log in larger strides. */
const CACHE_KIB = 64 * 1024
const CHECKPOINT_PAGES = 8192

type OpenCode = 'till.busy' | 'till.journal_corrupt' | 'till.disk_full'

/**
 * Opens or creates the hub's database. One process at a time: the lock is held until `close`, and goes with the process if that is killed.
 * Every commit is on the disk (`synchronous=FULL`, on macOS `F_FULLFSYNC`) when its promise resolves.
 */
export function openSqliteStore(path: string): Outcome<HubStore, OpenCode> {
  let db: Database.Database | undefined
  try {
    db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
    prepareDatabase(db)
    return ok(storeOver(db))
  } catch (error) {
    db?.close()
    if (!(error instanceof Database.SqliteError)) throw error
    if (error.code.startsWith('SQLITE_BUSY')) return fail('till.busy', `${path} is in use by another hub`)
    if (error.code.startsWith('SQLITE_NOTADB') || error.code.startsWith('SQLITE_CORRUPT')) return fail('till.journal_corrupt', `${path}: ${error.message}`)
    if (error.code === 'SQLITE_FULL') return fail('till.disk_full', path)
    throw error
  }
}

function prepareDatabase(db: Database.Database): void {
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('fullfsync = ON')
  db.pragma('checkpoint_fullfsync = ON')
  db.pragma('foreign_keys = ON')
  db.pragma(`cache_size = -${CACHE_KIB}`)
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version > migrations.length) throw new Error(`the database was written by a newer hub (schema ${version}, this one knows ${migrations.length})`)
  db.transaction(() => {
    for (const step of migrations.slice(version)) db.exec(step)
    db.pragma(`user_version = ${migrations.length}`)
  }).exclusive()
}

class Stale extends Error {}

function storeOver(db: Database.Database): HubStore {
  const write = writer(db)
  const read = reader(db)
  const payments = paymentsReader(db)
  const custody = segmentsReader(db)
  const pages = pagesReader(db)
  const transact = db.transaction((changes: Changes) => write(changes))
  const answer = <T>(look: () => T): Promise<T> => new Promise((resolve) => resolve(look()))

  return {
    commit: (changes) => answer(() => settle(() => transact.immediate(changes))),
    standing: () => answer(read.standing),
    get: (table, ids) => answer(() => read.get(table, ids)),
    tills: () => answer(read.tills),
    entries: (afterSeq, limit, maxBytes) => answer(() => custody.entries(afterSeq, limit, maxBytes)),
    segments: (afterSeq, maxBytes) => answer(() => custody.segments(afterSeq, maxBytes)),
    hashes: (till, epoch, from, to) => answer(() => custody.hashes(till, epoch, from, to)),
    floorAfter: (till, epoch) => answer(() => custody.floorAfter(till, epoch)),
    reached: (till, epoch, seq) => answer(() => custody.reached(till, epoch, seq)),
    dueHolds: (now, limit) => answer(() => read.dueHolds(now, limit)),
    dueRetries: (now, limit) => answer(() => payments.dueRetries(now, limit)),
    waitingCredits: (limit) => answer(() => payments.waitingCredits(limit)),
    dueCards: (now, limit) => answer(() => payments.dueCards(now, limit)),
    reversals: (limit) => answer(() => db.transaction(() => payments.reversals(limit))()),
    openDecisions: (till, limit) => answer(() => payments.openDecisions(till, limit)),
    openRefundDecisions: (till, limit) => answer(() => payments.openRefundDecisions(till, limit)),
    exceptionsOf: (till, epoch, limit) => answer(() => read.exceptionsOf(till, epoch, limit)),
    entriesOf: (payment, limit) => answer(() => custody.entriesOf(payment, limit)),
    newestPayments: (limit) => answer(() => payments.newestPayments(limit)),
    paymentsOf: (wallet, limit) => answer(() => payments.paymentsOf(wallet, limit)),
    paymentsByReceipt: (numbers) => answer(() => payments.paymentsByReceipt(numbers)),
    paymentsByNumber: (numbers) => answer(() => payments.paymentsByNumber(numbers)),
    atRisk: (limit) => answer(() => db.transaction(() => payments.atRisk(limit))()),
    returnsWithoutReceipt: (since, limit) => answer(() => payments.returnsWithoutReceipt(since, limit)),
    refundsOf: (payment) => answer(() => payments.refundsOf(payment)),
    sendings: (state, limit) => answer(() => payments.sendings(state, limit)),
    stepsOf: (payment) => answer(() => payments.stepsOf(payment)),
    newestExceptions: (limit) => answer(() => read.newestExceptions(limit)),
    accounts: (limit) => answer(() => read.accounts(limit)),
    transfersAfter: (afterSeq, limit) => answer(() => read.transfersAfter(afterSeq, limit)),
    summary: (afterPosting) => answer(() => db.transaction(() => read.summary(afterPosting))()),
    documents: (range) => answer(() => pages.documents(range)),
    documentsDue: (prefix, now, limit) => answer(() => pages.documentsDue(prefix, now, limit)),
    riskLog: (afterSeq, limit) => answer(() => pages.riskLog(afterSeq, limit)),
    transfersOfWindow: (window, afterSeq, limit) => answer(() => pages.transfersOfWindow(window, afterSeq, limit)),
    paymentsBefore: (beforeSeq, limit) => answer(() => pages.paymentsBefore(beforeSeq, limit)),
    close: () => answer(() => void db.close()),
  }
}

function settle(transact: () => void): Committed {
  try {
    transact()
    return 'done'
  } catch (error) {
    if (error instanceof Stale) return 'stale'
    if (!(error instanceof Database.SqliteError)) throw error
    // A quota or a limit on file sizes says that it cannot write where a full disk says that it is full.
    if (error.code === 'SQLITE_FULL' || error.code === 'SQLITE_IOERR_WRITE') return 'full'
    if (error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || error.code === 'SQLITE_CONSTRAINT_UNIQUE') return 'stale'
    throw error
  }
}

// ---------------------------------------------------------------- writing

function writer(db: Database.Database): (changes: Changes) => void {
  const inserting = (table: string, names: readonly string[], conflict = '') =>
    db.prepare<Cell[]>(`INSERT ${conflict} INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)

  /** Version 0 is a new row; otherwise exactly the version that was read is replaced. */
  const versioned = <T extends keyof typeof columns>(table: T) => {
    type Row = { readonly [C in (typeof columns)[T][number]]?: Cell } & { readonly id: string; readonly version: number }
    // Never sets `id`, not even to itself: SQLite would look through every table that refers to it.
    const names = columns[table].filter((name): name is Exclude<(typeof columns)[T][number], 'id'> & string => name !== 'id')
    const insert = inserting(table, ['version', 'id', ...names])
    const update = db.prepare<Cell[]>(
      `UPDATE ${table} SET version = version + 1, ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ? AND version = ?`,
    )
    return (rows: readonly Row[] = []) => {
      for (const row of rows) {
        const cells = names.map((name): Cell => row[name])
        if (row.version === 0) insert.run(1, row.id, ...cells)
        else if (update.run(...cells, row.id, row.version).changes !== 1) throw new Stale()
      }
    }
  }
  const plain = <C extends string>(table: string, names: readonly C[], conflict = '') => {
    const insert = inserting(table, names, conflict)
    return (rows: readonly { readonly [N in C]: Cell }[] = []) => {
      for (const row of rows) insert.run(...names.map((name): Cell => row[name]))
    }
  }

  const tills = versioned('tills')
  const heads = versioned('heads')
  const accounts = versioned('accounts')
  const transfers = versioned('transfers')
  const payments = versioned('payments')
  const refunds = versioned('refunds')
  const returns = versioned('returns')
  const shifts = versioned('shifts')
  const credits = versioned('credits')
  const creditDays = versioned('creditDays')
  const cards = versioned('cards')
  const counters = versioned('counters')
  const lendings = versioned('lendings')
  const sendings = versioned('sendings')
  const documents = versioned('documents')
  const forget = db.prepare<[string, number]>('DELETE FROM documents WHERE id = ? AND version = ?')
  const steps = plain('steps', ['payment', 'at', 'event', 'detail'])
  const salvaged = plain('salvaged', ['id', 'seq'])
  const segments = plain('segments', segmentColumns)
  const wallets = plain('wallets', ['id', 'publicKey', 'currency', 'account', 'createdAt'])
  const codes = plain('codes', ['id', 'payment'])
  const links = plain('links', ['payment', 'seq'])
  const numbers = plain('numbers', ['number', 'payment', 'seq'], 'OR IGNORE')
  const exceptions = plain('exceptions', ['at', 'till', 'epoch', 'n', 'code', 'detail', 'paymentId'], 'OR IGNORE')
  const riskLog = plain('riskLog', ['seq', 'at', 'body'])
  const lastSeq = db.prepare<[], number>(`SELECT ${LAST_SEQ}`).pluck()
  const settled = db.prepare<[number, number]>('UPDATE standing SET settledSeq = ? WHERE settledSeq = ?')
  const hubEpoch = db.prepare<[number, number]>('UPDATE standing SET hubEpoch = ? WHERE hubEpoch = ?')

  return (changes) => {
    tills(changes.tills)
    heads(changes.heads?.map(headCells))
    if (changes.segments?.[0] !== undefined && changes.segments[0].seq !== (lastSeq.get() ?? 0) + 1) throw new Stale()
    segments(changes.segments?.map(segmentCells))
    accounts(changes.accounts)
    transfers(changes.transfers)
    wallets(changes.wallets)
    payments(changes.payments)
    refunds(changes.refunds)
    returns(changes.returns)
    shifts(changes.shifts)
    credits(changes.credits)
    creditDays(changes.creditDays)
    cards(changes.cards)
    counters(changes.counters)
    lendings(changes.lendings)
    sendings(changes.sendings)
    documents(changes.documents)
    for (const { id, version } of changes.documentsGone ?? []) if (forget.run(id, version).changes !== 1) throw new Stale()
    steps(changes.steps)
    salvaged(changes.salvaged)
    codes(changes.codes)
    links(changes.links)
    numbers(changes.numbers)
    exceptions(changes.exceptions)
    riskLog(changes.riskLog)
    if (changes.settled !== undefined && settled.run(changes.settled.to, changes.settled.from).changes !== 1) throw new Stale()
    if (changes.hubEpoch !== undefined && hubEpoch.run(changes.hubEpoch.to, changes.hubEpoch.from).changes !== 1) throw new Stale()
  }
}

// ---------------------------------------------------------------- reading

function reader(db: Database.Database) {
  const byId = <R extends object>(table: keyof Keyed, names: readonly string[]) =>
    db.prepare<[string], R>(`SELECT ${names.join(', ')} FROM ${table} WHERE id = ?`)
  const each =
    <R>(statement: Database.Statement<[string], R>, shape: (found: R) => R) =>
    (ids: readonly string[]): R[] => {
      const rows: R[] = []
      for (const id of new Set(ids)) {
        const found = statement.get(id)
        if (found !== undefined) rows.push(shape(found))
      }
      return rows
    }
  const accountColumns = ['version', ...columns.accounts].map((name) => `accounts.${name}`).join(', ')
  const transferColumns = ['version', ...columns.transfers].join(', ')

  const heads = each(byId<Parameters<typeof headRow>[0]>('heads', ['version', ...columns.heads]), row)
  const keyed: { readonly [T in keyof Keyed]: (ids: readonly string[]) => Keyed[T][] } = {
    tills: each(byId<Keyed['tills']>('tills', ['version', ...columns.tills]), row),
    heads: (ids) => heads(ids).map(headRow),
    payments: each(byId<Keyed['payments']>('payments', ['version', ...columns.payments]), row),
    refunds: each(byId<Keyed['refunds']>('refunds', ['version', ...columns.refunds]), row),
    returns: each(byId<Keyed['returns']>('returns', ['version', ...columns.returns]), row),
    shifts: each(byId<Keyed['shifts']>('shifts', ['version', ...columns.shifts]), row),
    credits: each(byId<Keyed['credits']>('credits', ['version', ...columns.credits]), row),
    creditDays: each(byId<Keyed['creditDays']>('creditDays', ['version', ...columns.creditDays]), row),
    cards: each(byId<Keyed['cards']>('cards', ['version', ...columns.cards]), row),
    counters: each(byId<Keyed['counters']>('counters', ['version', ...columns.counters]), row),
    lendings: each(byId<Keyed['lendings']>('lendings', ['version', ...columns.lendings]), row),
    sendings: each(byId<Keyed['sendings']>('sendings', ['version', ...columns.sendings]), row),
    documents: each(byId<Keyed['documents']>('documents', ['version', ...columns.documents]), row),
    salvaged: each(byId<Keyed['salvaged']>('salvaged', ['id', 'seq']), row),
    codes: each(byId<Keyed['codes']>('codes', ['id', 'payment']), row),
    wallets: each(byId<Keyed['wallets']>('wallets', ['id', 'publicKey', 'currency', 'account', 'createdAt']), row),
    accounts: each(byId<Account>('accounts', ['version', ...columns.accounts]).safeIntegers(), accountRow),
    transfers: each(byId<Transfer>('transfers', ['version', ...columns.transfers]).safeIntegers(), transferRow),
  }
  const standing = db.prepare<[], Standing>(`SELECT hubEpoch, ${LAST_SEQ} AS lastSeq, settledSeq FROM standing`)
  const tills = db.prepare<[], Till>(`SELECT version, ${columns.tills.join(', ')} FROM tills ORDER BY registeredAt, id`)
  const dueHolds = db
    .prepare<[number, number], Transfer>(`SELECT ${transferColumns} FROM transfers WHERE status = 'open' AND expiresAt <= ? ORDER BY expiresAt, seq LIMIT ?`)
    .safeIntegers()
  const exceptionColumns = 'at, till, epoch, n, code, detail, paymentId'
  const exceptionsOf = db.prepare<[Id, number, number], Exception>(
    `SELECT ${exceptionColumns} FROM exceptions WHERE till = ? AND epoch = ? ORDER BY n DESC LIMIT ?`,
  )
  const newestExceptions = db.prepare<[number], Exception>(`SELECT ${exceptionColumns} FROM exceptions ORDER BY seq DESC LIMIT ?`)
  const transfersAfter = db
    .prepare<[number, number], Transfer & { seq: bigint }>(`SELECT seq, ${transferColumns} FROM transfers WHERE seq > ? ORDER BY seq LIMIT ?`)
    .safeIntegers()
  const ownAccounts = db
    .prepare<[number], Account>(
      `SELECT ${accountColumns} FROM accounts LEFT JOIN wallets ON wallets.account = accounts.id WHERE wallets.id IS NULL ORDER BY accounts.seq LIMIT ?`,
    )
    .safeIntegers()
  const walletAccounts = db
    .prepare<[number], Account>(`SELECT ${accountColumns} FROM accounts JOIN wallets ON wallets.account = accounts.id ORDER BY accounts.seq DESC LIMIT ?`)
    .safeIntegers()

  return {
    standing: (): Standing => standing.get() ?? { hubEpoch: 1, lastSeq: 0, settledSeq: 0 },
    get: <T extends keyof Keyed>(table: T, ids: readonly string[]): Keyed[T][] => keyed[table](ids),
    tills: (): Till[] => tills.all().map(row),
    dueHolds: (now: number, limit: number): Transfer[] => dueHolds.all(now, limit).map(transferRow),
    exceptionsOf: (till: Id, epoch: number, limit: number): Exception[] => exceptionsOf.all(till, epoch, limit).map(row),
    newestExceptions: (limit: number): Exception[] => newestExceptions.all(limit).map(row),
    accounts(limit: number): Account[] {
      const own = ownAccounts.all(limit)
      return [...own, ...walletAccounts.all(limit - own.length)].map(accountRow)
    },
    transfersAfter: (afterSeq: number, limit: number) =>
      transfersAfter.all(afterSeq, limit).map((found) => ({ ...transferRow(found), seq: Number(found.seq) })),
    summary: summaryReader(db),
  }
}

function summaryReader(db: Database.Database) {
  type Sums = { currency: Currency; debitsPosted: bigint; creditsPosted: bigint; debitsPending: bigint; creditsPending: bigint }
  type Counted = { currency: Currency; amount: bigint; count: bigint }
  const accounts = db
    .prepare<[], Sums>(
      `SELECT currency, sum(debitsPosted) AS debitsPosted, sum(creditsPosted) AS creditsPosted, sum(debitsPending) AS debitsPending,
       sum(creditsPending) AS creditsPending FROM accounts GROUP BY currency`,
    )
    .safeIntegers()
  const postings = db
    .prepare<[number], Counted>(
      `SELECT currency, sum(amount) AS amount, sum((kind = 'post' AND id NOT LIKE '%/fx-post') OR id = payment || '/pay') AS count FROM transfers
       WHERE seq > ? AND kind IN ('single', 'post') GROUP BY currency`,
    )
    .safeIntegers()
  const holds = db
    .prepare<[], Counted>("SELECT currency, sum(amount) AS amount, count(*) AS count FROM transfers WHERE status = 'open' GROUP BY currency")
    .safeIntegers()
  const last = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM transfers').pluck()
  const exceptions = db.prepare<[], number>('SELECT count(*) FROM exceptions').pluck()
  return (afterPosting: number) => ({
    accounts: accounts.all(),
    postings: postings.all(afterPosting).map(({ currency, amount, count }) => ({ currency, amount, payments: Number(count) })),
    holds: holds.all().map(({ currency, amount, count }) => ({ currency, amount, count: Number(count) })),
    lastPosting: last.get() ?? 0,
    exceptions: exceptions.get() ?? 0,
  })
}

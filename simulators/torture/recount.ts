import type { AccountLine, ApprovedLine, CodeLine, LedgerLine } from './artifacts.ts'

export type Books = {
  readonly approved: readonly ApprovedLine[]
  readonly codes: readonly CodeLine[]
  readonly ledger: readonly LedgerLine[]
  readonly accounts: readonly AccountLine[]
}

export type Recount = {
  readonly approved: number
  /** Approved, and no posting gave the merchant the whole amount. */
  readonly lost: number
  /** Postings too many for an approved payment, approvals too many for one code of a wallet. */
  readonly doubled: number
  /** Sum over all currencies of what debits and credits differ by, and of what accounts differ by from their postings. Minor units; 0 where all is well. */
  readonly ledger_imbalance: number
  /** Payments that were captured though no screen ever said approved: their customers may be asked for the money again. */
  readonly captured_unseen: number
  /** Money that is held for payments that have come to no end. */
  readonly open_holds: number
}

/** Counts from the artifacts alone. What is wrong is also told in words, the first of each. */
export function recount({ approved, codes, ledger, accounts }: Books, say: (line: string) => void): Recount {
  const seen = new Map(approved.map((line) => [line.payment_id, line]))
  const captures = grouped(
    ledger.filter(({ kind }) => kind === 'capture'),
    ({ payment_id }) => payment_id ?? '',
  )
  const isWhole = (line: ApprovedLine): boolean =>
    (captures.get(line.payment_id) ?? []).some(({ amount_minor, currency }) => amount_minor === line.amount_minor && currency === line.currency)
  const lost = [...seen.values()].filter((line) => !isWhole(line))
  const tooMany = [...captures].filter(([, postings]) => postings.length > 1)
  const twice = [
    ...grouped(
      uniqueBy(codes, ({ payment_id }) => payment_id),
      ({ code_sha256 }) => code_sha256,
    ),
  ].filter(([, uses]) => uses.length > 1)
  const repeated = [...grouped(ledger, ({ posting_id }) => posting_id)].filter(([, lines]) => lines.length > 1)
  const unseen = [...captures.keys()].filter((payment) => !seen.has(payment))
  const differences = [...imbalances(ledger, accounts)].filter(([, difference]) => difference !== 0)

  for (const line of lost.slice(0, 5)) say(`lost: ${JSON.stringify(line)}`)
  for (const [payment, postings] of tooMany.slice(0, 5)) say(`doubled: ${payment} has ${postings.length} captures`)
  for (const [code, uses] of twice.slice(0, 5)) say(`doubled: code ${code} paid ${uses.map(({ payment_id }) => payment_id).join(' and ')}`)
  for (const [id] of repeated.slice(0, 5)) say(`doubled: the ledger has posting ${id} more than once`)
  for (const payment of unseen.slice(0, 5)) say(`captured, but no screen ever said so: ${payment}`)
  for (const [what, difference] of differences.slice(0, 5)) say(`imbalance: ${what}: ${difference}`)

  const excess = (groups: readonly (readonly [unknown, readonly unknown[]])[]): number => groups.reduce((sum, [, members]) => sum + members.length - 1, 0)
  return {
    approved: seen.size,
    lost: lost.length,
    doubled: excess(tooMany) + excess(twice) + excess(repeated),
    ledger_imbalance: differences.reduce((sum, [, difference]) => sum + Math.abs(difference), 0),
    captured_unseen: unseen.length,
    open_holds: openHolds(ledger).length,
  }
}

/** Every comparison that must come out as 0, with its name. */
function* imbalances(ledger: readonly LedgerLine[], accounts: readonly AccountLine[]): Generator<readonly [string, number]> {
  const perCurrency = new Map<string, number>()
  for (const { currency, debits_minor, credits_minor } of accounts) add(perCurrency, currency, debits_minor - credits_minor)
  for (const [currency, difference] of perCurrency) yield [`debits and credits of all accounts in ${currency}`, difference]

  const sums = new Map<string, number>()
  const key = (account: string, currency: string, column: keyof AccountLine): string => `${column} of ${account} in ${currency}`
  const moved = ledger.filter(({ kind }) => kind !== 'hold' && kind !== 'release' && kind !== 'expire')
  for (const { debit_account, credit_account, currency, amount_minor } of moved) {
    add(sums, key(debit_account, currency, 'debits_minor'), amount_minor)
    add(sums, key(credit_account, currency, 'credits_minor'), amount_minor)
  }
  for (const { debit_account, credit_account, currency, amount_minor } of openHolds(ledger)) {
    add(sums, key(debit_account, currency, 'held_debits_minor'), amount_minor)
    add(sums, key(credit_account, currency, 'held_credits_minor'), amount_minor)
  }
  // What is left of the postings' sums is of accounts that do not exist.
  for (const account of accounts) {
    for (const column of ['debits_minor', 'credits_minor', 'held_debits_minor', 'held_credits_minor'] as const) {
      const name = key(account.account, account.currency, column)
      yield [name, account[column] - (sums.get(name) ?? 0)]
      sums.delete(name)
    }
  }
  yield* sums
}

/** Holds of payments for which nothing was posted from the hold, released or expired. */
function openHolds(ledger: readonly LedgerLine[]): LedgerLine[] {
  const ids = new Set(ledger.map(({ posting_id }) => posting_id))
  const ends = ['post', 'void', 'expire']
  return ledger.filter(({ kind, posting_id }) => kind === 'hold' && !ends.some((end) => ids.has(posting_id.replace(/hold$/, end))))
}

function add(sums: Map<string, number>, name: string, amount: number): void {
  sums.set(name, (sums.get(name) ?? 0) + amount)
}

function grouped<T>(rows: Iterable<T>, by: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) groups.set(by(row), [...(groups.get(by(row)) ?? []), row])
  return groups
}

const uniqueBy = <T>(rows: readonly T[], by: (row: T) => string): T[] => [...new Map(rows.map((row) => [by(row), row])).values()]

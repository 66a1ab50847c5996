import type { Account, Transfer } from '../../hub/ledger/ledger.ts'
import type { Trace } from './trace.ts'

type Totals = { debitsPosted: bigint; creditsPosted: bigint; debitsPending: bigint; creditsPending: bigint }
const zero = (): Totals => ({ debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n })

/** Adds every posting up a second time, and compares each account with it as it is stored: debits are credits, always (invariant 12). */
export class AccountWatch {
  readonly transfers = new Map<string, Transfer>()
  readonly #totals = new Map<string, Totals>()
  readonly #trace: Trace

  constructor(trace: Trace) {
    this.#trace = trace
  }

  clear(): void {
    this.transfers.clear()
    this.#totals.clear()
  }

  /** Answers those that are new. A hold is stored again when it ends, with nothing changed but its end. */
  books(transfers: readonly Transfer[]): Transfer[] {
    const fresh: Transfer[] = []
    for (const transfer of transfers) {
      const known = this.transfers.get(transfer.id)
      this.transfers.set(transfer.id, transfer)
      if (known === undefined) fresh.push(transfer)
      else if (known.amount !== transfer.amount || known.debit !== transfer.debit || known.credit !== transfer.credit || known.kind !== transfer.kind)
        this.#trace.violation(6, `transfer ${transfer.id} was written over`)
    }
    for (const transfer of fresh) this.#add(transfer)
    return fresh
  }

  matches(accounts: readonly Account[]): void {
    for (const account of accounts) {
      const expected = this.#totals.get(account.id) ?? zero()
      for (const key of ['debitsPosted', 'creditsPosted', 'debitsPending', 'creditsPending'] as const) {
        if (account[key] !== expected[key]) this.#trace.violation(12, `${account.id} has ${key} of ${account[key]} where its postings make ${expected[key]}`)
      }
      if (
        account.side === 'credit' &&
        account.rule === 'debits_must_not_exceed_credits' &&
        expected.debitsPosted + expected.debitsPending > expected.creditsPosted
      )
        this.#trace.violation(12, `${account.id} has spent more than it had`)
    }
  }

  #add({ kind, debit, credit, amount, pendingId }: Transfer): void {
    const from = this.#of(debit)
    const to = this.#of(credit)
    if (kind === 'single' || kind === 'post') {
      from.debitsPosted += amount
      to.creditsPosted += amount
    }
    const held = kind === 'pending' ? amount : kind === 'single' ? 0n : -(this.transfers.get(pendingId ?? '')?.amount ?? 0n)
    from.debitsPending += held
    to.creditsPending += held
  }

  #of(account: string): Totals {
    const known = this.#totals.get(account)
    if (known !== undefined) return known
    const fresh = zero()
    this.#totals.set(account, fresh)
    return fresh
  }
}

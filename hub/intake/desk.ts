import { applyTransfer, type Account, type Applied, type Books, type LedgerCode, type Transfer, type TransferRequest } from '../ledger/ledger.ts'
import { merchantAccount, transferIds, walletAccount } from '../ledger/names.ts'
import type { Changes, CodeUse, Exception, HubStore, Payment, PaymentEntry, StoredEntry, Wallet } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { invariant, type Outcome } from '#protocol/outcome.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What entries will touch, so that all of it is loaded at once. */
export type Needs = { readonly payments: Iterable<Id>; readonly codes: Iterable<string>; readonly wallets: Iterable<string> }
export type Shopkeeper = {
  readonly merchant: Id
  readonly currency: Currency
  /** The most that a code may pay which was merely shown: it binds no amount, so only this keeps a till from inventing one. */
  readonly perShownCodeMinor: Minor
}

/** Rows that were read, and what became of them. */
class Rows<R extends { readonly id: string }> {
  readonly #rows: Map<string, R>
  readonly #changed = new Set<string>()

  constructor(rows: readonly R[]) {
    this.#rows = new Map(rows.map((row) => [row.id, row]))
  }
  get(id: string): R | undefined {
    return this.#rows.get(id)
  }
  put(row: R): void {
    this.#rows.set(row.id, row)
    this.#changed.add(row.id)
  }
  get changed(): R[] {
    return [...this.#changed].flatMap((id) => this.#rows.get(id) ?? [])
  }
}

/** Everything that one settling turn works on: rows as they were loaded, and the changes that it will commit as one. */
export class Desk implements Books {
  readonly now: EpochMs
  /** Payments about which a till asked. */
  readonly answers: Id[] = []
  readonly #payments: Rows<Payment>
  readonly #codes: Rows<CodeUse>
  readonly #wallets: Rows<Wallet>
  readonly #accounts: Rows<Account>
  readonly #transfers: Rows<Transfer>
  readonly #links = new Map<string, PaymentEntry>()
  readonly #exceptions: Exception[] = []

  private constructor(
    now: EpochMs,
    payments: readonly Payment[],
    codes: readonly CodeUse[],
    wallets: readonly Wallet[],
    books: [readonly Account[], readonly Transfer[]],
  ) {
    this.now = now
    this.#payments = new Rows(payments)
    this.#codes = new Rows(codes)
    this.#wallets = new Rows(wallets)
    this.#accounts = new Rows(books[0])
    this.#transfers = new Rows(books[1])
  }

  static async open(store: HubStore, needs: Needs, { merchant, currency }: Shopkeeper, now: EpochMs): Promise<Desk> {
    const payments = await store.get('payments', [...needs.payments])
    const names = new Set([...needs.wallets, ...payments.flatMap(({ wallet }) => wallet ?? [])])
    const codes = await store.get('codes', [...needs.codes])
    const wallets = await store.get('wallets', [...names])
    const accounts = await store.get('accounts', [merchantAccount(merchant, currency), ...wallets.map(({ account }) => account)])
    const transfers = await store.get(
      'transfers',
      payments.filter(({ funds }) => funds === 'held').map(({ id }) => transferIds(id).hold),
    )
    return new Desk(now, payments, codes, wallets, [accounts, transfers])
  }

  payment(id: Id): Payment | undefined {
    return this.#payments.get(id)
  }
  save(payment: Payment): void {
    this.#payments.put(payment)
  }
  codeOwner(key: string): Id | undefined {
    return this.#codes.get(key)?.payment
  }
  useCode(key: string, payment: Id): void {
    invariant(this.#codes.get(key) === undefined, 'a code is used once')
    this.#codes.put({ id: key, payment })
  }
  knowsWallet(wallet: string): boolean {
    return this.#wallets.get(wallet)?.account === walletAccount(wallet)
  }
  account(id: string): Account | undefined {
    return this.#accounts.get(id)
  }
  transfer(id: string): Transfer | undefined {
    return this.#transfers.get(id)
  }

  apply(request: TransferRequest): Outcome<Applied, LedgerCode> {
    const applied = applyTransfer(this, request, this.now)
    if (!applied.ok) return applied
    for (const account of applied.value.accounts) this.#accounts.put(account)
    for (const transfer of applied.value.transfers) this.#transfers.put(transfer)
    return applied
  }

  link(payment: Id, seq: number): void {
    this.#links.set(`${payment}/${seq}`, { payment, seq })
  }
  setAside({ till, epoch, n }: StoredEntry, code: ErrorCode, detail?: string, paymentId?: Id): void {
    this.#exceptions.push({ at: this.now, till, epoch, n, code, detail, paymentId })
  }

  changes(settled: { readonly from: number; readonly to: number }): Changes {
    return {
      payments: this.#payments.changed,
      codes: this.#codes.changed,
      accounts: this.#accounts.changed,
      transfers: this.#transfers.changed,
      links: [...this.#links.values()],
      exceptions: this.#exceptions,
      settled,
    }
  }
}

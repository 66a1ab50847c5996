import { applyTransfer, openAccount, type Account, type Applied, type Books, type LedgerCode, type Transfer, type TransferRequest } from '../ledger/ledger.ts'
import { cashAccountsOf, merchantAccount, movementTransfer, transferIds, walletAccount } from '../ledger/names.ts'
import type { Changes, CodeUse, Exception, HubStep, HubStore, Payment, PaymentEntry, Refund, Salvaged, Shift, StoredEntry, Wallet } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { invariant, type Outcome } from '#protocol/outcome.ts'
import type { StaffMember } from '#protocol/staff/staff.ts'
import type { EpochMs } from '#protocol/time.ts'

/** What entries will touch, so that all of it is loaded at once. */
export type Needs = {
  readonly payments: Iterable<Id>
  readonly codes?: Iterable<string>
  readonly wallets?: Iterable<string>
  readonly refunds?: Iterable<Id>
  /** Numbers on receipts, for payments whose ids the entries do not say. */
  readonly receipts?: Iterable<string>
  /** Tills whose shifts go on. */
  readonly tills?: Iterable<Id>
  /** Keys of salvaged entries. */
  readonly salvaged?: Iterable<string>
  /** Of cash into drawers and out of them. */
  readonly movements?: Iterable<Id>
}
export type Shopkeeper = {
  readonly merchant: Id
  readonly currency: Currency
  /** The most that a code may pay which was merely shown: it binds no amount, so only this keeps a till from inventing one. */
  readonly perShownCodeMinor: Minor
  /** Who works at the tills, if anybody has to sign in there. */
  readonly staff?: readonly Pick<StaffMember, 'id' | 'role'>[] | undefined
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
  where(fits: (row: R) => boolean): R[] {
    return [...this.#rows.values()].filter(fits)
  }
  get changed(): R[] {
    return [...this.#changed].flatMap((id) => this.#rows.get(id) ?? [])
  }
}

/** Everything that one settling turn works on: rows as they were loaded, and the changes that it will commit as one. */
export class Desk implements Books {
  readonly now: EpochMs
  /** Payments, and refund requests, about which a till asked. */
  readonly answers: Id[] = []
  readonly refundAnswers: Id[] = []
  readonly #payments: Rows<Payment>
  readonly #refunds: Rows<Refund>
  readonly #salvaged: Rows<Salvaged>
  readonly #shifts: Rows<Shift>
  readonly #codes: Rows<CodeUse>
  readonly #wallets: Rows<Wallet>
  readonly #accounts: Rows<Account>
  readonly #transfers: Rows<Transfer>
  readonly #links: PaymentEntry[] = []
  readonly #steps: HubStep[] = []
  readonly #exceptions: Exception[] = []

  private constructor(now: EpochMs, rows: Loaded) {
    this.now = now
    this.#payments = new Rows(rows.payments)
    this.#refunds = new Rows(rows.refunds)
    this.#salvaged = new Rows(rows.salvaged)
    this.#shifts = new Rows(rows.shifts)
    this.#codes = new Rows(rows.codes)
    this.#wallets = new Rows(rows.wallets)
    this.#accounts = new Rows(rows.accounts)
    this.#transfers = new Rows(rows.transfers)
  }

  static async open(store: HubStore, needs: Needs, { merchant, currency }: Pick<Shopkeeper, 'merchant' | 'currency'>, now: EpochMs): Promise<Desk> {
    const byReceipt = await store.paymentsByReceipt([...(needs.receipts ?? [])])
    const payments = [...(await store.get('payments', [...needs.payments])), ...byReceipt]
    const names = new Set([...(needs.wallets ?? []), ...payments.flatMap(({ wallet }) => wallet ?? [])])
    const refunds = await store.get('refunds', [...(needs.refunds ?? [])])
    const salvaged = await store.get('salvaged', [...(needs.salvaged ?? [])])
    const shifts = await store.get('shifts', [...(needs.tills ?? [])])
    const codes = await store.get('codes', [...(needs.codes ?? [])])
    const wallets = await store.get('wallets', [...names])
    const cash = cashAccountsOf(merchant, currency, needs.tills ?? [])
    const accounts = await store.get('accounts', [merchantAccount(merchant, currency), ...cash, ...wallets.map(({ account }) => account)])
    const transfers = await store.get('transfers', [...payments.flatMap(transfersOf), ...[...(needs.movements ?? [])].map(movementTransfer)])
    return new Desk(now, { payments, refunds, salvaged, shifts, codes, wallets, accounts, transfers })
  }

  payment(id: Id): Payment | undefined {
    return this.#payments.get(id)
  }
  save(payment: Payment): void {
    this.#payments.put(payment)
  }
  /** Captured under this number, loaded or captured in this turn; the oldest first, whatever the order in which they were read. */
  paymentsByReceipt(number: string): Payment[] {
    return this.#payments.where(({ receiptNumber }) => receiptNumber === number).toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  }
  refund(id: Id): Refund | undefined {
    return this.#refunds.get(id)
  }
  saveRefund(refund: Refund): void {
    this.#refunds.put(refund)
  }
  /** False when this salvaged entry has come before. */
  takeSalvaged(id: string, seq: number): boolean {
    if (this.#salvaged.get(id) !== undefined) return false
    this.#salvaged.put({ id, seq })
    return true
  }
  /** A till captured this much. */
  countCapture(till: Id, amountMinor: Minor): void {
    const shift = this.#shifts.get(till) ?? newShift(till)
    this.#shifts.put({ ...shift, payments: shift.payments + 1, capturedMinor: added(shift.capturedMinor, amountMinor) })
  }
  /** A till gave this much back, by refund or void. */
  countRefund(till: Id, amountMinor: Minor): void {
    const shift = this.#shifts.get(till) ?? newShift(till)
    this.#shifts.put({ ...shift, refunds: shift.refunds + 1, refundedMinor: added(shift.refundedMinor, amountMinor) })
  }
  /** What was counted since the shift before was closed; undefined if none was. */
  closeShift(till: Id): Shift | undefined {
    const shift = this.#shifts.get(till) ?? newShift(till)
    this.#shifts.put({ ...newShift(till), version: shift.version, closed: shift.closed + 1 })
    return shift.closed === 0 ? undefined : shift
  }
  /** The next end of a shift begins the count anew. */
  forgetShift(till: Id): void {
    this.#shifts.put({ ...newShift(till), version: this.#shifts.get(till)?.version ?? 0 })
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
  /** Opens an account where there is none yet, and answers with its id. */
  openAccount(account: Parameters<typeof openAccount>[0]): string {
    if (this.#accounts.get(account.id) === undefined) this.#accounts.put(openAccount(account))
    return account.id
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
    this.#links.push({ payment, seq })
  }
  record(step: HubStep): void {
    this.#steps.push(step)
  }
  setAside({ till, epoch, n }: Pick<StoredEntry, 'till' | 'epoch' | 'n'>, code: ErrorCode, detail?: string, paymentId?: Id): void {
    this.#exceptions.push({ at: this.now, till, epoch, n, code, detail, paymentId })
  }

  changes(settled?: { readonly from: number; readonly to: number }): Changes {
    return {
      payments: this.#payments.changed,
      refunds: this.#refunds.changed,
      salvaged: this.#salvaged.changed,
      shifts: this.#shifts.changed,
      codes: this.#codes.changed,
      accounts: this.#accounts.changed,
      transfers: this.#transfers.changed,
      links: this.#links,
      steps: this.#steps,
      exceptions: this.#exceptions,
      ...(settled === undefined ? {} : { settled }),
    }
  }
}

/** Those that may have to be looked at again. */
function transfersOf({ id, funds, profile }: Payment): readonly string[] {
  const { hold, rounding, unrounding } = transferIds(id)
  if (profile === 'cash') return [rounding, unrounding]
  return funds === 'held' ? [hold] : []
}

/** What tills claim is counted before anybody believes it, and a sum that no column holds would stop the hub: it stays at the largest, which fits no shift's end. */
const added = (sum: Minor, amountMinor: Minor): Minor => Math.min(sum + amountMinor, Number.MAX_SAFE_INTEGER)

const newShift = (id: Id): Shift => ({ id, version: 0, closed: 0, payments: 0, capturedMinor: 0, refunds: 0, refundedMinor: 0 })

type Loaded = {
  readonly payments: readonly Payment[]
  readonly refunds: readonly Refund[]
  readonly salvaged: readonly Salvaged[]
  readonly shifts: readonly Shift[]
  readonly codes: readonly CodeUse[]
  readonly wallets: readonly Wallet[]
  readonly accounts: readonly Account[]
  readonly transfers: readonly Transfer[]
}

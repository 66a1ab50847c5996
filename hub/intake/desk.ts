import { caseOf, rowOf, type CardCase } from '../acquirers/card-case.ts'
import { applyTransfer, openAccount, type Account, type Applied, type Books, type LedgerCode, type Transfer, type TransferRequest } from '../ledger/ledger.ts'
import {
  acquirerAccount,
  cashAccountsOf,
  creditAccount,
  creditCancellation,
  foreignAccountsOf,
  lossAccount,
  merchantAccount,
  movementTransfer,
  pointsAccount,
  pointsIssuedAccount,
  pointsTransfers,
  reviewAccount,
  transferIds,
  uncollectedAccount,
  walletAccount,
} from '../ledger/names.ts'
import { exchangeRows } from '../exchange/postings.ts'
import type { Rates } from '../exchange/rates.ts'
import type { MerchantTerms } from '../merchants/merchant.ts'
import type { JudgeAcceptance } from '../policy/judging.ts'
import { bookPostings, settlementRows } from '../settlement/book.ts'
import { caseDocument } from '../risk/case.ts'
import type { DocumentRow, RiskRow } from '../store/documents.ts'
import { creditDayId } from '../store/hub-store.ts'
import type {
  CardRow,
  Changes,
  CodeUse,
  Counter,
  CreditDay,
  CreditRow,
  Exception,
  HubStep,
  HubStore,
  Payment,
  PaymentEntry,
  Refund,
  ReturnRow,
  Salvaged,
  SendingRow,
  Shift,
  SoldNumber,
  StoredEntry,
  Wallet,
} from '../store/hub-store.ts'
import { Rows } from './rows.ts'
import { isAcquired } from './schemes.ts'
import { soldGoodsOf, soldKey, type SoldGoods } from './sold-goods.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Scheme } from '#protocol/payment-code/other-schemes.ts'
import type { DeniedName } from '#protocol/policy/deny-list.ts'
import type { Catalogue } from '#protocol/hub/messages.ts'
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
  /** Tills whose shifts go on. */
  readonly tills?: Iterable<Id>
  /** Keys of salvaged entries. */
  readonly salvaged?: Iterable<string>
  /** Of cash into drawers and out of them. */
  readonly movements?: Iterable<Id>
  /** Payments with which points may come or go, and customers who may get some. */
  readonly points?: Iterable<Id>
  readonly customers?: Iterable<Id>
  /** Gift cards and store credit, and the days on which tills issued some (`creditDayId`). */
  readonly credits?: Iterable<Id>
  /** Of goods that came back, the receipts that they are of, and the payments that went back: a number can stand on more receipts than are looked at. */
  readonly returns?: Iterable<Id>
  readonly goodsOf?: Iterable<string>
  readonly goodsPaidBy?: Iterable<Id>
  /** Of pieces that were sold. */
  readonly serials?: Iterable<string>
  readonly creditDays?: Iterable<string>
  /** Receipts to be sent, and what counts them. */
  readonly sendings?: Iterable<Id>
  readonly counters?: Iterable<string>
  /** Payments of which nothing but a hold may be known. */
  readonly holds?: Iterable<Id>
  /** In which these tills have other notes than the shop's own. */
  readonly currencies?: Iterable<Currency>
  /** Of settlement, by their ids, with the accounts that they move money between. */
  readonly documents?: Iterable<string>
  readonly accounts?: Iterable<string>
}
export type Shopkeeper = {
  readonly merchant: Id
  readonly currency: Currency
  /** On what terms the hub settles with it. */
  readonly terms?: MerchantTerms | undefined
  /** The most that a code may pay which was merely shown: it binds no amount, so only this keeps a till from inventing one. */
  readonly perShownCodeMinor: Minor
  /** Who loses what a code paid that had paid elsewhere. */
  readonly duplicateBorneBy?: 'merchant' | 'issuer' | undefined
  /** Who gets money from cards; missing: none are taken. */
  readonly acquirer?: string | undefined
  /** Whose wallets are taken beside our own. */
  readonly schemes?: readonly Scheme[] | undefined
  readonly returns?: Catalogue['returns']
  /** By what the hub exchanges now, where wallets in other currencies pay. */
  readonly exchange?: Pick<Rates, 'rate'> | undefined
  /** What a sale earns. */
  readonly loyalty?: Catalogue['loyalty']
  /** What the shop gives for foreign notes now. */
  readonly foreignCash?: Catalogue['foreignCash']
  /** The smallest coin, to which change is rounded in the shop's favour. */
  readonly cashRoundingMinor?: Catalogue['cashRoundingMinor']
  /** How much credit one till may issue in a day; missing: none. */
  readonly creditPerDayMinor?: Minor | undefined
  /** What tills may do without the hub, and what nobody may pay with. Without it nothing is denied. */
  readonly policy?: { denies(name: DeniedName, at: EpochMs): boolean; readonly judge: JudgeAcceptance } | undefined
  /** Who works at the tills or did, if anybody has to sign in there. `until`: when they left. */
  readonly staff?: readonly (Pick<StaffMember, 'id' | 'role'> & { readonly until?: EpochMs | undefined })[] | undefined
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
  readonly #returns: Rows<ReturnRow>
  readonly #goods: Map<string, SoldGoods>
  readonly #credits: Rows<CreditRow>
  readonly #creditDays: Rows<CreditDay>
  readonly #cards: Rows<CardRow>
  readonly #sendings: Rows<SendingRow>
  readonly #counters: Rows<Counter>
  readonly #codes: Rows<CodeUse>
  readonly #wallets: Rows<Wallet>
  readonly #accounts: Rows<Account>
  readonly #transfers: Rows<Transfer>
  readonly #documents: Rows<DocumentRow>
  readonly #shop: DeskShop
  readonly #links: PaymentEntry[] = []
  readonly #numbers: SoldNumber[] = []
  readonly #steps: HubStep[] = []
  readonly #exceptions: Exception[] = []
  readonly riskRows: RiskRow[] = []

  private constructor(now: EpochMs, shop: DeskShop, rows: Loaded) {
    this.now = now
    this.#shop = shop
    this.#documents = new Rows(rows.documents)
    this.#payments = new Rows(rows.payments)
    this.#refunds = new Rows(rows.refunds)
    this.#salvaged = new Rows(rows.salvaged)
    this.#shifts = new Rows(rows.shifts)
    this.#returns = new Rows(rows.returns)
    this.#goods = new Map(rows.goods)
    this.#credits = new Rows(rows.credits)
    this.#creditDays = new Rows(rows.creditDays)
    this.#cards = new Rows(rows.cards)
    this.#sendings = new Rows(rows.sendings)
    this.#counters = new Rows(rows.counters)
    this.#codes = new Rows(rows.codes)
    this.#wallets = new Rows(rows.wallets)
    this.#accounts = new Rows(rows.accounts)
    this.#transfers = new Rows(rows.transfers)
  }

  static async open(store: HubStore, needs: Needs, shop: DeskShop, now: EpochMs): Promise<Desk> {
    const { merchant, currency, acquirer, schemes = [], terms } = shop
    const byReceipt = await store.paymentsByReceipt([...(needs.goodsOf ?? [])])
    const goodsOf = new Set(needs.goodsOf ?? [])
    const ofGoods = byReceipt.filter(({ receiptNumber }) => goodsOf.has(receiptNumber ?? '')).map(({ id }) => id)
    const byNumber = await store.paymentsByNumber([...(needs.serials ?? [])])
    const goods = await soldGoodsOf(store, new Set([...ofGoods, ...(needs.goodsPaidBy ?? []), ...byNumber.map(({ id }) => id)]))
    const gifts = [...goods.values()].filter(({ sale }) => sale.lines.some(({ creditId }) => creditId !== undefined))
    const besides = gifts.flatMap(({ sale }) => sale.payments.map(({ paymentId }) => paymentId))
    const payments = [...(await store.get('payments', [...new Set([...needs.payments, ...besides])])), ...byReceipt, ...byNumber]
    const names = new Set([...(needs.wallets ?? []), ...payments.flatMap(({ wallet }) => wallet ?? [])])
    const refunds = await store.get('refunds', [...(needs.refunds ?? [])])
    const salvaged = await store.get('salvaged', [...(needs.salvaged ?? [])])
    const shifts = await store.get('shifts', [...(needs.tills ?? [])])
    const cards = await store.get(
      'cards',
      payments.filter(isAcquired).map(({ id }) => id),
    )
    const sendings = await store.get('sendings', [...(needs.sendings ?? [])])
    const exchanged = await exchangeRows(store, currency, [...needs.payments, ...payments.map(({ id }) => id), ...(needs.holds ?? [])])
    const settled = terms === undefined ? undefined : await settlementRows(store, { merchant, currency, terms }, payments)
    const cases = payments.filter(({ risk = 'approve' }) => risk !== 'approve').map(({ id }) => id)
    const documents = await store.get('documents', [...(needs.documents ?? []), ...cases.map(caseDocument)])
    const counters = await store.get('counters', [...(needs.counters ?? [])])
    const codes = await store.get('codes', [...(needs.codes ?? [])])
    const wallets = await store.get('wallets', [...names])
    const creditIds = new Set([
      ...(needs.credits ?? []),
      ...gifts.flatMap(({ sale }) => sale.lines.flatMap(({ creditId }) => creditId ?? [])),
      ...payments.flatMap(({ profile, wallet }) => (profile === 'credit' && wallet !== undefined ? [wallet] : [])),
    ])
    const credits = await store.get('credits', [...creditIds])
    const returns = await store.get('returns', [...(needs.returns ?? [])])
    const days = credits.map(({ till, at }) => creditDayId(till, at))
    const creditDays = await store.get('creditDays', [...(needs.creditDays ?? []), ...days])
    const foreign = foreignAccountsOf(merchant, needs.tills ?? [], needs.currencies ?? [])
    const cash = cashAccountsOf(merchant, currency, needs.tills ?? [])
    const ofCredits = [...creditIds].map(creditAccount)
    const ofCards = cards.map((row) => acquirerAccount(caseOf(row).acquirer))
    const losses = [lossAccount('merchant', merchant, currency), lossAccount('issuer', merchant, currency), uncollectedAccount(merchant, currency)]
    const named = [
      merchantAccount(merchant, currency),
      ...losses,
      ...new Set([...ofCards, ...[...schemes, ...(acquirer === undefined ? [] : [acquirer])].map(acquirerAccount)]),
      ...cash,
      ...foreign,
      ...ofCredits,
      ...wallets.map(({ account }) => account),
      ...exchanged.accounts,
      ...(needs.accounts ?? []),
      ...cases.map(reviewAccount),
    ]
    const holds = await store.get(
      'transfers',
      [...(needs.holds ?? [])].map((id) => transferIds(id).hold),
    )
    const accounts = await store.get('accounts', [...new Set([...named, ...holds.flatMap(({ debit, credit }) => [debit, credit])])])
    const points = await pointsFor(store, needs, byReceipt, merchant)
    const ofMovements = [...(needs.movements ?? [])].map(movementTransfer)
    const transfers = await store.get('transfers', [
      ...payments.flatMap(transfersOf),
      ...exchanged.transfers,
      ...ofMovements,
      ...credits.map(({ id }) => creditCancellation(id)),
    ])
    return new Desk(
      now,
      { merchant, currency, terms },
      {
        payments,
        refunds,
        returns,
        goods,
        salvaged,
        shifts,
        credits,
        creditDays,
        cards,
        sendings,
        counters: [...counters, ...(settled?.counters ?? [])],
        codes,
        wallets,
        accounts: [...accounts, ...points.accounts, ...(settled?.accounts ?? [])],
        transfers: [...holds, ...transfers, ...points.transfers, ...(settled?.transfers ?? [])],
        documents: [...documents, ...exchanged.documents, ...(settled?.documents ?? [])],
      },
    )
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
  returned(id: Id): ReturnRow | undefined {
    return this.#returns.get(id)
  }
  saveReturn(row: ReturnRow): void {
    this.#returns.put(row)
  }
  /** A sale whose payments were loaded, or that came in this turn. */
  soldGoods(till: Id, saleId: Id): SoldGoods | undefined {
    return this.#goods.get(soldKey(till, saleId))
  }
  saveSoldGoods(till: Id, sale: SoldGoods['sale']): void {
    const key = soldKey(till, sale.saleId)
    if (!this.#goods.has(key)) this.#goods.set(key, { sale, returned: [], heldBackMinor: 0 })
  }
  sending(id: Id): SendingRow | undefined {
    return this.#sendings.get(id)
  }
  saveSending(row: SendingRow): void {
    this.#sendings.put(row)
  }
  countOf(id: string): number {
    return this.#counters.get(id)?.value ?? 0
  }
  count(id: string): void {
    const { version, value } = this.#counters.get(id) ?? { version: 0, value: 0 }
    this.#counters.put({ id, version, value: value + 1 })
  }
  credit(id: Id): CreditRow | undefined {
    return this.#credits.get(id)
  }
  saveCredit(credit: CreditRow): void {
    this.#credits.put(credit)
  }
  /** Of credit that a till issued on a day. Minor units. */
  issuedOn(day: string): Minor {
    return this.#creditDays.get(day)?.issuedMinor ?? 0
  }
  countIssued(day: string, amountMinor: Minor): void {
    const { version, issuedMinor } = this.#creditDays.get(day) ?? { version: 0, issuedMinor: 0 }
    this.#creditDays.put({ id: day, version, issuedMinor: added(issuedMinor, amountMinor) })
  }
  /** What the acquirer has to do with a payment by card. */
  card(payment: Id): CardCase | undefined {
    const row = this.#cards.get(payment)
    return row && caseOf(row)
  }
  saveCard(card: CardCase): void {
    this.#cards.put(rowOf(card))
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
  document(id: string): DocumentRow | undefined {
    return this.#documents.get(id)
  }
  saveDocument(row: DocumentRow): void {
    this.#documents.put(row)
  }
  /** What moved money since this desk was opened. */
  get posted(): Transfer[] {
    return this.#transfers.changed.filter(({ version, kind }) => version === 0 && (kind === 'single' || kind === 'post'))
  }
  /** What settlement has to say about a posting of this desk. */
  annotate(transfer: Transfer): void {
    this.#transfers.put(transfer)
  }

  apply(request: TransferRequest): Outcome<Applied, LedgerCode> {
    const applied = applyTransfer(this, request, this.now)
    if (!applied.ok) return applied
    for (const account of applied.value.accounts) this.#accounts.put(account)
    for (const transfer of applied.value.transfers) this.#transfers.put(transfer)
    return applied
  }

  /** That this payment was for pieces with these numbers. */
  number(payment: Id, numbers: readonly string[], seq: number): void {
    for (const number of numbers) this.#numbers.push({ number, payment, seq })
  }
  /** Another sale of this piece, which is not known to have come back. */
  stillSold(gtin: string, serial: string, but: Id): SoldGoods['sale'] | undefined {
    const isBack = (sale: SoldGoods['sale']): boolean =>
      sale.payments.every(({ paymentId }) => ['VOIDED', 'REFUNDED'].includes(this.#payments.get(paymentId)?.state ?? ''))
    for (const { sale, returned } of this.#goods.values()) {
      const at = sale.lines.findIndex((line) => line.gtin === gtin && line.serials?.includes(serial) === true)
      if (at >= 0 && sale.saleId !== but && !returned.some(({ line }) => line === at) && !isBack(sale)) return sale
    }
    return undefined
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
    const { merchant, currency, terms } = this.#shop
    if (terms !== undefined) bookPostings(this, { merchant, currency, terms })
    return {
      payments: this.#payments.changed,
      refunds: this.#refunds.changed,
      salvaged: this.#salvaged.changed,
      shifts: this.#shifts.changed,
      returns: this.#returns.changed,
      credits: this.#credits.changed,
      creditDays: this.#creditDays.changed,
      cards: this.#cards.changed,
      sendings: this.#sendings.changed,
      counters: this.#counters.changed,
      codes: this.#codes.changed,
      accounts: this.#accounts.changed,
      transfers: this.#transfers.changed,
      documents: this.#documents.changed,
      links: this.#links,
      numbers: this.#numbers,
      steps: this.#steps,
      exceptions: this.#exceptions,
      riskLog: this.riskRows,
      ...(settled === undefined ? {} : { settled }),
    }
  }
}

/** The points that came and went with payments, and the accounts that they may move between. */
async function pointsFor(store: HubStore, needs: Needs, byReceipt: readonly Payment[], merchant: Id): Promise<Pick<Loaded, 'accounts' | 'transfers'>> {
  const payments = new Set([...(needs.points ?? []), ...byReceipt.map(({ id }) => id)])
  const customers = [...(needs.customers ?? [])]
  if (payments.size === 0 && customers.length === 0) return { accounts: [], transfers: [] }
  const transfers = await store.get(
    'transfers',
    [...payments].flatMap((id) => [pointsTransfers(id).earned, pointsTransfers(id).spent, pointsTransfers(id).forfeited]),
  )
  if (transfers.length === 0 && customers.length === 0) return { accounts: [], transfers }
  const ids = new Set([pointsIssuedAccount(merchant), ...customers.map(pointsAccount), ...transfers.flatMap(({ debit, credit }) => [debit, credit])])
  return { accounts: await store.get('accounts', [...ids]), transfers }
}

/** Those that may have to be looked at again. */
function transfersOf({ id, funds, profile, state }: Payment): readonly string[] {
  const { hold, rounding, unrounding, tip, untip, loss } = transferIds(id)
  if (state === 'WRITTEN_OFF') return [loss, tip, untip]
  if (profile === 'cash') return [rounding, unrounding, tip, untip]
  return funds === 'held' ? [hold, tip, untip] : [tip, untip]
}

/** What tills claim is counted before anybody believes it, and a sum that no column holds would stop the hub: it stays at the largest, which fits no shift's end. */
const added = (sum: Minor, amountMinor: Minor): Minor => Math.min(sum + amountMinor, Number.MAX_SAFE_INTEGER)

const newShift = (id: Id): Shift => ({ id, version: 0, closed: 0, payments: 0, capturedMinor: 0, refunds: 0, refundedMinor: 0 })

type DeskShop = Pick<Shopkeeper, 'merchant' | 'currency' | 'acquirer' | 'schemes' | 'terms'>
type Loaded = {
  readonly documents: readonly DocumentRow[]
  readonly payments: readonly Payment[]
  readonly refunds: readonly Refund[]
  readonly salvaged: readonly Salvaged[]
  readonly shifts: readonly Shift[]
  readonly returns: readonly ReturnRow[]
  readonly goods: ReadonlyMap<string, SoldGoods>
  readonly credits: readonly CreditRow[]
  readonly creditDays: readonly CreditDay[]
  readonly cards: readonly CardRow[]
  readonly sendings: readonly SendingRow[]
  readonly counters: readonly Counter[]
  readonly codes: readonly CodeUse[]
  readonly wallets: readonly Wallet[]
  readonly accounts: readonly Account[]
  readonly transfers: readonly Transfer[]
}

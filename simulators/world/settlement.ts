import type { Id } from '#protocol/ids.ts'
import { keptMinor } from '#protocol/journal/payment.ts'
import { caseOf, type CardCase } from '../../hub/acquirers/card-case.ts'
import { balanceOf } from '../../hub/ledger/ledger.ts'
import { acquirerAccount } from '../../hub/ledger/names.ts'
import type { Exception, Payment } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { CardBank } from './card-bank.ts'
import type { Disputes } from './money-disputes.ts'
import { unclaimed } from './phone-work.ts'
import type { SchemeBank } from './scheme-bank.ts'
import { recountDrawers } from './cash-watch.ts'
import { BookedPoints } from './points-watch.ts'
import type { Kept } from './custody-watch.ts'
import type { GenuineCode, Wallet } from './customer.ts'
import type { HubWatch } from './hub-watch.ts'
import type { PaymentTruth, RefundTruth } from './journal-truth.ts'
import type { TillMachine } from './till-machine.ts'
import type { TillWatch, WatchedTill } from './till-watch.ts'
import type { Trace } from './trace.ts'

export type Books = {
  readonly trace: Trace
  readonly tills: TillWatch
  readonly hub: HubWatch
  readonly disk: MemoryDisk
  readonly wallets: readonly Wallet[]
  /** Out of service. */
  readonly retired: readonly TillMachine[]
  /** The hub's clock was wrong for a while: then codes may have looked stale to it that were not. */
  readonly hubTimeWasWrong: boolean
  /** Wallets that somebody reported lost, once at least. */
  readonly everDenied: ReadonlySet<string>
  readonly bank: CardBank
  readonly schemes: SchemeBank
  readonly disputes: Disputes
  genuine(text: string): GenuineCode | undefined
  /** Another wallet than this one paid that request at the hub. */
  paidAtHub(nonce: string | undefined, otherThan: string | undefined): boolean
}

/**
 * When everything is calm and every outbox is empty: each payment that a person saw approved is settled once and in full, or stands where people see it
 * with the reason, or went with the only disk that had it. The same of refunds.
 */
export function checkSettlement(books: Books): void {
  const told = new Told(books.disk)
  for (const watched of books.tills.tills.values()) {
    for (const { paymentId } of watched.approvals.values()) checkApproved(books, watched, paymentId)
    for (const payment of watched.journal.payments.values()) if (!watched.lost.has(payment.id)) checkPayment(books, told, payment)
    for (const refund of watched.journal.refunds.values()) checkRefund(books, told, watched, refund)
  }
  checkConflicts(books, told)
  checkGaps(books, told)
  checkDrawers(books)
  checkCards(books, told)
  checkSchemes(books, told)
  checkPoints(books, told)
}

/**
 * Nobody's card was charged twice, also by a hub whose disk was lost: what it asked since its last backup only the acquirer knows, by the references under which it is
 * asked again. Elsewhere the acquirer's books and the hub's say the same of every card, and nothing waits to be undone.
 */
function checkCards({ trace, bank, disputes, disk, hub }: Books, told: Told): void {
  for (const payment of bank.chargedTwice) trace.violation(12, `the card of payment ${payment} was charged twice`)
  if (hub.wasRestored) return
  const cards = casesAt(disk, bank.id)
  // A till that is gone never says how its payment ended: such a hold is given back when it expires.
  const held = heldOn(cards)
  if (bank.books.heldMinor !== held) trace.violation(9, `${bank.books.heldMinor} are held on cards, and the hub believes ${held}`)
  for (const card of cards) {
    const [has, taken] = [BigInt(card.has === 'money' ? card.hasMinor : 0), bank.takenFor(card.id)]
    if (has !== taken) trace.violation(12, `the bank has taken ${taken} for payment ${card.id}, and the hub believes ${has}`)
  }
  const takenMinor = BigInt(bank.books.takenMinor) - disputes.takenMinor
  checkAcquirer(trace, disk, told, { id: bank.id, takenMinor }, (id) => Number(disputes.chargedBack(id)))
}

/** The same of another scheme's wallets, where what is held has been paid already. */
function checkSchemes({ trace, schemes, disk, hub }: Books, told: Told): void {
  if (hub.wasRestored) return
  const cases = casesAt(disk, schemes.id)
  for (const { id, has, hasMinor } of cases) {
    const [believed, taken] = [BigInt(has === 'nothing' ? 0 : hasMinor), schemes.takenFor(id)]
    if (believed !== taken) trace.violation(12, `the scheme has taken ${taken} for payment ${id}, and the hub believes ${believed}`)
  }
  checkAcquirer(trace, disk, told, { id: schemes.id, takenMinor: schemes.takenMinor - BigInt(heldOn(cases)) })
}

const casesAt = ({ rows }: MemoryDisk, id: string): readonly CardCase[] => [...rows.cards.values()].map(caseOf).filter(({ acquirer }) => acquirer === id)
const heldOn = (cases: readonly CardCase[]): number => cases.reduce((sum, { has, hasMinor }) => sum + (has === 'hold' ? hasMinor : 0), 0)

/** What the hub's books say of it, and that people know what is wrong. */
function checkAcquirer(
  trace: Trace,
  disk: MemoryDisk,
  told: Told,
  { id, takenMinor }: { readonly id: string; readonly takenMinor: bigint },
  chargedBack: (payment: Id) => number = () => 0,
): void {
  const { accounts, payments } = disk.rows
  const account = accounts.get(acquirerAccount(id))
  const posted = account === undefined ? 0n : balanceOf(account)
  // What was refused to be given back it still has; the hub's books give it to the customer, and an exception asks a person to see to it.
  let owed = 0n
  for (const card of casesAt(disk, id)) {
    if (card.reversingSince !== undefined) trace.violation(9, `payment ${card.id} is still to be undone at ${id}`)
    const payment = payments.get(card.id)
    if (card.wants !== 'rest' || card.has !== 'money' || payment === undefined) continue
    // What was charged back is no refund that somebody refused.
    const left = card.hasMinor - (payment.state === 'VOIDED' ? 0 : keptMinor(payment) + chargedBack(card.id))
    if (left > 0 && !told.about(card.id).some(({ detail }) => detail?.startsWith('the acquirer gave') === true))
      trace.violation(9, `nobody is told that ${id} gave ${left} not back for payment ${card.id}`)
    owed += BigInt(left)
  }
  if (posted + owed !== takenMinor) trace.violation(12, `${id} has taken ${takenMinor}, the hub's books say ${posted}, and ${owed} were refused`)
}

/** Every drawer at the hub holds float + in − out + sales − returns, as its till said it. */
function checkDrawers({ trace, hub, disk: { rows } }: Books): void {
  const expected = recountDrawers(hub.custody.entries, rows)
  for (const [id, account] of rows.accounts) {
    const till = id.startsWith('cash/') ? id.slice('cash/'.length) : undefined
    if (till === undefined) continue
    const holds = balanceOf(account)
    if (holds !== (expected.get(till) ?? 0n)) trace.violation(12, `the drawer of ${till} holds ${holds} at the hub, by its entries ${expected.get(till) ?? 0n}`)
  }
  for (const [till, holds] of expected)
    if (holds !== 0n && !rows.accounts.has(`cash/${till}`)) trace.violation(12, `the hub has no drawer of ${till}, which holds ${holds}`)
}

/** Every sale's points are the customer's once, and go back with its money: where the hub found something wrong with the sale, a person is told instead. */
function checkPoints({ trace, tills, disk, hub }: Books, told: Told): void {
  const heard = new Set(hub.custody.entries.flatMap(({ said }) => (said?.kind === 'sale.completed' ? [said.body.saleId] : [])))
  const booked = new BookedPoints(disk)
  for (const { journal, lost } of tills.tills.values())
    for (const sale of journal.sales.values()) {
      const isWhole = sale.payments.every(({ paymentId }) => !lost.has(paymentId) && disk.rows.payments.get(paymentId)?.till === journal.till)
      // A page that cannot be read takes with it what the hub has not heard, and payments are entries of their own.
      const isHeard = heard.has(sale.saleId)
      const isDoubted = sale.payments.some(({ paymentId }) => told.about(paymentId).some(({ code }) => code === 'entry.amount_mismatch'))
      const wrong = isWhole && isHeard && !isDoubted ? booked.wrongWith(sale) : undefined
      if (wrong !== undefined) trace.violation(12, wrong)
    }
}

/** What people at the hub can see. */
class Told {
  readonly #of = new Map<string, Exception[]>()

  constructor({ exceptions }: MemoryDisk) {
    for (const exception of exceptions.values()) {
      const { paymentId, till, epoch, n, code } = exception
      for (const key of [`payment ${paymentId}`, `${till} ${epoch}/${n} ${code}`, `${till} ${epoch} ${code}`]) {
        const known = this.#of.get(key)
        if (known === undefined) this.#of.set(key, [exception])
        else known.push(exception)
      }
    }
  }

  about(paymentId: Id): readonly Exception[] {
    return this.#of.get(`payment ${paymentId}`) ?? []
  }

  has(key: string): boolean {
    return this.#of.has(key)
  }
}

function checkApproved({ trace, hub }: Books, { machine, journal, lost }: WatchedTill, id: Id): void {
  if (lost.has(id) || journal.payments.get(id)?.capturedMinor !== undefined) return
  // The disk was replaced, and the hub has what it lost.
  if (!hub.captured.has(id)) trace.violation(2, `${machine.name} showed payment ${id} as approved, and its journal has lost it`)
  else if (hub.payments.get(id)?.capturedMinor === undefined) trace.violation(0, `payment ${id} is in custody, and the hub has made nothing of it`)
}

/** Same id, other content: a person is told, each time that it is said. What is carried over from an earlier epoch was said there. */
function checkConflicts({ trace, hub }: Books, told: Told): void {
  const isTold = ({ till, epoch, n }: Kept): boolean => told.has(`${till} ${epoch}/${n} entry.conflict`)
  const wordsOf = ({ said }: Kept): string => JSON.stringify(said)
  const known = new Set(hub.conflicts.flatMap(({ kept }) => (isTold(kept) ? wordsOf(kept) : [])))
  for (const { kept, first } of hub.conflicts) {
    const { till, epoch, n } = kept
    // Under the id of a payment that a phone made, a rogue till may come first: then that one is set aside, and the till that the phone paid is right.
    if (!isTold(kept) && !known.has(wordsOf(kept)) && !(first.till !== till && isTold(first)))
      trace.violation(6, `${till} ${epoch}/${n} begins a payment that began otherwise before, and nobody is told`)
  }
}

function checkGaps({ trace, hub }: Books, told: Told): void {
  for (const { till, epoch } of hub.custody.gaps) {
    const isTold = ['custody.gap', 'till.journal_salvaged', 'till.restored'].some((code) => told.has(`${till} ${epoch} ${code}`))
    if (!isTold) trace.violation(4, `epoch ${epoch} of ${till} leaves something out, and nobody is told`)
  }
}

function checkPayment(books: Books, told: Told, payment: PaymentTruth): void {
  const { trace, hub, disk } = books
  const row = disk.rows.payments.get(payment.id)
  if (row === undefined || row.till !== payment.till) return takenAway(books, told, payment, row)
  const money = hub.money.get(payment.id)
  if (payment.capturedMinor === undefined) {
    // The hub may have the capture of a payment whose end went with an older disk.
    if (money !== undefined && !hub.captured.has(payment.id)) trace.violation(16, `payment ${payment.id} was posted, but its till never captured it`)
    const open = payment.state === 'intended' || payment.state === 'unknown'
    if (row.funds === 'held' && !open) trace.violation(9, `payment ${payment.id} ended ${payment.state}, but its money is still held`)
    return
  }
  if (row.capturedMinor !== payment.capturedMinor) return trace.violation(5, `payment ${payment.id} was captured, but is ${row.state} at the hub`)
  if (payment.state === 'voided' && row.state !== 'VOIDED' && !told.about(payment.id).some(({ code }) => isAboutRefunds(code)))
    trace.violation(12, `payment ${payment.id} was voided, but is ${row.state} at the hub, and nobody is told`)
  if (money === undefined && row.state !== 'VOIDED' && row.state !== 'REFUNDED') checkUnpaid(books, told, payment, row)
}

const isAboutRefunds = (code: string): boolean => code.startsWith('refund.') || code === 'entry.illegal_transition' || code === 'entry.conflict'

/** Somebody used the id before this till's entry arrived. That must be seen. */
function takenAway({ trace }: Books, told: Told, payment: PaymentTruth, row: Payment | undefined): void {
  const seen = told.about(payment.id).some(({ code, till }) => code === 'entry.conflict' && till === payment.till)
  if (row === undefined || !seen)
    trace.violation(0, `payment ${payment.id} is lost: the hub ${row === undefined ? 'does not know it' : 'knows it of another till and says nothing'}`)
}

/** The only good reasons why a captured payment has no money. Each has to be visible, and the payment among those at risk. */
function checkUnpaid(books: Books, told: Told, payment: PaymentTruth, row: Payment): void {
  const { trace, hub, wallets } = books
  const reason = row.exception
  const visible = told.about(payment.id).length > 0
  const atRisk = row.state === 'RETRY' || row.state === 'RECOVERY' || row.state === 'WRITTEN_OFF'
  if (reason === undefined || !visible || !atRisk)
    return trace.violation(0, `payment ${payment.id} was captured and not posted, it is ${row.state}, and ${reason ?? 'nothing'} says why`)
  const code = books.genuine(payment.code ?? '')
  const sameCode = [...hub.intents.values()].filter((intent) => intent.code === payment.code)
  const wallet = wallets.find((candidate) => candidate.wallet === code?.wallet)
  const demanded = [...hub.intents.values()]
    .filter((intent) => books.genuine(intent.code)?.wallet === code?.wallet)
    .reduce((sum, { amountMinor }) => sum + amountMinor, heldByPhone(books, code?.wallet))
  const good =
    (reason === 'hub.duplicate_code' && sameCode.length > 1) ||
    (reason === 'hub.insufficient_funds' && wallet !== undefined && demanded > wallet.fundedMinor) ||
    (row.profile === 'card' && REFUSALS_OF_CARDS.includes(reason)) ||
    // Its hold went back when the till was away for a week, and such a code cannot be asked again.
    (row.profile === 'scheme' && (row.funds === 'expired' || hub.wasRestored)) ||
    // The hub’s books come from a backup, and the key by which it had signed the receipt was replaced since.
    (reason === 'qr.unknown' && hub.wasRestored) ||
    // Two people confirmed one request: one at the hub, one before the till.
    (reason === 'hub.duplicate_code' && books.paidAtHub(code?.confirmed?.nonce, code?.wallet)) ||
    // Its hold ran out before its till was heard, and the number of a card is not kept for longer.
    (row.profile === 'card' &&
      reason === 'card.unreadable' &&
      books.disk.steps.some((step) => step.payment === payment.id && step.event === 'hub.hold_expired')) ||
    // Its sale or return was on a disk that is gone, or was itself never paid.
    (reason === 'credit.unknown' && books.disk.rows.credits.get(row.wallet ?? '')?.fundedAt === undefined) ||
    (reason === 'policy.denied' && books.everDenied.has(code?.wallet ?? '')) ||
    (reason === 'hub.unknown_wallet' && wallet?.fundedMinor === 0) ||
    (AGE_OF_A_CODE.includes(reason) && books.hubTimeWasWrong)
  if (!good) trace.violation(0, `payment ${payment.id} was approved and not paid for the reason ${reason}, which is not true`)
}

/** What its phones paid at the hub and no till has spoken of: it may have been what was missing. Minor units. */
const heldByPhone = ({ disk }: Books, wallet: string | undefined): number =>
  unclaimed(disk).reduce((sum, { debit, amount }) => sum + (debit === `wallet/${wallet}` ? Number(amount) : 0), 0)

/** What the bank of these worlds may say at any time. */
const REFUSALS_OF_CARDS: readonly string[] = ['acquirer.insufficient_funds', 'acquirer.card_stopped', 'acquirer.declined', 'acquirer.no_answer', 'card.used']

/** What a hub whose clock is wrong may say of a good code. */
const AGE_OF_A_CODE: readonly string[] = ['code.expired', 'code.from_the_future']

/** What a till has given back or was told about a refund is what the hub has booked, or a person is told. */
function checkRefund({ trace, disk, retired }: Books, told: Told, { machine, journal, lost }: WatchedTill, { id, state, of, places }: RefundTruth): void {
  if (lost.has(of) || lost.has(id)) return
  const row = disk.rows.refunds.get(id)
  const codes = ['refund.exceeds_captured', 'entry.illegal_transition', 'entry.conflict', 'refund.not_captured']
  const seen = places.some(({ epoch, n }) => codes.some((code) => told.has(`${journal.till} ${epoch}/${n} ${code}`)))
  if (row === undefined) return seen ? undefined : trace.violation(12, `refund ${id} of ${machine.name} is not known at the hub`)
  // A till that was reset after an export hears no answer any more; the hub's is in its books.
  if (state === 'requested') return retired.includes(machine) ? undefined : trace.violation(12, `${machine.name} still waits for an answer to refund ${id}`)
  const approved = state === 'made' || state === 'approved'
  if (approved !== (row.verdict === 'approved') && !seen)
    trace.violation(12, `refund ${id} is ${state} at ${machine.name} and ${row.verdict} at the hub, and nobody is told`)
}

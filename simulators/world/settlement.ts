import { balanceOf } from '../../hub/ledger/ledger.ts'
import type { Payment } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { GenuineCode, Wallet } from './customer.ts'
import type { HubWatch } from './hub-watch.ts'
import type { PaymentTruth } from './journal-truth.ts'
import type { TillWatch } from './till-watch.ts'
import type { Trace } from './trace.ts'

export type Books = {
  readonly trace: Trace
  readonly tills: TillWatch
  readonly hub: HubWatch
  readonly disk: MemoryDisk
  readonly wallets: readonly Wallet[]
  genuine(text: string): GenuineCode | undefined
}

/** When everything is calm and every outbox is empty: each payment that a person saw approved is settled once and in full, or an exception says why not. */
export function checkSettlement(books: Books): void {
  for (const { machine, approvals, journal } of books.tills.tills.values()) {
    for (const { paymentId } of approvals.values()) {
      if (journal.payments.get(paymentId)?.capturedMinor === undefined)
        books.trace.violation(2, `${machine.name} showed payment ${paymentId} as approved, and its journal has lost it`)
    }
    for (const payment of journal.payments.values()) checkPayment(books, payment)
  }
  checkConflicts(books)
  checkLedger(books)
}

/** Same id, other content: a person is told, each time. */
function checkConflicts({ trace, hub, disk }: Books): void {
  const told = new Set([...disk.exceptions.values()].map(({ till, epoch, n, code }) => `${till} ${epoch}/${n} ${code}`))
  for (const { till, epoch, n } of hub.conflicts) {
    if (!told.has(`${till} ${epoch}/${n} entry.conflict`))
      trace.violation(6, `${till} ${epoch}/${n} begins a payment that began otherwise before, and nobody is told`)
  }
}

function checkPayment(books: Books, payment: PaymentTruth): void {
  const { trace } = books
  const row = books.disk.rows.payments.get(payment.id)
  const posted = books.hub.posted.get(payment.id)
  if (row === undefined || row.till !== payment.till) return takenAway(books, payment, row)
  if (payment.capturedMinor === undefined) {
    if (posted !== undefined) trace.violation(16, `payment ${payment.id} was posted, but its till never captured it`)
    if (row.funds === 'held' && payment.state !== 'intended') trace.violation(9, `payment ${payment.id} ended ${payment.state}, but its money is still held`)
    return
  }
  if (row.state !== 'CAPTURED') return trace.violation(5, `payment ${payment.id} was captured, but is ${row.state} at the hub`)
  if (posted === undefined) return checkException(books, payment, row)
  if (posted.amount !== BigInt(payment.capturedMinor)) trace.violation(0, `payment ${payment.id} of ${payment.capturedMinor} was posted as ${posted.amount}`)
  if (row.funds !== 'posted') trace.violation(5, `payment ${payment.id} was posted, but its funds are ${row.funds}`)
}

/** Somebody used the id before this till's entry arrived. That must be seen. */
function takenAway({ trace, disk }: Books, payment: PaymentTruth, row: Payment | undefined): void {
  const seen = [...disk.exceptions.values()].some(({ paymentId, code, till }) => paymentId === payment.id && code === 'entry.conflict' && till === payment.till)
  if (row === undefined || !seen)
    trace.violation(0, `payment ${payment.id} is lost: the hub ${row === undefined ? 'does not know it' : 'knows it of another till and says nothing'}`)
}

/** The only good reasons why a captured payment has no money, and all of them have to be visible. */
function checkException(books: Books, payment: PaymentTruth, row: Payment): void {
  const { trace, disk, hub, wallets } = books
  const reason = row.exception
  const visible = [...disk.exceptions.values()].some(({ paymentId, code }) => paymentId === payment.id && code === reason)
  if (reason === undefined || !visible) return trace.violation(0, `payment ${payment.id} was captured and not posted, and no exception says why`)
  const code = books.genuine(payment.code ?? '')
  const sameCode = [...hub.intents.values()].filter((intent) => intent.code === payment.code)
  const wallet = wallets.find((candidate) => candidate.wallet === code?.wallet)
  const demanded = [...hub.intents.values()]
    .filter((intent) => books.genuine(intent.code)?.wallet === code?.wallet)
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const good =
    (reason === 'hub.duplicate_code' && sameCode.length > 1) ||
    (reason === 'hub.insufficient_funds' && wallet !== undefined && demanded > wallet.fundedMinor) ||
    (reason === 'hub.unknown_wallet' && wallet?.fundedMinor === 0)
  if (!good) trace.violation(0, `payment ${payment.id} was approved and not paid for the reason ${reason}, which is not true`)
}

/** Debits are credits, and every wallet and merchant has exactly what the postings say. */
function checkLedger({ trace, hub, disk, wallets }: Books): void {
  const accounts = [...disk.rows.accounts.values()]
  const total = accounts.reduce((sum, account) => sum + account.debitsPosted - account.creditsPosted, 0n)
  const held = accounts.reduce((sum, account) => sum + account.debitsPending - account.creditsPending, 0n)
  if (total !== 0n || held !== 0n) trace.violation(12, `debits and credits differ by ${total} posted and ${held} held`)
  const paidBy = new Map<string, bigint>()
  const paidTo = new Map<string, bigint>()
  for (const { debit, credit, amount } of hub.posted.values()) {
    paidBy.set(debit, (paidBy.get(debit) ?? 0n) + amount)
    paidTo.set(credit, (paidTo.get(credit) ?? 0n) + amount)
  }
  for (const { wallet, fundedMinor, name } of wallets) {
    const account = disk.rows.accounts.get(`wallet/${wallet}`)
    if (account === undefined) continue
    const expected = BigInt(fundedMinor) - (paidBy.get(account.id) ?? 0n)
    if (balanceOf(account) !== expected) trace.violation(12, `${name} has ${balanceOf(account)} where ${expected} should be left`)
    if (balanceOf(account) < 0n) trace.violation(12, `${name} has less than nothing`)
  }
  for (const [id, paid] of paidTo) {
    const account = disk.rows.accounts.get(id)
    if (account === undefined || balanceOf(account) !== paid) trace.violation(12, `${id} should have ${paid}`)
  }
}

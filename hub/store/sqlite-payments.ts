import type Database from 'better-sqlite3'
import type { Id } from '#protocol/ids.ts'
import {
  MAX_ON_RECEIPT,
  MAX_WITH_NUMBER,
  type CardRow,
  type CreditRow,
  type HubStep,
  type Payment,
  type Refund,
  type ReturnCount,
  type SendingRow,
} from './hub-store.ts'
import { columns, row } from './sqlite-rows.ts'

/** What is asked about payments, their refunds and what the hub did about them. */
export function paymentsReader(db: Database.Database) {
  const paymentColumns = ['version', ...columns.payments].join(', ')
  const refundColumns = ['version', ...columns.refunds].join(', ')
  const openDecisions = db
    .prepare<[Id, number], Uint8Array>(
      "SELECT decision FROM payments WHERE till = ? AND state IN ('INTENDED', 'UNKNOWN') AND decision IS NOT NULL ORDER BY seq DESC LIMIT ?",
    )
    .pluck()
  const openRefundDecisions = db
    .prepare<[Id, number], Uint8Array>('SELECT decision FROM refunds WHERE till = ? AND decision IS NOT NULL AND answeredAt IS NULL ORDER BY seq DESC LIMIT ?')
    .pluck()
  const dueRetries = db
    .prepare<[number, number], Id>("SELECT id FROM payments WHERE state = 'RETRY' AND nextAttemptAt <= ? ORDER BY nextAttemptAt, seq LIMIT ?")
    .pluck()
  const newestPayments = db.prepare<[number], Payment>(`SELECT ${paymentColumns} FROM payments ORDER BY seq DESC LIMIT ?`)
  const paymentsOf = db.prepare<[string, number], Payment>(`SELECT ${paymentColumns} FROM payments WHERE wallet = ? ORDER BY seq DESC LIMIT ?`)
  const byReceipt = db.prepare<[string], Payment>(`SELECT ${paymentColumns} FROM payments WHERE receiptNumber = ? ORDER BY seq LIMIT ${MAX_ON_RECEIPT}`)
  const byNumber = db
    .prepare<[string], Id>(`SELECT payment FROM numbers WHERE number = ? GROUP BY payment ORDER BY max(seq) DESC, payment LIMIT ${MAX_WITH_NUMBER}`)
    .pluck()
  const payment = db.prepare<[Id], Payment>(`SELECT ${paymentColumns} FROM payments WHERE id = ?`)
  const atRisk = db.prepare<[number], Payment>(`SELECT ${paymentColumns} FROM payments WHERE state IN ('RETRY', 'RECOVERY') ORDER BY unpaidSince, seq LIMIT ?`)
  const countAtRisk = db.prepare<[], number>("SELECT count(*) FROM payments WHERE state IN ('RETRY', 'RECOVERY')").pluck()
  const refundsOf = db.prepare<[Id], Refund>(`SELECT ${refundColumns} FROM refunds WHERE payment = ? ORDER BY seq`)
  const returnsWithoutReceipt = db.prepare<[number, number], ReturnCount>(
    'SELECT till, staff, count(*) AS returns, sum(paidMinor) AS paidMinor FROM returns WHERE receipt IS NULL AND at >= ? GROUP BY till, staff ORDER BY sum(paidMinor) DESC, till LIMIT ?',
  )
  const stepsOf = db.prepare<[Id], HubStep>('SELECT payment, at, event, detail FROM steps WHERE payment = ? ORDER BY seq')

  const sendingColumns = ['version', ...columns.sendings].join(', ')
  const sendings = db.prepare<[number], SendingRow>(`SELECT ${sendingColumns} FROM sendings ORDER BY seq DESC LIMIT ?`)
  const sendingsIn = db.prepare<[string, number], SendingRow>(`SELECT ${sendingColumns} FROM sendings WHERE state = ? ORDER BY seq DESC LIMIT ?`)

  const creditColumns = ['version', ...columns.credits].join(', ')
  const waitingCredits = db.prepare<[number], CreditRow>(`SELECT ${creditColumns} FROM credits WHERE fundedAt IS NULL ORDER BY at DESC, id LIMIT ?`)

  const cardColumns = ['version', ...columns.cards].join(', ')
  const dueCards = db.prepare<[number, number], CardRow>(`SELECT ${cardColumns} FROM cards WHERE dueAt <= ? ORDER BY dueAt, id LIMIT ?`)
  const reversals = db.prepare<[number], CardRow>(`SELECT ${cardColumns} FROM cards WHERE reversingSince IS NOT NULL ORDER BY reversingSince, id LIMIT ?`)
  const countReversals = db.prepare<[], number>('SELECT count(*) FROM cards WHERE reversingSince IS NOT NULL').pluck()

  return {
    waitingCredits: (limit: number): CreditRow[] => waitingCredits.all(limit).map(row),
    dueCards: (now: number, limit: number): CardRow[] => dueCards.all(now, limit).map(row),
    reversals: (limit: number) => ({ count: countReversals.get() ?? 0, cards: reversals.all(limit).map(row) }),
    openDecisions: (till: Id, limit: number): Uint8Array[] => openDecisions.all(till, limit),
    openRefundDecisions: (till: Id, limit: number): Uint8Array[] => openRefundDecisions.all(till, limit),
    dueRetries: (now: number, limit: number): Id[] => dueRetries.all(now, limit),
    newestPayments: (limit: number): Payment[] => newestPayments.all(limit).map(row),
    paymentsOf: (wallet: string, limit: number): Payment[] => paymentsOf.all(wallet, limit).map(row),
    paymentsByReceipt: (numbers: readonly string[]): Payment[] => [...new Set(numbers)].flatMap((number) => byReceipt.all(number)).map(row),
    paymentsByNumber: (numbers: readonly string[]): Payment[] =>
      [...new Set(numbers.flatMap((number) => byNumber.all(number)))].flatMap((id) => payment.all(id)).map(row),
    atRisk: (limit: number) => ({ count: countAtRisk.get() ?? 0, payments: atRisk.all(limit).map(row) }),
    refundsOf: (payment: Id): Refund[] => refundsOf.all(payment).map(row),
    returnsWithoutReceipt: (since: number, limit: number): ReturnCount[] => returnsWithoutReceipt.all(since, limit).map(row),
    sendings: (state: SendingRow['state'] | undefined, limit: number): SendingRow[] =>
      (state === undefined ? sendings.all(limit) : sendingsIn.all(state, limit)).map(row),
    stepsOf: (payment: Id): HubStep[] => stepsOf.all(payment).map(row),
  }
}

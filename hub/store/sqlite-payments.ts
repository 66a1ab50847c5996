import type Database from 'better-sqlite3'
import type { Id } from '#protocol/ids.ts'
import { MAX_ON_RECEIPT, type HubStep, type Payment, type Refund } from './hub-store.ts'
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
  const atRisk = db.prepare<[number], Payment>(`SELECT ${paymentColumns} FROM payments WHERE state IN ('RETRY', 'RECOVERY') ORDER BY unpaidSince, seq LIMIT ?`)
  const countAtRisk = db.prepare<[], number>("SELECT count(*) FROM payments WHERE state IN ('RETRY', 'RECOVERY')").pluck()
  const refundsOf = db.prepare<[Id], Refund>(`SELECT ${refundColumns} FROM refunds WHERE payment = ? ORDER BY seq`)
  const stepsOf = db.prepare<[Id], HubStep>('SELECT payment, at, event, detail FROM steps WHERE payment = ? ORDER BY seq')

  return {
    openDecisions: (till: Id, limit: number): Uint8Array[] => openDecisions.all(till, limit),
    openRefundDecisions: (till: Id, limit: number): Uint8Array[] => openRefundDecisions.all(till, limit),
    dueRetries: (now: number, limit: number): Id[] => dueRetries.all(now, limit),
    newestPayments: (limit: number): Payment[] => newestPayments.all(limit).map(row),
    paymentsOf: (wallet: string, limit: number): Payment[] => paymentsOf.all(wallet, limit).map(row),
    paymentsByReceipt: (numbers: readonly string[]): Payment[] => [...new Set(numbers)].flatMap((number) => byReceipt.all(number)).map(row),
    atRisk: (limit: number) => ({ count: countAtRisk.get() ?? 0, payments: atRisk.all(limit).map(row) }),
    refundsOf: (payment: Id): Refund[] => refundsOf.all(payment).map(row),
    stepsOf: (payment: Id): HubStep[] => stepsOf.all(payment).map(row),
  }
}

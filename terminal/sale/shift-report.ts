import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { decimal, type Currency, type Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { ReceiptHeading } from './receipt.ts'

/** What a working day at a till adds up to, in minor units. `counted`: once somebody has counted the drawer. */
export type ShiftReport = {
  readonly currency: Currency
  readonly at: EpochMs
  readonly payments: number
  readonly capturedMinor: Minor
  readonly refunds: number
  readonly refundedMinor: Minor
  readonly drawer: {
    readonly openedAt?: EpochMs
    readonly floatMinor: Minor
    readonly movedInMinor: Minor
    readonly movedOutMinor: Minor
    readonly takenMinor: Minor
    readonly givenMinor: Minor
  }
  readonly counted?: { readonly expectedMinor: Minor; readonly countedMinor: Minor }
}

/**
 * X: the day so far. Z: the day that was closed. What is cash of it, and so what the drawer should hold, is only on the Z of a drawer that was counted:
 * whoever counts must not be able to read it first.
 */
export function shiftReport(kind: 'X' | 'Z', report: ShiftReport, heading: Omit<ReceiptHeading, 'at' | 'copy'>): PrintDocument {
  const { currency, drawer, counted } = report
  const sum = (left: string, minor: Minor, bold?: true): PrintBlock => ({
    kind: 'pair',
    left,
    right: decimal({ amountMinor: minor, currency }),
    ...(bold === undefined ? {} : { bold }),
  })
  const blocks: PrintBlock[] = [
    { kind: 'text', text: `${kind} REPORT`, align: 'center', bold: true, size: 'double' },
    { kind: 'text', text: heading.merchant, align: 'center' },
    { kind: 'pair', left: heading.store, right: heading.till },
    ...(drawer.openedAt === undefined ? [] : [{ kind: 'pair', left: 'Opened', right: minuteOf(drawer.openedAt) } as const]),
    { kind: 'pair', left: kind === 'Z' ? 'Closed' : 'Printed', right: minuteOf(report.at) },
    { kind: 'rule' },
    sum(`${report.payments} sales, ${currency}`, report.capturedMinor, true),
    sum(`${report.refunds} returns`, 0 - report.refundedMinor),
    { kind: 'rule' },
    sum('Float', drawer.floatMinor),
    sum('Cash put in', drawer.movedInMinor),
    sum('Cash taken out', 0 - drawer.movedOutMinor),
  ]
  if (counted !== undefined) {
    const { expectedMinor, countedMinor } = counted
    blocks.push(
      sum('Cash sales', drawer.takenMinor),
      sum('Cash returns', 0 - drawer.givenMinor),
      { kind: 'rule' },
      sum('Expected in the drawer', expectedMinor),
      sum('Counted', countedMinor),
      sum(countedMinor < expectedMinor ? 'SHORT' : 'OVER', countedMinor - expectedMinor, true),
    )
  }
  return blocks
}

const minuteOf = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

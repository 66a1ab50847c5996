import type { PrintBlock, PrintDocument } from '#protocol/device/messages.ts'
import { minuteIn } from '#protocol/local-time.ts'
import { decimal, type Currency, type Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { ReceiptHeading } from './receipt.ts'
import { reportWords } from './report-words.ts'
import type { How } from './tenders.ts'

/** What a working day at a till adds up to, in minor units. `counted`: once somebody has counted the drawer. */
export type ShiftReport = {
  readonly currency: Currency
  readonly at: EpochMs
  /** Paid for, each in one part or several. */
  readonly sales: number
  readonly capturedMinor: Minor
  /** Of what was captured, how it was paid, and how much of it was tips. */
  readonly ways?: Partial<Record<How, Minor>>
  readonly tipsMinor?: Minor | undefined
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
  /** Foreign notes that were counted with it, each in its own minor units. */
  readonly foreign?: readonly { readonly currency: Currency; readonly expectedMinor: Minor; readonly countedMinor: Minor }[]
}

/**
 * X: the day so far. Z: the day that was closed. What is cash of it, and so what the drawer should hold, is only on the Z of a drawer that was counted:
 * whoever counts must not be able to read it first.
 */
export function shiftReport(kind: 'X' | 'Z', report: ShiftReport, heading: Omit<ReceiptHeading, 'at' | 'copy'>): PrintDocument {
  const words = reportWords(heading.language)
  const { currency, drawer, counted } = report
  const sum = (left: string, minor: Minor, bold?: true): PrintBlock => ({
    kind: 'pair',
    left,
    right: decimal({ amountMinor: minor, currency }),
    ...(bold === undefined ? {} : { bold }),
  })
  const blocks: PrintBlock[] = [
    { kind: 'text', text: words.title[kind], align: 'center', bold: true, size: 'double' },
    { kind: 'text', text: heading.merchant, align: 'center' },
    { kind: 'pair', left: heading.store, right: heading.till },
    ...(drawer.openedAt === undefined ? [] : [{ kind: 'pair', left: words.opened, right: minuteIn(heading.timeZone, drawer.openedAt) } as const]),
    { kind: 'pair', left: kind === 'Z' ? words.closed : words.printed, right: minuteIn(heading.timeZone, report.at) },
    { kind: 'rule' },
    sum(`${words.sales} (${report.sales}), ${currency}`, report.capturedMinor, true),
    ...(report.tipsMinor === undefined ? [] : [sum(words.ofWhichTips, report.tipsMinor)]),
    sum(`${words.returns} (${report.refunds})`, 0 - report.refundedMinor),
    { kind: 'rule' },
    sum(words.float, drawer.floatMinor),
    sum(words.putIn, drawer.movedInMinor),
    sum(words.takenOut, 0 - drawer.movedOutMinor),
  ]
  if (counted !== undefined) {
    const { expectedMinor, countedMinor } = counted
    blocks.push(
      sum(words.cashSales, drawer.takenMinor),
      sum(words.cashReturns, 0 - drawer.givenMinor),
      { kind: 'rule' },
      sum(words.expected, expectedMinor),
      sum(words.counted, countedMinor),
      sum(words[differs(countedMinor, expectedMinor)], countedMinor - expectedMinor, true),
    )
  }
  for (const { currency: unit, expectedMinor, countedMinor } of report.foreign ?? []) {
    const notes = (left: string, minor: Minor): PrintBlock => ({ kind: 'pair', left, right: decimal({ amountMinor: minor, currency: unit }) })
    blocks.push({ kind: 'rule' }, notes(`${words.expected}, ${unit}`, expectedMinor), notes(`${words.counted}, ${unit}`, countedMinor))
  }
  if (counted !== undefined) for (const how of hows) if (report.ways?.[how] !== undefined) blocks.push(sum(words.paid[how], report.ways[how]))
  return blocks
}

/** Not on an X: whoever counts must not be able to read what was paid in cash. */
const hows: readonly How[] = ['cash', 'wallet', 'card', 'credit']
const differs = (counted: Minor, expected: Minor): 'short' | 'over' | 'exact' => (counted === expected ? 'exact' : counted < expected ? 'short' : 'over')

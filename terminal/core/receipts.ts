import type { PrintDocument } from '#protocol/device/messages.ts'
import type { Credit } from '#protocol/credit/code.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { ReceiptState } from '#protocol/till-api/api.ts'
import { SECOND } from '#protocol/time.ts'
import { receiptOf, returnReceiptOf, type ReceiptHeading, type Returned } from '../sale/receipt.ts'
import { goodsReceiptOf } from '../sale/return-receipt.ts'
import type { Approval } from './taking.ts'
import type { Printer } from './ports.ts'
import { parseRecord, type TillStore } from './store.ts'

const RECORD_COUNT = 'receipt/count'
const RECORD_LAST = 'receipt/last'
const RECORD_STATE = 'receipt/state'
/** A refund or a void that came after the last sale; `null` if none did. */
const RECORD_RETURNED = 'receipt/returned'
const PRINT_DEADLINE = 10 * SECOND

type Heading = Pick<ReceiptHeading, 'merchant' | 'store' | 'till' | 'servedBy' | 'language' | 'timeZone'>

/** A refund has a number of its own, a void only undoes the number of its sale. */
const jobOf = ({ kind, receiptNumber }: Returned): string => (kind === 'void' ? `void-${receiptNumber}` : receiptNumber)

/** Numbers the receipts of sales and refunds without a gap, prints them, and remembers the last one for a copy. */
export class Receipts {
  readonly #till: Id
  readonly #store: TillStore
  readonly #printer: Printer
  readonly #heading: (soldBy?: Id) => Heading
  readonly #newId: () => Id
  readonly #codeOf: (credit: Credit) => string
  #count: number
  #last: Approval | undefined
  #returned: Returned | undefined
  #state: ReceiptState
  #code: ErrorCode | undefined

  constructor(till: Id, store: TillStore, printer: Printer, heading: (soldBy?: Id) => Heading, newId: () => Id, codeOf: (credit: Credit) => string) {
    const kept = store.records('receipt/')
    const last = kept.get(RECORD_LAST)
    this.#till = till
    this.#store = store
    this.#printer = printer
    this.#heading = heading
    this.#newId = newId
    this.#codeOf = codeOf
    this.#count = Number(kept.get(RECORD_COUNT) ?? 0)
    this.#last = last === undefined ? undefined : parseRecord<Approval>(last)
    this.#returned = parseRecord<Returned | null>(kept.get(RECORD_RETURNED) ?? 'null') ?? undefined
    // Stored as `unknown` until the printer has answered: after a crash nobody knows, and nobody prints it again unasked.
    this.#state = (kept.get(RECORD_STATE) as ReceiptState | undefined) ?? 'unknown'
  }

  /** The last sale. */
  get last(): Approval | undefined {
    return this.#last
  }

  /** The refund, return or void that came after the last sale. */
  get returned(): Returned | undefined {
    return this.#returned
  }

  /** What `copy` would print: the last sale, refund or void. */
  get newest(): { readonly number: string; readonly totalMinor: Minor } | undefined {
    if (this.#returned !== undefined) return { number: this.#returned.receiptNumber, totalMinor: this.#returned.amountMinor }
    return this.#last === undefined ? undefined : { number: this.#last.sale.receiptNumber, totalMinor: this.#last.sale.totalMinor }
  }

  /** Why the last sale's did not come out, where the printer said. */
  get code(): ErrorCode | undefined {
    return this.#code
  }

  get state(): ReceiptState {
    return this.#state
  }

  /** The next number of this epoch. It counts only once the sale or refund that carries it is on the disk, together with `put` or `putReturned`. */
  next(epoch: number): string {
    return `${this.#till.slice(-6).toUpperCase()}-${epoch}-${String(this.#count + 1).padStart(6, '0')}`
  }

  /** What has to be stored with the first part of a sale, which has the next number from then on. */
  putReserved(): Record<string, string> {
    return { [RECORD_COUNT]: String(this.#count + 1) }
  }

  /** That part is on the disk. */
  reserved(): void {
    this.#count += 1
  }

  /** What has to be stored with the sale that gets the next number, or has had its own since its first part. */
  put(approval: Approval, isReserved: boolean): Record<string, string> {
    return {
      ...(isReserved ? {} : this.putReserved()),
      [RECORD_LAST]: JSON.stringify(approval),
      [RECORD_STATE]: 'unknown',
      [RECORD_RETURNED]: 'null',
    }
  }

  /** What has to be stored with a refund, which gets the next number, or with a void. */
  putReturned(returned: Returned): Record<string, string> {
    const counted: Record<string, string> = returned.kind !== 'void' ? { [RECORD_COUNT]: String(this.#count + 1) } : {}
    return { ...counted, [RECORD_RETURNED]: JSON.stringify(returned) }
  }

  /** The sale is on the disk: prints its receipt. */
  issue(approval: Approval, isReserved: boolean): void {
    if (!isReserved) this.#count += 1
    this.#last = approval
    this.#returned = undefined
    this.#code = undefined
    this.#state = this.#print(approval.sale.receiptNumber, this.#saleDocument(approval, false))
  }

  /** The refund or void is on the disk: prints its receipt. False when no printer is there. */
  issueReturned(returned: Returned): boolean {
    if (returned.kind !== 'void') this.#count += 1
    this.#returned = returned
    return this.#print(jobOf(returned), this.#returnDocument(returned, false)) === 'printing'
  }

  /** The last receipt once more, marked as a copy. False when there is none or no printer. */
  copy(): boolean {
    if (this.#returned !== undefined) return this.#print(`${jobOf(this.#returned)}/${this.#newId()}`, this.#returnDocument(this.#returned, true)) === 'printing'
    if (this.#last === undefined) return false
    this.#code = undefined
    this.#state = this.#print(`${this.#last.sale.receiptNumber}/${this.#newId()}`, this.#saleDocument(this.#last, true))
    return this.#state === 'printing'
  }

  /** What became of a job. False when it is about a receipt that is not the last any more. Throws StoreError. */
  printed(job: string, result: 'printed' | 'failed' | 'unknown', code?: ErrorCode): boolean {
    const [of] = job.split('/')
    if (this.#returned !== undefined && of === jobOf(this.#returned)) return true
    if (this.#last === undefined || of !== this.#last.sale.receiptNumber) return false
    this.#store.commit({ put: { [RECORD_STATE]: result } })
    this.#state = result
    this.#code = result === 'printed' ? undefined : code
    return true
  }

  #print(job: string, document: PrintDocument): ReceiptState {
    return this.#printer.print(job, document, PRINT_DEADLINE) ? 'printing' : 'no_printer'
  }

  /** A gift card's code is like money: the paper that came out has it, and a copy has it only where none did. */
  #saleDocument({ sale, at, decidedBy, cash, parts, credits = [] }: Approval, copy: boolean): PrintDocument {
    const printed = copy && this.#state === 'printed' ? [] : credits.map((credit) => ({ code: this.#codeOf(credit), amountMinor: credit.amountMinor }))
    return receiptOf(sale, { ...this.#heading(sale.staff), at, copy }, decidedBy, cash, { parts, credits: printed })
  }

  #returnDocument(returned: Returned, copy: boolean): PrintDocument {
    const { goods, credit, at } = returned
    if (goods === undefined) return returnReceiptOf(returned, { ...this.#heading(), at, copy })
    return goodsReceiptOf(goods, { ...this.#heading(goods.staff), at, copy }, credit === undefined ? undefined : this.#codeOf(credit))
  }
}

import type { PrintDocument } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { ReceiptState } from '#protocol/till-api/api.ts'
import { SECOND } from '#protocol/time.ts'
import { receiptOf, returnReceiptOf, type ReceiptHeading, type Returned } from '../sale/receipt.ts'
import type { Approval } from './paying.ts'
import type { Printer } from './ports.ts'
import { parseRecord, type TillStore } from './store.ts'

const RECORD_COUNT = 'receipt/count'
const RECORD_LAST = 'receipt/last'
const RECORD_STATE = 'receipt/state'
/** A refund or a void that came after the last sale; `null` if none did. */
const RECORD_RETURNED = 'receipt/returned'
const PRINT_DEADLINE = 10 * SECOND

type Heading = Pick<ReceiptHeading, 'merchant' | 'store' | 'till' | 'servedBy'>

/** A refund has a number of its own, a void only undoes the number of its sale. */
const jobOf = ({ kind, receiptNumber }: Returned): string => (kind === 'refund' ? receiptNumber : `void-${receiptNumber}`)

/** Numbers the receipts of sales and refunds without a gap, prints them, and remembers the last one for a copy. */
export class Receipts {
  readonly #till: Id
  readonly #store: TillStore
  readonly #printer: Printer
  readonly #heading: (soldBy?: Id) => Heading
  readonly #newId: () => Id
  #count: number
  #last: Approval | undefined
  #returned: Returned | undefined
  #state: ReceiptState
  #code: ErrorCode | undefined

  constructor(till: Id, store: TillStore, printer: Printer, heading: (soldBy?: Id) => Heading, newId: () => Id) {
    const kept = store.records('receipt/')
    const last = kept.get(RECORD_LAST)
    this.#till = till
    this.#store = store
    this.#printer = printer
    this.#heading = heading
    this.#newId = newId
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

  /** What has to be stored with the sale that gets the next number. */
  put(approval: Approval): Record<string, string> {
    return {
      [RECORD_COUNT]: String(this.#count + 1),
      [RECORD_LAST]: JSON.stringify(approval),
      [RECORD_STATE]: 'unknown',
      [RECORD_RETURNED]: 'null',
    }
  }

  /** What has to be stored with a refund, which gets the next number, or with a void. */
  putReturned(returned: Returned): Record<string, string> {
    const counted: Record<string, string> = returned.kind === 'refund' ? { [RECORD_COUNT]: String(this.#count + 1) } : {}
    return { ...counted, [RECORD_RETURNED]: JSON.stringify(returned) }
  }

  /** The sale is on the disk: prints its receipt. */
  issue(approval: Approval): void {
    this.#count += 1
    this.#last = approval
    this.#returned = undefined
    this.#code = undefined
    this.#state = this.#print(approval.sale.receiptNumber, this.#saleDocument(approval, false))
  }

  /** The refund or void is on the disk: prints its receipt. False when no printer is there. */
  issueReturned(returned: Returned): boolean {
    if (returned.kind === 'refund') this.#count += 1
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

  #saleDocument({ sale, at, decidedBy, cash }: Approval, copy: boolean): PrintDocument {
    return receiptOf(sale, { ...this.#heading(sale.staff), at, copy }, decidedBy, cash)
  }

  #returnDocument(returned: Returned, copy: boolean): PrintDocument {
    return returnReceiptOf(returned, { ...this.#heading(), at: returned.at, copy })
  }
}

import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { ReceiptState } from '#protocol/till-api/api.ts'
import { SECOND } from '#protocol/time.ts'
import { receiptOf } from '../sale/receipt.ts'
import type { Approval } from './paying.ts'
import type { Printer } from './ports.ts'
import { parseRecord, type TillStore } from './store.ts'

const RECORD_COUNT = 'receipt/count'
const RECORD_LAST = 'receipt/last'
const RECORD_STATE = 'receipt/state'
const PRINT_DEADLINE = 10 * SECOND

type Heading = { readonly merchant: string; readonly store: string; readonly till: string }

/** Numbers receipts without a gap, prints them, and remembers the last one for a copy. */
export class Receipts {
  readonly #till: Id
  readonly #store: TillStore
  readonly #printer: Printer
  readonly #heading: () => Heading
  readonly #newId: () => Id
  #count: number
  #last: Approval | undefined
  #state: ReceiptState
  #code: ErrorCode | undefined

  constructor(till: Id, store: TillStore, printer: Printer, heading: () => Heading, newId: () => Id) {
    const kept = store.records('receipt/')
    const last = kept.get(RECORD_LAST)
    this.#till = till
    this.#store = store
    this.#printer = printer
    this.#heading = heading
    this.#newId = newId
    this.#count = Number(kept.get(RECORD_COUNT) ?? 0)
    this.#last = last === undefined ? undefined : parseRecord<Approval>(last)
    // Stored as `unknown` until the printer has answered: after a crash nobody knows, and nobody prints it again unasked.
    this.#state = (kept.get(RECORD_STATE) as ReceiptState | undefined) ?? 'unknown'
  }

  get last(): Approval | undefined {
    return this.#last
  }

  /** Why it did not come out, where the printer said. */
  get code(): ErrorCode | undefined {
    return this.#code
  }

  get state(): ReceiptState {
    return this.#state
  }

  /** The next number of this epoch. It counts only once the sale that carries it is on the disk, together with `put`. */
  next(epoch: number): string {
    return `${this.#till.slice(-6).toUpperCase()}-${epoch}-${String(this.#count + 1).padStart(6, '0')}`
  }

  /** What has to be stored with the sale that gets the next number. */
  put(approval: Approval): Record<string, string> {
    return { [RECORD_COUNT]: String(this.#count + 1), [RECORD_LAST]: JSON.stringify(approval), [RECORD_STATE]: 'unknown' }
  }

  /** The sale is on the disk: prints its receipt. */
  issue(approval: Approval): void {
    this.#count += 1
    this.#last = approval
    this.#state = this.#print(approval, approval.sale.receiptNumber, false)
  }

  /** The last receipt once more, marked as a copy. False when there is none or no printer. */
  copy(): boolean {
    if (this.#last === undefined) return false
    this.#state = this.#print(this.#last, `${this.#last.sale.receiptNumber}/${this.#newId()}`, true)
    return this.#state === 'printing'
  }

  /** What became of a job. False when it is not about the last receipt. Throws StoreError. */
  printed(job: string, result: 'printed' | 'failed' | 'unknown', code?: ErrorCode): boolean {
    if (this.#last === undefined || job.split('/')[0] !== this.#last.sale.receiptNumber) return false
    this.#store.commit({ put: { [RECORD_STATE]: result } })
    this.#state = result
    this.#code = result === 'printed' ? undefined : code
    return true
  }

  #print(approval: Approval, job: string, copy: boolean): ReceiptState {
    this.#code = undefined
    const document = receiptOf(approval.sale, { ...this.#heading(), at: approval.at, decidedBy: approval.decidedBy, copy })
    return this.#printer.print(job, document, PRINT_DEADLINE) ? 'printing' : 'no_printer'
  }
}

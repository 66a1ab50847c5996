import type { ErrorCode } from '../errors.ts'
import type { Id } from '../ids.ts'
import type { EpochMs } from '../time.ts'

/**
 * Console ⇄ hub, about receipts that customers wanted sent: `GET /api/sendings` answers the newest. `to`: enough of the address to recognise it by, as long as its key
 * is there. `POST /api/sendings/{id}/erase` destroys the key of this address and of every request that goes to the same one; `POST /api/sendings/erase` does so for
 * an address that somebody names.
 */
export type SendingsState = { readonly sendings: readonly SendingState[] }
export type SendingState = {
  readonly id: Id
  readonly till: string
  readonly receiptNumber: string
  readonly at: EpochMs
  readonly state: 'waiting' | 'handing' | 'sent' | 'failed' | 'erased'
  readonly code?: ErrorCode
  readonly to?: string
}
/** How many requests went to that address. */
export type Erased = { readonly erased: number }

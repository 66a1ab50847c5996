import { z } from 'zod'
import { isEventType, type HubEvent } from './event.ts'
import { eventRow } from './outbox.ts'
import { booksOf } from '../api/v1/books.ts'
import { refundTransfer, transferIds } from '../ledger/names.ts'
import type { Transfer } from '../ledger/ledger.ts'
import { payoutDocument, readPayout } from '../settlement/payout.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Clock } from '#protocol/time.ts'

const CURSOR = 'webhook-cursor'
const AT_ONCE = 500
const cursor = z.strictObject({ seq: z.int() })

export type FollowingPorts = {
  readonly store: HubStore
  readonly clock: Pick<Clock, 'now'>
  readonly crypto: Pick<Crypto, 'randomBytes'>
  readonly shopMerchant: string
}

/**
 * What happened to money, read from the ledger: its postings are in the very commits that changed it, so they are the outbox, and intake pays nothing for
 * webhooks that nobody wants. How far it was read is stored with the events that came of it: each posting is told of once, whenever the hub is killed.
 */
export function createFollowing({ store, clock, crypto, shopMerchant }: FollowingPorts) {
  async function eventOf(transfer: Transfer): Promise<HubEvent | undefined> {
    const { id, payment } = transfer
    const [kind = '', payoutId = '', state = ''] = id.split('/')
    const type = `payout.${state}`
    if (kind === 'payout' && isEventType(type)) {
      const [row] = await store.get('documents', [payoutDocument(payoutId)])
      if (row === undefined) return undefined
      const { merchant, amountMinor, currency } = readPayout(row)
      return { type, merchant, subject: payoutId, data: { id: payoutId, state, amountMinor: String(amountMinor), currency } }
    }
    if (payment === undefined) return undefined
    const ids = transferIds(payment)
    const settled = id === ids.post || id === ids.pay
    if (!settled && id !== ids.return && id !== refundTransfer(kind)) return undefined
    const view = await booksOf(store, shopMerchant, shopMerchant).payment(payment)
    return view && { type: settled ? 'payment.settled' : 'payment.refunded', merchant: shopMerchant, subject: payment, data: view }
  }

  return {
    /** For the commit that adds who listens: from here on events are made. Nothing when they are already. */
    async begin(): Promise<readonly DocumentRow[]> {
      const [known] = await store.get('documents', [CURSOR])
      if (known !== undefined) return []
      const { lastPosting } = await store.summary(Number.MAX_SAFE_INTEGER)
      return [{ id: CURSOR, version: 0, dueAt: undefined, body: JSON.stringify({ seq: lastPosting }) }]
    },
    /** True when there may be more. */
    async work(): Promise<boolean> {
      const [row] = await store.get('documents', [CURSOR])
      if (row === undefined) return false
      const transfers = await store.transfersAfter(cursor.parse(JSON.parse(row.body)).seq, AT_ONCE)
      const last = transfers.at(-1)
      if (last === undefined) return false
      const events: DocumentRow[] = []
      for (const transfer of transfers) {
        const event = await eventOf(transfer)
        if (event !== undefined) events.push(eventRow({ clock, crypto }, event))
      }
      await store.commit({ documents: [...events, { ...row, body: JSON.stringify({ seq: last.seq }) }] })
      return transfers.length === AT_ONCE
    },
  }
}

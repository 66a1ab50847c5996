import { z } from 'zod'
import { refuse, sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { ok } from '#protocol/outcome.ts'
import { MAX_ADDRESS } from '#protocol/receipt-address.ts'

/** What a phone read from the QR code of a receipt (protocol/receipt-text.ts). */
const shownReceipt = z.strictObject({ text: z.string().min(1).max(4000) })
const named = z.strictObject({ address: z.string().min(1).max(MAX_ADDRESS) })
const nothing = z.strictObject({})

/** Receipts: whose they are, and those that were sent (protocol/hub-api/receipts.ts). */
export function receiptRoutes({ signerOfReceipt, receipts }: Pick<Hub, 'signerOfReceipt' | 'receipts'>): [string, Handler][] {
  const check: [string, Handler] = [
    'POST /api/receipts/check',
    posted(shownReceipt, async ({ text }) => ok({ signedBy: (await signerOfReceipt(text)) ?? null })),
  ]
  if (receipts === undefined) return [check, ['GET /api/sendings', (_request, response) => refuse(response, 404, 'receipt.cannot_send', 'this hub sends none')]]
  return [
    check,
    ['GET /api/sendings', async (_request, response) => sendJson(response, 200, await receipts.state())],
    ['POST /api/sendings/erase', posted(named, ({ address }) => receipts.eraseAddress(address))],
    ['POST /api/sendings/:id/erase', posted(nothing, (_body, id) => receipts.erase(id))],
  ]
}

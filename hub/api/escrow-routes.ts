import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { actingFor, type WhoAsks } from './acting.ts'
import { sendJson } from './guard.ts'
import type { Handler } from './posted.ts'
import { proposalOf, type Escrow } from '../escrow/escrow.ts'
import { LONGEST_ESCROW } from '../escrow/escrows.ts'
import type { Hub } from '../hub.ts'
import type { EscrowState, EscrowView } from '#protocol/hub-api/escrow.ts'
import { id as paymentId } from '#protocol/journal/entry.ts'
import { DAY } from '#protocol/time.ts'
import { walletId } from '#protocol/wallet-api/ask.ts'

const MAX_SHOWN = 200
const by = z.string().trim().min(1).max(80).optional()
const words = z.string().trim().min(1).max(500)
const refundMinor = z.int().min(0)
const newEscrow = z.strictObject({
  payment: paymentId,
  amountMinor: z.int().min(1),
  about: words,
  days: z
    .int()
    .min(1)
    .max(LONGEST_ESCROW / DAY),
  atDeadline: z.enum(['release', 'refund']),
  payees: z
    .array(z.strictObject({ wallet: walletId.optional(), parts: z.int().min(1).max(1_000_000) }))
    .min(1)
    .max(10)
    .optional(),
  by,
})

/** Money that waits for a delivery: see protocol/hub-api/escrow.ts. Disputes are decided here, by people. */
export function escrowRoutes({ escrows }: Pick<Hub, 'escrows'>, whoAsks: WhoAsks): [string, Handler][] {
  async function state(request: IncomingMessage): Promise<EscrowState> {
    const who = await whoAsks(request)
    const [open, ended] = [await escrows.list({ open: true, limit: MAX_SHOWN }), await escrows.list({ open: false, limit: 20 })]
    return { ...(who !== undefined && { who }), open: open.map(viewOf), ended: ended.map(viewOf) }
  }
  const acting = actingFor(whoAsks, state)
  return [
    ['GET /api/escrows', async (request, response) => sendJson(response, 200, await state(request))],
    ['POST /api/escrows', acting(newEscrow, ({ payment, days, by: _by, ...terms }, who) => escrows.open(payment, { ...terms, forMs: days * DAY }, who))],
    [
      'POST /api/escrows/:id/decide',
      acting(z.strictObject({ refundMinor, reason: words, by }), (body, who, payment) =>
        escrows.act(payment, { event: 'decide', by: who, words: body.reason, refundMinor: body.refundMinor }),
      ),
    ],
    [
      'POST /api/escrows/:id/agree',
      acting(z.strictObject({ refundMinor, by }), (body, who, payment) => escrows.act(payment, { event: 'agree', by: who, refundMinor: body.refundMinor })),
    ],
    [
      'POST /api/escrows/:id/refuse',
      acting(z.strictObject({ reason: words, by }), ({ reason }, who, payment) => escrows.act(payment, { event: 'refuse', by: who, words: reason })),
    ],
    [
      'POST /api/escrows/:id/evidence',
      acting(z.strictObject({ words, by }), (body, who, payment) => escrows.act(payment, { event: 'evidence', side: 'seller', by: who, words: body.words })),
    ],
  ]
}

function viewOf(escrow: Escrow): EscrowView {
  const { payment, currency, amountMinor, about, state, deadline, atDeadline, evidenceUntil, steps, ended } = escrow
  const proposed = proposalOf(escrow)?.refundMinor
  return {
    payment,
    currency,
    amountMinor,
    about,
    state,
    deadline,
    atDeadline,
    steps,
    ...(evidenceUntil !== undefined && { evidenceUntil }),
    ...(proposed !== undefined && { proposedRefundMinor: proposed }),
    ...(ended !== undefined && { refundedMinor: ended.refundedMinor }),
  }
}

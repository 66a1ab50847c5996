import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { actingFor, type WhoAsks } from './acting.ts'
import { sendJson } from './guard.ts'
import { answer, type Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { settlementState, windowDetail } from '../settlement/views.ts'
import { isId, type Id } from '#protocol/ids.ts'
import { fail, type Outcome } from '#protocol/outcome.ts'

const by = z.string().trim().min(1).max(80).optional()
const approval = z.strictObject({ digest: z.string().max(64), by })
const person = z.strictObject({ by })
const rejection = z.strictObject({ reason: z.string().trim().min(1).max(200), by })

/** Windows and payouts: see protocol/hub-api/settlement.ts. */
export function settlementRoutes(hub: Pick<Hub, 'settlement' | 'merchants'>, whoAsks: WhoAsks): [string, Handler][] {
  const { payouts } = hub.settlement
  const state = async (request: IncomingMessage) => await settlementState(hub, await whoAsks(request))
  const acting = actingFor(whoAsks, state)
  const ofPayout = (id: string, act: (payout: Id) => Promise<Outcome<unknown>>) => (isId(id) ? act(id) : Promise.resolve(fail('payout.unknown')))
  return [
    ['GET /api/settlement', async (request, response) => sendJson(response, 200, await state(request))],
    ['GET /api/windows/:id', async (_request, response, id) => answer(response, await windowDetail(hub, id))],
    ['POST /api/windows/:id/close', acting(person, (_body, who, id) => hub.settlement.closeNow(id, who))],
    ['POST /api/payouts/:id/approve', acting(approval, ({ digest }, who, id) => ofPayout(id, (payout) => payouts.approve(payout, who, digest)))],
    ['POST /api/payouts/:id/reject', acting(rejection, ({ reason }, who, id) => ofPayout(id, (payout) => payouts.reject(payout, who, reason)))],
  ]
}

import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { readJson, refuse, sendJson } from './guard.ts'
import { answer, type Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { settlementState, windowDetail } from '../settlement/views.ts'
import { isId } from '#protocol/ids.ts'
import { fail, type Outcome } from '#protocol/outcome.ts'

/** Who is signed in. Undefined: nobody has to be. */
export type WhoAsks = (request: IncomingMessage) => Promise<string | undefined>

const by = z.string().trim().min(1).max(80).optional()
const approval = z.strictObject({ digest: z.string().max(64), by })
const rejection = z.strictObject({ reason: z.string().trim().min(1).max(200), by })

/** Windows and payouts: see protocol/hub-api/settlement.ts. */
export function settlementRoutes(hub: Pick<Hub, 'settlement' | 'merchants'>, whoAsks: WhoAsks): [string, Handler][] {
  const { payouts } = hub.settlement
  /** Whoever is signed in is who acts, whatever the body says; only where nobody can be is a name believed. */
  function acting<S extends z.ZodType<{ readonly by?: string | undefined }>>(
    schema: S,
    act: (id: string, who: string, body: z.infer<S>) => Promise<Outcome<unknown>>,
  ): Handler {
    return async (request, response, id) => {
      const body = await readJson(request)
      const parsed = body.ok ? schema.safeParse(body.value) : undefined
      if (parsed?.success !== true) return refuse(response, 400, 'wire.malformed')
      const signedIn = await whoAsks(request)
      const who = signedIn ?? parsed.data.by
      if (who === undefined) return refuse(response, 400, 'wire.malformed', 'nobody is named')
      const done = isId(id) ? await act(id, who, parsed.data) : fail('payout.unknown')
      if (!done.ok) return answer(response, done)
      sendJson(response, 200, await settlementState(hub, signedIn))
    }
  }
  return [
    ['GET /api/settlement', async (request, response) => sendJson(response, 200, await settlementState(hub, await whoAsks(request)))],
    ['GET /api/windows/:id', async (_request, response, id) => answer(response, await windowDetail(hub, id))],
    ['POST /api/payouts/:id/approve', acting(approval, (id, who, { digest }) => payouts.approve(id, who, digest))],
    ['POST /api/payouts/:id/reject', acting(rejection, (id, who, { reason }) => payouts.step(id, 'reject', { by: who, ref: reason }))],
  ]
}

import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { actingFor, type WhoAsks } from './acting.ts'
import { sendJson } from './guard.ts'
import type { Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { confirmRates, type RatesView } from '#protocol/hub-api/exchange.ts'

/** By what the hub exchanges, and a person's word about rates that have jumped. */
export function rateRoutes({ rates }: Pick<Hub, 'rates'>, whoAsks: WhoAsks): [string, Handler][] {
  if (rates === undefined) return []
  const { view } = rates
  const confirmed = confirmRates.extend({ by: z.string().trim().min(1).max(80).optional() })
  async function state(request: IncomingMessage): Promise<RatesView> {
    const who = await whoAsks(request)
    return { ...(who !== undefined && { who }), ...view() }
  }
  return [
    ['GET /api/rates', async (request, response) => sendJson(response, 200, await state(request))],
    ['POST /api/rates/confirm', actingFor(whoAsks, state)(confirmed, ({ at }, who) => rates.confirm(at, who))],
  ]
}

import { z } from 'zod'
import { refuse, sendJson } from './guard.ts'
import type { BankRoutes } from './bank-routes.ts'
import type { Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { attention } from '../watch/attention.ts'
import { createPlaces } from '../watch/places.ts'
import { postingsBehind } from '../watch/postings.ts'
import { places } from '#protocol/hub-api/conservation.ts'
import type { Timers } from '#protocol/time.ts'

const wanted = z.strictObject({
  place: z.enum([...places, 'held']).optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  account: z.string().min(1).max(200).optional(),
  before: z.coerce.number().int().positive().safe().optional(),
})

/** See protocol/hub-api/watch.ts. */
export function watchRoutes(
  hub: Pick<Hub, 'merchants' | 'settlement' | 'policy' | 'risk' | 'changed'>,
  { store, clock, desk }: BankRoutes,
  timers: Timers,
): [string, Handler][] {
  const whereMoneyIs = createPlaces({ store, clock, timers, caughtUp: () => hub.changed() })
  return [
    ['GET /api/places', async (_request, response) => sendJson(response, 200, await whereMoneyIs.view())],
    ['GET /api/attention', async (_request, response) => sendJson(response, 200, await attention({ hub, store, clock, desk }))],
    [
      'GET /api/postings',
      async (request, response) => {
        const asked = wanted.safeParse(Object.fromEntries(new URL(request.url ?? '', 'http://hub').searchParams))
        if (!asked.success) return refuse(response, 400, 'wire.malformed', z.prettifyError(asked.error).slice(0, 400))
        sendJson(response, 200, await postingsBehind(store, asked.data))
      },
    ],
  ]
}

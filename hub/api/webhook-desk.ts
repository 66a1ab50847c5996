import { z } from 'zod'
import type { WhoAsks } from './acting.ts'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { Enabling } from '../webhooks/enabling.ts'
import { ok } from '#protocol/outcome.ts'

const wanted = z.strictObject({ merchant: z.string().regex(/^[\w-]{1,100}$/), replay: z.boolean() })
/** Where nobody has to sign in: whoever sits at this machine. */
const WHO = 'console'

/** Webhooks at the console: see protocol/hub-api/programs.ts. */
export const webhookDesk = (desk: Enabling, whoAsks: WhoAsks): [string, Handler][] => [
  ['GET /api/webhooks', async (_request, response) => sendJson(response, 200, await desk.list())],
  [
    'POST /api/webhooks/:id/enable',
    posted(wanted, async ({ merchant, replay }, id, request) => {
      const enabled = await desk.enable(merchant, id, replay, (await whoAsks(request)) ?? WHO)
      return enabled.ok ? ok(await desk.list()) : enabled
    }),
  ],
]

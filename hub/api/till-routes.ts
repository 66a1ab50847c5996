import { z } from 'zod'
import { refuse, sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { WhoAsks } from './acting.ts'
import type { Hub } from '../hub.ts'

const newTill = z.strictObject({ name: z.string().trim().min(1).max(80) })
const nothing = z.strictObject({})
const because = z.strictObject({ why: z.string().trim().min(1).max(200).optional() })

/** Tills: see protocol/hub-api/tills.ts. */
export function tillRoutes(hub: Pick<Hub, 'tillFile' | 'registerTill' | 'revokeTill' | 'renewCode' | 'fleet'>, whoAsks: WhoAsks): [string, Handler][] {
  return [
    [
      'GET /api/tills/:id',
      async (_request, response, id) => {
        const file = await hub.tillFile(id)
        if (file === undefined) refuse(response, 404, 'custody.unknown_till')
        else sendJson(response, 200, file)
      },
    ],
    ['POST /api/tills', posted(newTill, async ({ name }, _id, request) => await hub.registerTill(name, await whoAsks(request)))],
    ['POST /api/tills/:id/revoke', posted(because, async ({ why }, id, request) => await hub.revokeTill(id, await whoAsks(request), why))],
    ['POST /api/tills/:id/rekey', posted(because, async ({ why }, id, request) => await hub.fleet.rekey(id, (await whoAsks(request)) ?? 'operator', why))],
    ['POST /api/tills/:id/code', posted(nothing, async (_body, id, request) => await hub.renewCode(id, await whoAsks(request)))],
  ]
}

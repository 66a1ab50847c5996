import { z } from 'zod'
import { sendJson } from './guard.ts'
import { posted, type Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import { id as anId, MAX_CASH_MINOR } from '#protocol/journal/entry.ts'
import { isId } from '#protocol/ids.ts'
import { fail } from '#protocol/outcome.ts'

const newCredit = z.strictObject({ creditId: anId, amountMinor: z.int().positive().max(MAX_CASH_MINOR) })
const nothing = z.strictObject({})

/** Gift cards and store credit: see protocol/hub-api/credits.ts. */
export const creditRoutes = ({ credits }: Pick<Hub, 'credits'>): [string, Handler][] => [
  ['GET /api/credits', async (_request, response) => sendJson(response, 200, await credits.state())],
  ['POST /api/credits', posted(newCredit, (wish) => credits.issue(wish))],
  ['POST /api/credits/:id/release', posted(nothing, async (_body, id) => (isId(id) ? await credits.release(id) : fail('credit.unknown')))],
]

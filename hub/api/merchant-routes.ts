import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { sendJson } from './guard.ts'
import { answer, posted, type Handler } from './posted.ts'
import type { WhoAsks } from './acting.ts'
import type { Administering } from '../merchants/administering.ts'
import type { MerchantDetail } from '#protocol/hub-api/merchants.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

const by = z.string().trim().min(1).max(80).optional()
/** The terms themselves are read by `merchantTerms`, once they have their ids. */
const change = z.strictObject({ terms: z.record(z.string(), z.unknown()), before: z.int().min(0), from: epochMs.optional(), by })
const decision = z.strictObject({ number: z.int().min(1), by })

/** With whom the hub settles, and on what terms: see protocol/hub-api/merchants.ts. */
export function merchantRoutes(desk: Administering, whoAsks: WhoAsks): [string, Handler][] {
  /** Whoever is signed in is who acts, whatever the body says. */
  async function acting(
    request: IncomingMessage,
    said: string | undefined,
    act: (who: string) => Promise<Outcome<MerchantDetail>>,
  ): Promise<Outcome<MerchantDetail>> {
    const signedIn = await whoAsks(request)
    const who = signedIn ?? said
    if (who === undefined) return fail('wire.malformed', 'nobody is named')
    const done = await act(who)
    return done.ok ? ok({ ...done.value, ...(signedIn !== undefined && { who: signedIn }) }) : done
  }
  const named = async (request: IncomingMessage) => {
    const who = await whoAsks(request)
    return who === undefined ? {} : { who }
  }
  return [
    ['GET /api/merchants', async (request, response) => sendJson(response, 200, { ...(await desk.state()), ...(await named(request)) })],
    [
      'GET /api/merchants/:id',
      async (request, response, id) => {
        const found = await desk.detail(id)
        answer(response, found.ok ? ok({ ...found.value, ...(await named(request)) }) : found)
      },
    ],
    [
      'POST /api/merchants',
      posted(change, ({ terms, before, from, by: said }, _id, request) => acting(request, said, (who) => desk.change(terms, before, from, who))),
    ],
    ['POST /api/merchants/:id/agree', posted(decision, ({ number, by: said }, id, request) => acting(request, said, (who) => desk.agree(id, number, who)))],
    [
      'POST /api/merchants/:id/withdraw',
      posted(decision, ({ number, by: said }, id, request) => acting(request, said, (who) => desk.withdraw(id, number, who))),
    ],
  ]
}

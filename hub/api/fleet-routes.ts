import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { actingFor, type WhoAsks } from './acting.ts'
import { refuse, sendJson } from './guard.ts'
import type { Handler } from './posted.ts'
import type { Hub } from '../hub.ts'
import type { FleetState } from '#protocol/hub-api/fleet.ts'
import { fail } from '#protocol/outcome.ts'

const by = z.string().trim().min(1).max(80).optional()
const words = z.string().trim().min(1).max(500)
const justBy = z.strictObject({ by })
const because = z.strictObject({ why: words, by })
/** A need is named by two parts, in an address by one. */
const needOf = (id: string): string => id.replace('~', '/')

/** How tills are and who sees to them, and what they run next: see protocol/hub-api/fleet.ts. */
export function fleetRoutes({ fleet }: Pick<Hub, 'fleet'>, whoAsks: WhoAsks): [string, Handler][] {
  async function state(request: IncomingMessage): Promise<FleetState> {
    const who = await whoAsks(request)
    return { ...(who !== undefined && { who }), ...(await fleet.state()) }
  }
  const acting = actingFor(whoAsks, state)
  const { rollout, standings } = fleet
  const none = () => fail('fleet.no_release', 'no releases are published from here')
  return [
    ['GET /api/fleet', async (request, response) => sendJson(response, 200, await state(request))],
    [
      'GET /api/fleet/:id',
      async (_request, response, id) => {
        const past = await fleet.past(id)
        if (past === undefined) refuse(response, 404, 'custody.unknown_till')
        else sendJson(response, 200, past)
      },
    ],
    ['POST /api/needs/:id/take', acting(justBy, (_body, who, id) => fleet.act(needOf(id), 'take', who))],
    ['POST /api/needs/:id/leave', acting(justBy, (_body, who, id) => fleet.act(needOf(id), 'leave', who))],
    ['POST /api/needs/:id/done', acting(justBy, (_body, who, id) => fleet.act(needOf(id), 'done', who))],
    ['POST /api/needs/:id/note', acting(z.strictObject({ words, by }), (body, who, id) => fleet.act(needOf(id), 'note', who, body.words))],
    [
      'POST /api/rollout/widen',
      acting(z.strictObject({ perMille: z.int().min(1).max(1000), by }), async ({ perMille }, who) => (await rollout?.widen(perMille, who)) ?? none()),
    ],
    ['POST /api/rollout/halt', acting(because, async ({ why }, who) => (await rollout?.halt(who, why)) ?? none())],
    ['POST /api/rollout/go-on', acting(because, async ({ why }, who) => (await rollout?.goOn(standings, who, why)) ?? none())],
    [
      'POST /api/rollout/roll-back',
      acting(because.extend({ release: z.int().positive() }), async ({ release, why }, who) => (await rollout?.rollBack(release, who, why)) ?? none()),
    ],
  ]
}

import { z } from 'zod'
import { actingFor, type WhoAsks } from './acting.ts'
import { refuse, sendJson } from './guard.ts'
import type { Handler } from './posted.ts'
import type { BankDesk } from '../bank/desk.ts'
import { conserve } from '../bank/conservation.ts'
import { recountHeld } from '../escrow/recount.ts'
import { recountSettlement } from '../settlement/recount.ts'
import type { HubStore } from '../store/hub-store.ts'
import { id } from '#protocol/journal/entry.ts'
import type { Clock } from '#protocol/time.ts'

/** What the bank side of the console needs: `desk` is absent where the hub has no bank. */
export type BankRoutes = { readonly store: HubStore; readonly clock: Pick<Clock, 'now'>; readonly desk: BankDesk | undefined }

const person = z.string().trim().min(1).max(80)
const by = person.optional()
const words = z.string().trim().min(1).max(200)
const row = z.string().min(1).max(120)
const as = z.discriminatedUnion('to', [
  z.strictObject({ to: z.literal('payout'), payout: id }),
  z.strictObject({ to: z.literal('returned'), payout: id }),
  z.strictObject({ to: z.literal('fees') }),
  z.strictObject({ to: z.literal('own funds') }),
  z.strictObject({ to: z.literal('written off') }),
  z.strictObject({ to: z.literal('acquirer'), acquirer: z.string().min(1).max(64) }),
])

/** See protocol/hub-api/bank.ts and conservation.ts. Lines and incidents are named in the body, since their ids have slashes. */
export function bankRoutes({ store, clock, desk }: BankRoutes, whoAsks: WhoAsks): [string, Handler][] {
  const conservation = oneAtATime(() => conserve(store, clock.now()))
  const recount = oneAtATime(() => recountSettlement(store))
  const held = oneAtATime(() => recountHeld(store))
  const reports: [string, Handler][] = [
    ['GET /api/conservation', async (_request, response) => sendJson(response, 200, await conservation())],
    ['GET /api/escrows/recount', async (_request, response) => sendJson(response, 200, await held())],
    ['GET /api/settlement/recount', async (_request, response) => sendJson(response, 200, await recount())],
  ]
  if (desk === undefined) return [...reports, ['GET /api/bank', (_request, response) => refuse(response, 404, 'bank.off')]]
  const state = async (request: Parameters<WhoAsks>[0]) => {
    const who = await whoAsks(request)
    return { ...(await desk.state()), ...(who !== undefined && { who }) }
  }
  const acting = actingFor(whoAsks, state)
  return [
    ...reports,
    ['GET /api/bank', async (request, response) => sendJson(response, 200, await state(request))],
    [
      'GET /api/bank/statements/:id',
      async (_request, response, key) => {
        const [, currency = '', number = ''] = /^([A-Z]{3})-(\d{1,8})$/.exec(key) ?? []
        sendJson(response, 200, await desk.lines(currency, Number(number)))
      },
    ],
    ['POST /api/bank/files', acting(z.strictObject({ by }), (_body, who) => desk.writeFiles(who))],
    [
      'POST /api/bank/explain',
      acting(z.strictObject({ line: row, as, reason: words, by }), ({ line, as: what, reason }, who) => desk.explain(line, what, reason, who)),
    ],
    ['POST /api/bank/agree', acting(z.strictObject({ line: row, as, by }), ({ line, as: seen }, who) => desk.agree(line, who, seen))],
    ['POST /api/bank/refuse', acting(z.strictObject({ line: row, why: words, by }), ({ line, why }, who) => desk.refuse(line, who, why))],
    [
      'POST /api/bank/note',
      acting(z.strictObject({ line: row, text: words, assignedTo: person.optional(), by }), ({ line, text, assignedTo }, who) =>
        desk.note(line, who, text, assignedTo),
      ),
    ],
    [
      'POST /api/bank/close-incident',
      acting(z.strictObject({ incident: row, text: words, by }), ({ incident, text }, who) => desk.closeIncident(incident, who, text)),
    ],
  ]
}

/** It reads everything there is: whoever asks while somebody else waits for it gets the same. */
function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => (running ??= work().finally(() => (running = undefined)))
}

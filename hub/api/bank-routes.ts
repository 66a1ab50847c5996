import { z } from 'zod'
import { readJson, refuse, sendJson } from './guard.ts'
import { answer, type Handler } from './posted.ts'
import type { WhoAsks } from './settlement-routes.ts'
import type { BankDesk } from '../bank/desk.ts'
import { conserve } from '../bank/conservation.ts'
import type { HubStore } from '../store/hub-store.ts'
import { id } from '#protocol/journal/entry.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
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
  const report: [string, Handler] = ['GET /api/conservation', async (_request, response) => sendJson(response, 200, await conserve(store, clock.now()))]
  if (desk === undefined) return [report, ['GET /api/bank', (_request, response) => refuse(response, 404, 'bank.off')]]
  /** Whoever is signed in is who acts, whatever the body says; only where nobody can be is a name believed. Answers with what it has come to. */
  function acting<S extends z.ZodType<{ readonly by?: string | undefined }>>(
    schema: S,
    act: (body: z.infer<S>, who: string) => Promise<Outcome<unknown>>,
  ): Handler {
    return async (request, response) => {
      const body = await readJson(request)
      const parsed = body.ok ? schema.safeParse(body.value) : undefined
      if (parsed?.success !== true) return refuse(response, 400, 'wire.malformed')
      const who = (await whoAsks(request)) ?? parsed.data.by
      if (who === undefined) return refuse(response, 400, 'wire.malformed', 'nobody is named')
      const done = await act(parsed.data, who)
      answer(response, done.ok ? ok(await state(request)) : done)
    }
  }
  const state = async (request: Parameters<WhoAsks>[0]) => {
    const who = await whoAsks(request)
    return { ...(await desk.state()), ...(who !== undefined && { who }) }
  }
  return [
    report,
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
    ['POST /api/bank/agree', acting(z.strictObject({ line: row, by }), ({ line }, who) => desk.agree(line, who))],
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

import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Events } from './events.ts'
import { readJson, refuse, sendJson } from './guard.ts'
import type { DemoWallets } from '../demo-wallets.ts'
import type { Hub } from '../hub.ts'
import { hash } from '#protocol/journal/entry.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Outcome } from '#protocol/outcome.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, tail: string) => void | Promise<void>

const newTill = z.strictObject({ name: z.string().trim().min(1).max(80) })
const newWallet = z.strictObject({ publicKey: hash, name: z.string().trim().min(1).max(80).optional() })
const nextCredential = z.strictObject({ wallet: z.string().regex(/^[0-9a-f]{32}$/), publicKey: hash })

/** `METHOD /path`, or a path that ends in `/` for everything below it. GET only reads. */
export function routes(hub: Hub, events: Events, demo: DemoWallets | undefined): ReadonlyMap<string, Handler> {
  const all: [string, Handler][] = [
    ['GET /api/overview', async (_request, response) => sendJson(response, 200, await hub.overview())],
    [
      'GET /api/events',
      (_request, response) => {
        if (!events.open(response)) refuse(response, 503, 'wire.no_answer', 'too many consoles are open')
      },
    ],
    [
      'GET /api/payments/',
      async (_request, response, id) => {
        const detail = await hub.payment(id)
        if (detail === undefined) refuse(response, 404, 'wire.malformed', 'no such payment')
        else sendJson(response, 200, detail)
      },
    ],
    ['POST /api/tills', posted(newTill, ({ name }) => hub.registerTill(name))],
    ['POST /enrol', posted(z.unknown(), async (body) => onlyAnswer(await hub.enrol(body)))],
  ]
  if (demo !== undefined) {
    all.push(
      ['POST /demo/wallets', posted(newWallet, ({ publicKey, name }) => demo.open(publicKey, name ?? 'Wallet'))],
      ['POST /demo/wallets/refresh', posted(nextCredential, ({ wallet, publicKey }) => demo.refresh(wallet, publicKey))],
      ['GET /demo/wallets/', async (_request, response, wallet) => answer(response, await demo.statement(wallet))],
    )
  }
  return new Map(all)
}

const onlyAnswer = <T>(outcome: Outcome<{ readonly answer: T }>): Outcome<T> => (outcome.ok ? { ok: true, value: outcome.value.answer } : outcome)

function posted<S extends z.ZodType>(schema: S, act: (body: z.infer<S>) => Promise<Outcome<unknown>>): Handler {
  return async (request, response) => {
    const body = await readJson(request)
    if (!body.ok) return refuse(response, 400, body.code, body.detail)
    const parsed = schema.safeParse(body.value)
    if (!parsed.success) return refuse(response, 400, 'wire.malformed', z.prettifyError(parsed.error).slice(0, 400))
    answer(response, await act(parsed.data))
  }
}

const statuses: Partial<Record<ErrorCode, number>> = { 'enrol.bad_code': 403, 'hub.unknown_wallet': 404, 'till.disk_full': 507 }

function answer(response: ServerResponse, outcome: Outcome<unknown>): void {
  if (outcome.ok) sendJson(response, 200, outcome.value)
  else refuse(response, statuses[outcome.code] ?? 400, outcome.code, outcome.detail)
}

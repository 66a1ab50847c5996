import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { readJson, refuse, sendJson } from './guard.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Outcome } from '#protocol/outcome.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse, id: string) => void | Promise<void>

/** Of what is posted as JSON: checked, done, answered. */
export function posted<S extends z.ZodType>(
  schema: S,
  act: (body: z.infer<S>, id: string, request: IncomingMessage) => Outcome<unknown> | Promise<Outcome<unknown>>,
): Handler {
  return async (request, response, id) => {
    const body = await readJson(request)
    if (!body.ok) return refuse(response, 400, body.code, body.detail)
    const parsed = schema.safeParse(body.value)
    if (!parsed.success) return refuse(response, 400, 'wire.malformed', z.prettifyError(parsed.error).slice(0, 400))
    answer(response, await act(parsed.data, id, request))
  }
}

const statuses: Partial<Record<ErrorCode, number>> = {
  'api.who': 401,
  'signin.wrong': 401,
  'enrol.bad_code': 403,
  'signin.bad_link': 403,
  'wallet.stale_nonce': 403,
  'wire.bad_signature': 403,
  'policy.denied': 403,
  'wallet.too_many': 429,
  'signin.locked': 429,
  'hub.unknown_wallet': 404,
  'staff.unknown': 404,
  'payment.unknown': 404,
  'merchant.unknown': 404,
  'window.unknown': 404,
  'api.unknown': 404,
  'custody.unknown_till': 404,
  'entry.illegal_transition': 409,
  'signin.taken': 409,
  'signin.last_admin': 409,
  'till.disk_full': 507,
}

/** A value, or why not. */
export function answer(response: ServerResponse, outcome: Outcome<unknown>): void {
  if (outcome.ok) sendJson(response, 200, outcome.value ?? null)
  else refuse(response, statuses[outcome.code] ?? 400, outcome.code, outcome.detail)
}

import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { readJson, refuse, sendJson } from './guard.ts'
import { answer, type Handler } from './posted.ts'
import type { Outcome } from '#protocol/outcome.ts'

/** Who is signed in. Undefined: nobody has to be. */
export type WhoAsks = (request: IncomingMessage) => Promise<string | undefined>

/**
 * What people do under their names. Whoever is signed in is who acts, whatever the body says; only where nobody can be is a name believed. Answers with what it has
 * come to (`state`).
 */
export const actingFor =
  (whoAsks: WhoAsks, state: (request: IncomingMessage) => Promise<unknown>) =>
  <S extends z.ZodType<{ readonly by?: string | undefined }>>(
    schema: S,
    act: (body: z.infer<S>, who: string, id: string) => Promise<Outcome<unknown>>,
  ): Handler =>
  async (request, response, id) => {
    const body = await readJson(request)
    const parsed = body.ok ? schema.safeParse(body.value) : undefined
    if (parsed?.success !== true) return refuse(response, 400, 'wire.malformed')
    const who = (await whoAsks(request)) ?? parsed.data.by
    if (who === undefined) return refuse(response, 400, 'wire.malformed', 'nobody is named')
    const done = await act(parsed.data, who, id)
    if (!done.ok) return answer(response, done)
    sendJson(response, 200, await state(request))
  }

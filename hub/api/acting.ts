import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { posted, type Handler } from './posted.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

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
    posted(schema, async (body, id, request) => {
      const who = (await whoAsks(request)) ?? body.by
      if (who === undefined) return fail('wire.malformed', 'nobody is named')
      const done = await act(body, who, id)
      return done.ok ? ok(await state(request)) : done
    })

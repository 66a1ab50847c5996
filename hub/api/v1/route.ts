import type { z } from 'zod'
import type { Caller, Scope } from './scopes.ts'
import type { HubStore } from '../../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Outcome } from '#protocol/outcome.ts'

/**
 * One thing that programs can ask for. Fastify's validation, the OpenAPI document, the client made from that and the tests made from that all
 * come from this one object.
 */
export type Route = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** As OpenAPI writes it: `/v1/payments/{id}`. */
  readonly path: `/v1/${string}`
  /** Name of the client's function. */
  readonly name: string
  readonly summary: string
  readonly scope: Scope
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  /** Missing: nothing is sent. */
  readonly body: z.ZodObject | undefined
  readonly answer: z.ZodType
  /** Of an answer that is no refusal. */
  readonly status: 200 | 201
  run(call: Call<unknown, unknown, unknown>): Promise<Outcome<unknown, ErrorCode>>
}

export type Call<P, Q, B> = {
  readonly caller: Caller
  readonly params: P
  readonly query: Q
  readonly body: B
  /**
   * Of a write: commits to it come into the books together with the answer that is remembered and the line in the audit log, or not at all.
   * A write commits once, and is begun anew when somebody else was faster.
   */
  readonly store: HubStore
  /** The id of what a write makes: the same in each of its attempts. */
  readonly newId: Id
}

type Read<P extends z.ZodObject, Q extends z.ZodObject, A extends z.ZodType> = Pick<Route, 'path' | 'name' | 'summary' | 'scope'> & {
  readonly params: P
  readonly query: Q
  readonly answer: A
  run(call: Call<z.output<P>, z.output<Q>, undefined>): Promise<Outcome<z.input<A>, ErrorCode>>
}

/** A GET: changes nothing. */
export const reading = <P extends z.ZodObject, Q extends z.ZodObject, A extends z.ZodType>({ run, ...route }: Read<P, Q, A>): Route => ({
  ...route,
  method: 'GET',
  body: undefined,
  status: 200,
  // Validated by these very schemas before it comes here.
  run: (call) => run({ ...call, params: call.params as z.output<P>, query: call.query as z.output<Q>, body: undefined }),
})

type Write<P extends z.ZodObject, B extends z.ZodObject, A extends z.ZodType> = Pick<Route, 'path' | 'name' | 'summary' | 'scope' | 'status'> & {
  readonly method: 'POST' | 'DELETE'
  readonly params: P
  readonly query: z.ZodObject
  readonly body: B
  readonly answer: A
  run(call: Call<z.output<P>, unknown, z.output<B>>): Promise<Outcome<z.input<A>, ErrorCode>>
}

/** Needs an `Idempotency-Key`, is in the audit log whatever comes of it, and answers the same when it comes again. */
export const writing = <P extends z.ZodObject, B extends z.ZodObject, A extends z.ZodType>({ run, ...route }: Write<P, B, A>): Route => ({
  ...route,
  run: (call) => run({ ...call, params: call.params as z.output<P>, body: call.body as z.output<B> }),
})

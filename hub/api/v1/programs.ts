import { z } from 'zod'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { allowances, networkOf, type Allowance, type Left } from './allowance.ts'
import { createAuditLog } from './audit.ts'
import { clientRoutes } from './client-routes.ts'
import { createClients } from './clients.ts'
import { escrowRoutes } from './escrow-routes.ts'
import { rateRoutes } from './rate-routes.ts'
import { pager } from './cursor.ts'
import { openApiDocument } from './openapi.ts'
import { paymentRoutes } from './payment-routes.ts'
import type { RoutePorts } from './ports.ts'
import { problem, PROBLEM_TYPE } from './problem.ts'
import type { Route } from './route.ts'
import type { Caller } from './scopes.ts'
import type { ApiSecrets } from './secrets.ts'
import { answerToken } from './token.ts'
import { merchantRoutes } from './merchant-routes.ts'
import { settlementRoutes } from './settlement-routes.ts'
import { webhookRoutes } from './webhook-routes.ts'
import { createWrites } from './writes.ts'
import type { Hub } from '../../hub.ts'
import type { HubStore } from '../../store/hub-store.ts'
import type { Resolve } from '../../webhooks/address.ts'
import { eventRow } from '../../webhooks/outbox.ts'
import { postWith } from '../../webhooks/post.ts'
import { createWebhooks } from '../../webhooks/webhooks.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { makeId } from '#protocol/ids.ts'
import type { Clock, Timers } from '#protocol/time.ts'

export type ProgramPorts = {
  readonly store: HubStore
  readonly clock: Clock
  readonly crypto: Crypto
  readonly secrets: ApiSecrets
  readonly timers: Timers
  readonly shopMerchant: string
  /** How names are looked up to which webhooks are sent, if not by DNS. */
  readonly resolve?: Resolve
  /** See `DispatchPorts`; unless it says otherwise. */
  readonly loopback?: boolean
  warn(line: string): void
  /** For each client. */
  readonly allowance?: Allowance
  /** Of wrong secrets and tokens, from one address. */
  readonly strangers?: Allowance
  /** Of people at the console; see `PeoplePorts`. */
  readonly passwordCost?: { readonly memory: number; readonly passes: number }
}

const ALLOWANCE: Allowance = { burst: 200, perSecond: 50 }
/** 256 random bits are not guessed; the log and the store are spared. */
const STRANGERS: Allowance = { burst: 20, perSecond: 1 }
const MAX_BODY_BYTES = 64 * 1024
const MAX_KEY_CHARS = 255
const PREFIX = '/v1'

const routesOver = (ports: RoutePorts): readonly Route[] => [
  ...paymentRoutes(ports),
  ...merchantRoutes(ports),
  ...settlementRoutes(ports),
  ...escrowRoutes(ports),
  ...rateRoutes(ports),
  ...webhookRoutes(ports),
  ...clientRoutes(ports),
]

/** What programs ask of the hub over HTTP: `/v1/…` and `/oauth/token`. Also what the console does about programs. */
export function createPrograms(
  { store, clock, crypto, timers, secrets, shopMerchant, resolve, loopback = true, warn, allowance = ALLOWANCE, strangers = STRANGERS }: ProgramPorts,
  hub: RoutePorts['hub'] & Pick<Hub, 'changed' | 'onChange'>,
) {
  const audit = createAuditLog({ store, clock, crypto })
  const clients = createClients({ store, clock, crypto, secrets, audit })
  const writes = createWrites({ store, clock, crypto, audit, secrets, refusal: (code, detail) => JSON.stringify(problem(code, detail)) })
  const emit: RoutePorts['emit'] = (event) => [eventRow({ clock, crypto }, event)]
  const webhooks = createWebhooks({ store, clock, crypto, secrets, audit, shopMerchant, timers, warn, loopback, post: postWith(resolve) })
  const stopListening = hub.onChange(webhooks.wake)
  const routes = routesOver({ store, clock, crypto, pages: pager(secrets), clients, audit, secrets, webhooks, hub, shopMerchant, loopback, emit })
  const spend = allowances(clock, allowance)
  const spendStrangers = allowances(clock, strangers)
  const callers = new WeakMap<FastifyRequest, Caller>()

  async function admit(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const [scheme = '', bearer = ''] = (request.headers.authorization ?? '').split(' ')
    const caller = scheme.toLowerCase() === 'bearer' ? await clients.callerOf(bearer) : undefined
    if (caller === undefined) return refuseStranger(request, reply, bearer !== '')
    const left = spend(caller.id)
    tell(reply, left, allowance)
    if (!left.allowed) return refuseWith(reply.header('retry-after', left.waitSeconds), 'api.too_often')
    if (!caller.scopes.has(route.scope)) {
      const line = { who: caller.id, merchant: caller.merchant, action: route.name, target: '', outcome: 'api.not_allowed' }
      if (route.method !== 'GET') await audit.commit({}, line)
      return refuseWith(
        reply.header('www-authenticate', `Bearer error="insufficient_scope", scope="${route.scope}"`),
        'api.not_allowed',
        `needs ${route.scope}`,
      )
    }
    callers.set(request, caller)
    return undefined
  }
  function refuseStranger(request: FastifyRequest, reply: FastifyReply, tried: boolean): FastifyReply {
    const left = spendStrangers(networkOf(request.ip))
    if (!left.allowed) return refuseWith(reply.header('retry-after', left.waitSeconds), 'api.too_often')
    // RFC 6750 §3: whoever sent nothing is told no error.
    return refuseWith(reply.header('www-authenticate', tried ? 'Bearer error="invalid_token"' : 'Bearer realm="stillpoint"'), 'api.who')
  }

  async function answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const caller = callers.get(request)
    if (caller === undefined) return refuseWith(reply, 'api.who')
    const call = { caller, params: request.params, query: request.query, body: request.body }
    if (route.method === 'GET') {
      const outcome = await route.run({ ...call, store, newId: makeId(clock.now(), crypto.randomBytes(10)) })
      return outcome.ok ? reply.code(route.status).send(outcome.value) : refuseWith(reply, outcome.code, outcome.detail)
    }
    const key = keyOf(request.headers['idempotency-key'])
    if (key === undefined) return refuseWith(reply, 'api.key_missing', `1 to ${MAX_KEY_CHARS} visible ASCII characters`)
    const written = await writes.write({
      caller,
      key,
      content: JSON.stringify([route.method, request.url, request.body ?? {}]),
      action: route.name,
      target: targetOf(request.params),
      status: route.status,
      run: (over, newId) => route.run({ ...call, store: over, newId }),
    })
    if (!written.ok) return refuseWith(reply, written.code, written.detail)
    hub.changed()
    const { status, text, again } = written.value
    if (again) reply.header('idempotency-replayed', 'true')
    return reply
      .code(status)
      .type(status < 400 ? 'application/json' : PROBLEM_TYPE)
      .send(text)
  }

  function serve(app: FastifyInstance): void {
    app.register((tokens, _options, done) => {
      answerToken(tokens, { clients, spend: spendStrangers })
      done()
    })
    // A prefix of its own, and with it its own answer to what is not there.
    app.register(
      (v1, _options, done) => {
        readJsonOnly(v1)
        v1.addHook('onRequest', neverKept)
        v1.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, warn))
        const document = JSON.stringify(openApiDocument(routes))
        v1.get('/openapi.json', (_request, reply) => reply.type('application/json').send(document))
        for (const route of routes) add(v1, route)
        v1.setNotFoundHandler((request, reply) => {
          const allowed = routes.filter(({ path }) => fits(path, request.url)).map(({ method }) => method)
          return allowed.length === 0 ? refuseWith(reply, 'api.unknown') : refuseWith(reply.header('allow', allowed.join(', ')), 'api.no_such_method')
        })
        done()
      },
      { prefix: PREFIX },
    )
  }
  function add(app: FastifyInstance, route: Route): void {
    app.route({
      method: route.method,
      url: route.path.slice(PREFIX.length).replaceAll(/\{(\w+)\}/g, ':$1'),
      schema: { params: route.params, querystring: route.query, ...(route.method !== 'GET' && { body: route.body ?? z.strictObject({}) }) },
      onRequest: (request, reply) => admit(route, request, reply),
      handler: (request, reply) => answer(route, request, reply),
    })
  }
  async function close(): Promise<void> {
    stopListening()
    await webhooks.stop()
  }
  return { serve, clients, audit, routes, webhooks, forget: writes.forget, close }
}
export type Programs = ReturnType<typeof createPrograms>

/** What was answered to one caller is nobody else's, and not for a cache. */
function neverKept(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  void reply.header('cache-control', 'no-store')
  done()
}

/** Bodies are JSON in UTF-8, and are checked by the zod schemas of their routes. */
function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => {
    try {
      done(null, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(typeof body === 'string' ? Buffer.from(body) : body)))
    } catch {
      done(Object.assign(new Error('the body is not JSON'), { statusCode: 400 }))
    }
  })
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const parsed = schema.safeParse(data ?? {})
    return parsed.success ? { value: parsed.data } : { error: new Error(z.prettifyError(parsed.error).slice(0, 400)) }
  })
}

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, warn: (line: string) => void): FastifyReply {
  if (error.statusCode === 413) return refuseWith(reply, 'api.too_large')
  const status = error.validation === undefined ? (error.statusCode ?? 500) : 400
  if (status < 500) return refuseWith(reply, 'wire.malformed', error.message, status)
  warn(`${request.method} ${request.routeOptions.url ?? ''}: ${error.stack ?? error.message}`)
  return refuseWith(reply, 'hub.refused', undefined, 500)
}

/** An item of structured headers (RFC 9651) is a quoted string; many send it bare. */
function keyOf(header: string | string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? (/^"(.*)"$/.exec(header)?.[1] ?? header) : ''
  return text.length <= MAX_KEY_CHARS && /^[!-~]+$/.test(text) ? text : undefined
}

const targetOf = (params: unknown): string =>
  typeof params === 'object' && params !== null && 'id' in params && typeof params.id === 'string' ? params.id : ''

const fits = (path: string, url: string): boolean => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(url.split('?')[0] ?? '')

/** draft-ietf-httpapi-ratelimit-headers. */
function tell(reply: FastifyReply, { left, resetSeconds }: Left, { burst, perSecond }: Allowance): void {
  reply.header('ratelimit-policy', `"default";q=${burst};w=${Math.ceil(burst / perSecond)}`)
  reply.header('ratelimit', `"default";r=${left};t=${resetSeconds}`)
}

const refuseWith = (reply: FastifyReply, code: ErrorCode, detail?: string, status?: number): FastifyReply => {
  const body = problem(code, detail, status)
  return reply.code(body.status).type(PROBLEM_TYPE).send(JSON.stringify(body))
}

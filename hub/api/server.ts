import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { existsSync } from 'node:fs'
import Fastify, { type FastifyInstance } from 'fastify'
import sirv from 'sirv'
import { createEvents } from './events.ts'
import { isOurs, refuse, securityHeaders, type Reach } from './guard.ts'
import { routes, type Banks } from './routes.ts'
import type { Handler } from './posted.ts'
import type { WhoAsks } from './acting.ts'
import { createPrograms, type ProgramPorts, type Programs } from './v1/programs.ts'
import { clientDesk } from './client-desk.ts'
import { merchantRoutes } from './merchant-routes.ts'
import { createAdministering } from '../merchants/administering.ts'
import { watchRoutes } from './watch-routes.ts'
import { webhookDesk } from './webhook-desk.ts'
import { createEnabling } from '../webhooks/enabling.ts'
import type { Hub } from '../hub.ts'
import { listen } from '../listen.ts'
import { openPeople } from '../sign-in/people.ts'
import type { CommandKey } from '../sign-in/command-key.ts'
import { createSignIn, type SignIn } from '../sign-in/routes.ts'
import { MINUTE, type Timers } from '#protocol/time.ts'

export type ApiOptions = Banks & {
  readonly hub: Hub
  readonly timers: Timers
  /** 0 for any. */
  readonly port: number
  /** Folder of the built console page. */
  readonly pages: string
  /** The feed of the till's program, handed out at `/updates/`: what is in it is believed for its signatures alone. */
  readonly releases?: string
  /** Over what programs are served; without it there are only the console and tills. */
  readonly programs?: ProgramPorts
  /** Of the commands of the hub's machine, where people sign in. */
  readonly commands?: CommandKey
  /** For others than this machine: only over TLS, and only once somebody has enrolled. PEM. */
  readonly network?: { readonly hosts: readonly string[]; readonly certificate: string; readonly key: string } | undefined
  warn(line: string): void
}

export interface Api {
  readonly url: string
  /** For what else comes over this port: see hub/link/web-socket.ts. */
  readonly server: Server
  /** Of the first administrator, good once and for a day. Undefined once somebody has enrolled. */
  invitation(): Promise<string | undefined>
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const EVERYWHERE = '::'
const LOOPBACK = ['127.0.0.1', 'localhost']
/** Browsers, and as many tills as may come over WebSocket. */
const MAX_CONNECTIONS = 2200
const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_TIMEOUT_MS = 15_000
/** An import takes as long as custody takes for what is in it. */
const REQUEST_TIMEOUT_MS = 30 * 60_000
/** Of every other request, and of one that is answered before its end. */
const BODY_TIMEOUT = 1 * MINUTE
const IMPORT = '/api/import'
const FEED = '/updates/'
/** Whoever handles it says what is too long. */
const MAX_PARAM_CHARS = MAX_HEADER_BYTES
const FORGET_EVERY = 10 * MINUTE
/** A page that follows begins anew now and then, and with it whether it may: nobody sees more for long than he may by now. */
const STREAM = 'GET /api/events'
const STREAM_LASTS = 10 * MINUTE

export class NobodyEnrolled extends Error {}

/** The hub's HTTP side: console, enrolment, what phones ask their bank, and what programs ask. For this machine only, unless `network` says otherwise. */
export async function openApi({ hub, timers, port, pages, releases, programs: programPorts, commands, network, warn, ...banks }: ApiOptions): Promise<Api> {
  const events = createEvents(hub, timers, warn)
  const feed = releases === undefined ? undefined : sirv(releases, { dev: true })
  const page = existsSync(pages) ? sirv(pages, { etag: true }) : undefined
  const secure = network !== undefined
  const programs = programPorts && createPrograms({ ...programPorts, loopback: !secure }, hub)
  const people = programPorts && programs && (await openPeople({ ...programPorts, audit: programs.audit, merchant: programPorts.shopMerchant }))
  const signIn = programPorts && people && createSignIn({ people, clock: programPorts.clock, secure, commands })
  if (secure && people?.isNeeded() !== true) {
    events.close()
    await programs?.close()
    throw new NobodyEnrolled('nobody has enrolled at the console')
  }
  let reach: Reach = { hosts: network?.hosts ?? LOOPBACK, port, secure }

  const limits = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }
  const app = Fastify({
    serverFactory: (handler) =>
      network === undefined
        ? createServer(limits, handler)
        : createSecureServer({ ...limits, cert: network.certificate, key: network.key, minVersion: 'TLSv1.3' }, handler),
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAM_CHARS },
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack()
      refuse(reply.raw, 404, 'wire.malformed', 'no such page')
    },
  })
  app.addHook('onRequest', (request, reply, done) => {
    for (const [name, value] of Object.entries(securityHeaders)) reply.raw.setHeader(name, value)
    // Whoever sends a body a byte at a time has one of the connections, and is not asked who he is before it is there.
    const isOver = timers.after(BODY_TIMEOUT, () => {
      if (!request.raw.complete && (request.raw.url !== IMPORT || reply.raw.writableEnded)) request.raw.destroy()
    })
    request.raw.on('close', isOver)
    if (isOurs(request.raw, reach)) return done()
    reply.hijack()
    refuse(reply.raw, 403, 'wire.malformed', 'this address is only for this machine and its own pages')
  })
  app.register((own, _options, done) => {
    readNothing(own)
    const all = [
      ...routes(hub, events, { ...banks, whoAsks: signIn?.nameOf }),
      ...(banks.bank ? watchRoutes(hub, banks.bank, timers) : []),
      ...(programs ? clientDesk(programs, signIn?.nameOf) : []),
      ...(programPorts && programs ? administration(hub, programPorts, programs, signIn?.nameOf) : []),
      ...(signIn?.routes ?? []),
    ]
    for (const [name, handle] of all) serve(own, name, handle, { signIn, timers, warn })
    done()
  })
  programs?.serve(app)
  readNothing(app)
  app.setNotFoundHandler((request, reply) => {
    reply.hijack()
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(reply.raw, 405, 'wire.malformed', 'no such action')
    const noPage = () => refuse(reply.raw, 404, 'wire.malformed', 'no such page')
    if (feed !== undefined && request.raw.url?.startsWith(FEED) === true) {
      request.raw.url = request.raw.url.slice(FEED.length - 1)
      return feed(request.raw, reply.raw, noPage)
    }
    if (page === undefined) return refuse(reply.raw, 404, 'wire.malformed', 'the console page has not been built')
    page(request.raw, reply.raw, noPage)
  })
  await app.ready()

  let cancelForgetting = (): void => undefined
  const forget = (): void => {
    cancelForgetting = timers.after(FORGET_EVERY, () => {
      Promise.all([programs?.forget(), people?.forget()]).catch((error: unknown) => warn(`what the API need not remember: ${String(error)}`))
      forget()
    })
  }
  forget()

  const { server } = app
  server.maxConnections = MAX_CONNECTIONS
  reach = { ...reach, port: await listen(server, secure ? EVERYWHERE : HOST, port, 'HTTP', warn) }
  return {
    url: secure ? `https://${reach.hosts[0] ?? HOST}:${reach.port}` : `http://${HOST}:${reach.port}`,
    server,
    async invitation() {
      const invited = people === undefined || people.isNeeded() ? undefined : await people.invite('admin', 'admin', 'console')
      return invited?.ok === true ? invited.value : undefined
    },
    async close() {
      events.close()
      cancelForgetting()
      await programs?.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await app.close()
    },
  }
}

/** What only those do who have the audit log. */
function administration(
  hub: Hub,
  ports: ProgramPorts,
  { audit, webhooks }: Programs,
  whoAsks: WhoAsks = () => Promise.resolve(undefined),
): [string, Handler][] {
  const desk = createAdministering({ ...ports, audit, merchants: hub.merchants, shop: ports.shopMerchant, changed: hub.changed })
  return [...merchantRoutes(desk, whoAsks), ...webhookDesk(createEnabling({ ...ports, audit, wake: webhooks.wake }), whoAsks)]
}

/** Bodies are read by who handles them: an import is longer than memory. */
function readNothing(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
}

/** `METHOD /path`, in which one part may be `:id`. */
function serve(
  app: FastifyInstance,
  name: string,
  handle: Handler,
  { signIn, timers, warn }: { readonly signIn: SignIn | undefined; readonly timers: Timers; warn(line: string): void },
): void {
  const [method = '', url = ''] = name.split(' ')
  app.route<{ Params: { id?: string } }>({
    method,
    url,
    handler: async ({ raw, params }, reply) => {
      reply.hijack()
      try {
        const id = params.id ?? ''
        if (signIn !== undefined && !(await signIn.admits(name, raw, reply.raw, id))) return
        if (name === STREAM)
          reply.raw.on(
            'close',
            timers.after(STREAM_LASTS, () => reply.raw.end()),
          )
        await handle(raw, reply.raw, id)
      } catch (error) {
        warn(`${name}: ${String(error)}`)
        if (reply.raw.headersSent) reply.raw.destroy()
        else refuse(reply.raw, 500, 'hub.refused', 'the hub could not answer')
      }
    },
  })
}

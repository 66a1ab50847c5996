import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { existsSync } from 'node:fs'
import sirv from 'sirv'
import { createEvents } from './events.ts'
import { isOurs, refuse, securityHeaders } from './guard.ts'
import { handlerOf, routes, type Banks } from './routes.ts'
import type { Hub } from '../hub.ts'
import { listen } from '../listen.ts'
import type { Timers } from '#protocol/time.ts'

export type ApiOptions = Banks & {
  readonly hub: Hub
  readonly timers: Timers
  /** 0 for any. */
  readonly port: number
  /** Folder of the built console page. */
  readonly pages: string
  warn(line: string): void
}

export interface Api {
  readonly url: string
  /** For what else comes over this port: see hub/link/web-socket.ts. */
  readonly server: Server
  close(): Promise<void>
}

const HOST = '127.0.0.1'
/** Browsers, and as many tills as may come over WebSocket. */
const MAX_CONNECTIONS = 2200
const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_TIMEOUT_MS = 15_000
/** An import takes as long as custody takes for what is in it; bodies of every other kind end after `MAX_BODY_BYTES`. */
const REQUEST_TIMEOUT_MS = 30 * 60_000

/** The hub's HTTP side, for this machine only: console, enrolment, and what phones ask their bank. */
export async function openApi({ hub, timers, port, pages, warn, ...banks }: ApiOptions): Promise<Api> {
  const events = createEvents(hub, timers, warn)
  const handlers = routes(hub, events, banks)
  const page = existsSync(pages) ? sirv(pages, { etag: true }) : undefined
  let bound = port

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    if (!isOurs(request, bound)) return refuse(response, 403, 'wire.malformed', 'this address is only for this machine and its own pages')
    const path = request.url?.split('?')[0] ?? '/'
    const found = handlerOf(handlers, request.method ?? '', path)
    if (found !== undefined) return await found.handle(request, response, found.id)
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'wire.malformed', 'no such action')
    if (page === undefined) return refuse(response, 404, 'wire.malformed', 'the console page has not been built')
    page(request, response, () => refuse(response, 404, 'wire.malformed', 'no such page'))
  }

  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        warn(`${request.method} ${request.url?.split('?')[0]}: ${String(error)}`)
        if (response.headersSent) response.destroy()
        else refuse(response, 500, 'hub.refused', 'the hub could not answer')
      })
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  bound = await listen(server, HOST, port, 'HTTP', warn)
  return {
    url: `http://${HOST}:${bound}`,
    server,
    close() {
      events.close()
      return new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { timingSafeEqual } from 'node:crypto'
import sirv from 'sirv'
import { WebSocketServer, type WebSocket } from 'ws'
import { fromScreen, MAX_COMMAND_BYTES, type Command, type ToScreen } from '#protocol/till-api/api.ts'
import type { Outcome } from '#protocol/outcome.ts'

export type ScreenServerOptions = {
  /** Preferred port; 0 for any. If it is taken, another one is used. */
  readonly port: number
  /** The built page; without it only the socket is served. */
  readonly page: string | undefined
  /** Whoever opens a screen must know it. New for each launch. */
  readonly token: string
  readonly log: (line: string) => void
  opened(): void
  command(command: Command): Outcome<null> | Promise<Outcome<null>>
}

export type ScreenServer = { readonly url: string; show(message: ToScreen): void; close(): Promise<void> }

const HOST = '127.0.0.1'
const CSP =
  "default-src 'self'; img-src 'self' data:; connect-src 'self' ws:; object-src 'none'; base-uri 'none'; frame-ancestors http://127.0.0.1:* http://localhost:*"
/** The worker that reads the camera's pictures runs WebAssembly; nothing else may, and it gets its file from here. */
const CAMERA_WORKER = /^\/assets\/decode-worker-[\w-]+\.js$/
const CAMERA_WORKER_CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
/** A screen that does not read its views is dropped, not waited for. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024
const MAX_SCREENS = 8

/** The till's screen in a browser: page and WebSocket on loopback, for a page that knows the launch's token and was served from here. */
export async function serveScreen(options: ScreenServerOptions): Promise<ScreenServer> {
  const files = options.page === undefined ? undefined : sirv(options.page, { etag: true, single: false })
  const server = createServer((request, response) => serveFile(request, response, files))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_COMMAND_BYTES })
  const port = await listen(server, options.port, options.log)
  const hosts = new Set([`${HOST}:${port}`, `localhost:${port}`])

  server.on('upgrade', (request, socket, head) => {
    // Node has taken its own listener off this socket, and anybody can reset it.
    socket.on('error', () => socket.destroy())
    const url = URL.parse(request.url ?? '/', `http://${HOST}`)
    const origin = request.headers.origin
    const fromHere = hosts.has(request.headers.host ?? '') && (origin === undefined || hosts.has(origin.replace(/^http:\/\//, '')))
    const allowed =
      url?.pathname === '/screen' && fromHere && sameText(url.searchParams.get('token') ?? '', options.token) && sockets.clients.size < MAX_SCREENS
    if (!allowed) return void socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, (screen) => {
      screen.on('error', () => screen.terminate())
      screen.on('message', (data) => void answer(screen, data.toString(), options))
      options.opened()
    })
  })

  return {
    url: `http://${HOST}:${port}/`,
    show: (message) => {
      const text = JSON.stringify(message)
      for (const screen of sockets.clients) {
        if (screen.bufferedAmount > MAX_UNREAD_BYTES) screen.terminate()
        else screen.send(text)
      }
    },
    close: () =>
      new Promise((done) => {
        for (const screen of sockets.clients) screen.terminate()
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

async function answer(screen: WebSocket, text: string, options: ScreenServerOptions): Promise<void> {
  const message = readFromScreen(text)
  if (message === undefined) {
    options.log('screen: a message that is not a command was ignored')
    return
  }
  const outcome = await options.command(message.command)
  const reply: ToScreen = { type: 'outcome', id: message.id, outcome }
  screen.send(JSON.stringify(reply))
}

/** Undefined for anything that is not a command. Shared with Electron's carrier. */
export function readFromScreen(text: string): { id: string; command: Command } | undefined {
  try {
    const parsed = fromScreen.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

function serveFile(request: IncomingMessage, response: ServerResponse, files: ReturnType<typeof sirv> | undefined): void {
  const notFound = (): void => void response.writeHead(404).end()
  const path = request.url?.replace(/[?#].*$/, '') ?? ''
  response.setHeader('content-security-policy', CAMERA_WORKER.test(path) ? CAMERA_WORKER_CSP : CSP)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? '')) return void response.writeHead(403).end()
  if (files === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return notFound()
  files(request, response, notFound)
}

function listen(server: ReturnType<typeof createServer>, port: number, log: (line: string) => void): Promise<number> {
  return new Promise((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' || port === 0) return failed(error)
      log(`port ${port} is in use; the till's screen takes another one`)
      listen(server, 0, log).then(done, failed)
    })
    server.listen(port, HOST, () => {
      server.removeAllListeners('error')
      const address = server.address()
      done(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

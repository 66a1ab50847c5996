import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { timingSafeEqual } from 'node:crypto'
import sirv from 'sirv'
import { WebSocketServer, type WebSocket } from 'ws'
import { fromScreen, MAX_COMMAND_BYTES, type Command, type ToScreen } from '#protocol/till-api/api.ts'
import type { ToCustomer } from '#protocol/till-api/customer.ts'
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
  /** The display for customers: a page, an address and a secret of its own, and no way to say anything. */
  readonly customer: { readonly page: string | undefined; readonly token: string; opened(): void }
}

export type ScreenServer = {
  readonly url: string
  readonly customerUrl: string
  show(message: ToScreen): void
  showCustomer(message: ToCustomer): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const CSP =
  "default-src 'self'; img-src 'self' data:; connect-src 'self' ws:; object-src 'none'; base-uri 'none'; frame-ancestors http://127.0.0.1:* http://localhost:*"
/** The worker that reads the camera's pictures runs WebAssembly; nothing else may, and it gets its file from here. */
const CAMERA_WORKER = /^\/assets\/decode-worker-[\w-]+\.js$/
const CAMERA_WORKER_CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
/** A screen that does not read its views is dropped, not waited for. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024
const MAX_SCREENS = 8
const CUSTOMER_PATH = '/customer-display'
/** Whatever a customer's display says is one thing too many (RFC 6455 §7.4.1). */
const POLICY_VIOLATION = 1008

/** The till's screen in a browser, and its customer's display: pages and WebSockets on loopback, each for a page that knows its token and was served from here. */
export async function serveScreen(options: ScreenServerOptions): Promise<ScreenServer> {
  const files = filesIn(options.page)
  const customerFiles = filesIn(options.customer.page)
  const server = createServer((request, response) => serveFile(request, response, files, customerFiles))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_COMMAND_BYTES })
  const displays = new WebSocketServer({ noServer: true, maxPayload: 1 })
  const port = await listen(server, options.port, options.log)
  const hosts = new Set([`${HOST}:${port}`, `localhost:${port}`])
  const doors: Readonly<Record<string, { readonly to: WebSocketServer; readonly token: string; opened(screen: WebSocket): void }>> = {
    '/screen': {
      to: sockets,
      token: options.token,
      opened(screen) {
        screen.on('message', (data) => void answer(screen, data.toString(), options))
        options.opened()
      },
    },
    [CUSTOMER_PATH]: {
      to: displays,
      token: options.customer.token,
      opened(screen) {
        screen.on('message', () => screen.close(POLICY_VIOLATION))
        options.customer.opened()
      },
    },
  }

  server.on('upgrade', (request, socket, head) => {
    // Node has taken its own listener off this socket, and anybody can reset it.
    socket.on('error', () => socket.destroy())
    const url = URL.parse(request.url ?? '/', `http://${HOST}`)
    const origin = request.headers.origin
    const fromHere = hosts.has(request.headers.host ?? '') && (origin === undefined || hosts.has(origin.replace(/^http:\/\//, '')))
    const door = url === null || !Object.hasOwn(doors, url.pathname) ? undefined : doors[url.pathname]
    const allowed = fromHere && door !== undefined && sameText(url?.searchParams.get('token') ?? '', door.token) && door.to.clients.size < MAX_SCREENS
    if (!allowed) return void socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
    door.to.handleUpgrade(request, socket, head, (screen) => {
      screen.on('error', () => screen.terminate())
      door.opened(screen)
    })
  })

  return {
    url: `http://${HOST}:${port}/`,
    customerUrl: `http://${HOST}:${port}${CUSTOMER_PATH}/`,
    show: (message) => tell(sockets, message),
    showCustomer: (message) => tell(displays, message),
    close: () =>
      new Promise((done) => {
        for (const screen of [...sockets.clients, ...displays.clients]) screen.terminate()
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function tell({ clients }: WebSocketServer, message: ToScreen | ToCustomer): void {
  if (clients.size === 0) return
  const text = JSON.stringify(message)
  for (const screen of clients) {
    if (screen.bufferedAmount > MAX_UNREAD_BYTES) screen.terminate()
    else screen.send(text)
  }
}

const filesIn = (folder: string | undefined): Files => (folder === undefined ? undefined : sirv(folder, { etag: true, single: false }))
type Files = ReturnType<typeof sirv> | undefined

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

function serveFile(request: IncomingMessage, response: ServerResponse, screen: Files, customer: Files): void {
  const notFound = (): void => void response.writeHead(404).end()
  const path = request.url?.replace(/[?#].*$/, '') ?? ''
  response.setHeader('content-security-policy', CAMERA_WORKER.test(path) ? CAMERA_WORKER_CSP : CSP)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? '')) return void response.writeHead(403).end()
  // Its own files have addresses below this one.
  if (path === CUSTOMER_PATH) return void response.writeHead(308, { location: `${CUSTOMER_PATH}/` }).end()
  const isCustomers = path.startsWith(`${CUSTOMER_PATH}/`)
  const files = isCustomers ? customer : screen
  if (isCustomers) request.url = request.url?.slice(CUSTOMER_PATH.length) ?? '/'
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

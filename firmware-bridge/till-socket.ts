import { createHash, timingSafeEqual } from 'node:crypto'
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { z } from 'zod'
import { MAX_LINE_BYTES, toBridge, type FromBridge } from '#protocol/device/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { splitLines } from './line-splitter.ts'

export const HELLO_TIMEOUT: DurationMs = 2 * SECOND
/** The till, the one that replaces it, and room for a stranger who is about to be dropped. */
export const MAX_CONNECTIONS = 8
/** A till that reads nothing any more is dropped; it connects again and hears the state of every device. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

export type TillMessage = Exclude<z.output<typeof toBridge>, { type: 'hello' }>

export interface TillSocket {
  /** Makes the socket, readable for this user only. Fails where another bridge listens already; what a dead one left behind is removed. */
  listen(path: string): Promise<Outcome<null, 'till.busy'>>
  /** To every till that said a right hello, and to every engineer who watches. */
  readonly send: (message: FromBridge) => void
  close(): void
}

type Options = {
  readonly token: string
  readonly timers: Timers
  readonly log: (line: string) => void
  readonly welcome: () => FromBridge
  readonly onMessage: (message: TillMessage) => void
}

/** The local socket that the till talks to: newline-delimited JSON, a launch token first (`protocol/device/messages.ts`). */
export function tillSocket(options: Options): TillSocket {
  const tills = new Set<Socket>()
  const watchers = new Set<Socket>()
  const connections = new Set<Socket>()
  /** Bytes of scans, and swipes of cards, that came while no till was there, by device. */
  const unheard = new Map<string, number>()
  const standing = standingState()
  const server = createServer((socket) => {
    connections.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      connections.delete(socket)
      tills.delete(socket)
      watchers.delete(socket)
    })
    talk(socket, options, (watches) => {
      if (watches) return void watchers.add(socket)
      tills.add(socket)
      for (const message of standing.all()) write(socket, message, options.log)
      // A scan or a card is never kept for later, when it would sell or pay by itself. But somebody stands there and has to be told to do it again.
      for (const [device, bytes] of unheard) write(socket, { type: 'garbage', device, bytes }, options.log)
      unheard.clear()
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  return {
    listen: (path) => listen(server, path),
    send(message) {
      standing.heard(message)
      const lost = message.type === 'scan' ? message.text.length : message.type === 'card' ? 1 : 0
      if (tills.size === 0 && 'device' in message && lost > 0) unheard.set(message.device, (unheard.get(message.device) ?? 0) + lost)
      for (const listener of [...tills, ...watchers]) write(listener, message, options.log)
    },
    close() {
      server.close()
      for (const socket of connections) socket.destroy()
    },
  }
}

/** What a scale shows and whether the drawer is open is told when it changes: a till that comes later has to hear how it stands. */
function standingState(): { heard(message: FromBridge): void; all(): Iterable<FromBridge> } {
  const standing = new Map<string, FromBridge>()
  return {
    heard(message) {
      if (message.type === 'reading' || message.type === 'drawer') standing.set(message.device, message)
      // What it showed before is worth nothing once it is not there.
      else if (message.type === 'health' && message.health.state !== 'ready') standing.delete(message.health.device)
    },
    all: () => standing.values(),
  }
}

function talk(socket: Socket, { token, timers, log, welcome, onMessage }: Options, onHello: (watches: boolean) => void): void {
  const lines = splitLines(MAX_LINE_BYTES)
  let greeted: 'till' | 'watcher' | undefined
  const drop = (why: string) => {
    log(`dropped a connection: ${why}`)
    socket.destroy()
  }
  const cancelTimeout = timers.after(HELLO_TIMEOUT, () => drop('no hello in time'))
  socket.on('close', cancelTimeout)
  socket.on('data', (bytes) => {
    const arrived = lines.add(bytes)
    if (!arrived) return drop('a line is too long')
    for (const line of arrived) {
      if (socket.destroyed) return
      const message = readMessage(line)
      if (!message.ok) {
        if (greeted === 'till' && message.refusal) write(socket, message.refusal, log)
        else drop('a message cannot be read')
      } else if (message.value.type === 'hello') {
        if (greeted || !sameSecret(message.value.token, token)) return drop('a wrong hello')
        greeted = message.value.watch ? 'watcher' : 'till'
        cancelTimeout()
        write(socket, welcome(), log)
        onHello(message.value.watch)
      } else if (greeted === 'till') onMessage(message.value)
      else drop(greeted ? 'an order of a watcher' : 'a message before hello')
    }
  })
}

type ReadMessage =
  | { readonly ok: true; readonly value: z.output<typeof toBridge> }
  | { readonly ok: false; readonly refusal?: Extract<FromBridge, { type: 'print_result' | 'order_result' }> }

/** A print or an order that breaks the rules but says which it is is worth an answer: the till waits for one. */
function readMessage(line: string): ReadMessage {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return { ok: false }
  }
  const message = toBridge.safeParse(json)
  if (message.success) return { ok: true, value: message.data }
  const job = named.safeParse(json)
  const failed = { result: 'failed', code: 'wire.malformed' } as const
  if (!job.success) return { ok: false }
  return {
    ok: false,
    refusal: 'job' in job.data ? { type: 'print_result', job: job.data.job, ...failed } : { type: 'order_result', order: job.data.order, ...failed },
  }
}

const name = z.string().min(1).max(64)
const named = z.union([z.object({ job: name }), z.object({ order: name })])

function write(socket: Socket, message: FromBridge, log: (line: string) => void): void {
  if (socket.destroyed) return
  socket.write(`${JSON.stringify(message)}\n`)
  if (socket.writableLength <= MAX_UNREAD_BYTES) return
  log('dropped a connection: it does not read')
  socket.destroy()
}

/** Constant time whatever the lengths: hashes are compared. */
const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Anything but "busy" (a path too long, a folder that is not there) is a mistake in how the bridge was started, and throws. */
async function listen(server: Server, path: string): Promise<Outcome<null, 'till.busy'>> {
  const first = await tryListen(server, path)
  if (first === undefined) return ok(null)
  if (first.code !== 'EADDRINUSE') throw first
  if (isPipe(path) || !lstatSync(path).isSocket() || (await somebodyListens(path))) return fail('till.busy', `${path} is in use`)
  unlinkSync(path)
  const second = await tryListen(server, path)
  if (second) throw second
  return ok(null)
}

const isPipe = (path: string): boolean => path.startsWith('\\\\')

const tryListen = (server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    server.once('error', resolve)
    server.listen(path, () => {
      server.off('error', resolve)
      if (!isPipe(path)) chmodSync(path, 0o600)
      resolve(undefined)
    })
  })

/** A socket file outlives the process that made it; only a refused connection proves that nobody is behind it. */
const somebodyListens = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
  })

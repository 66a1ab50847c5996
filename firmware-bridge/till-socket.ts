import { createHash, timingSafeEqual } from 'node:crypto'
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { z } from 'zod'
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
  /** To every till that said a right hello. */
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
  const connections = new Set<Socket>()
  /** Bytes of scans that came while no till was there, by scanner. */
  const unheard = new Map<string, number>()
  const server = createServer((socket) => {
    connections.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      connections.delete(socket)
      tills.delete(socket)
    })
    talk(socket, options, () => {
      tills.add(socket)
      // A scan is never kept for later, when it would sell or pay by itself. But somebody holds that product and has to be told to scan it again.
      for (const [device, bytes] of unheard) write(socket, { type: 'garbage', device, bytes }, options.log)
      unheard.clear()
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  return {
    listen: (path) => listen(server, path),
    send(message) {
      if (tills.size === 0 && message.type === 'scan') unheard.set(message.device, (unheard.get(message.device) ?? 0) + message.text.length)
      for (const till of tills) write(till, message, options.log)
    },
    close() {
      server.close()
      for (const socket of connections) socket.destroy()
    },
  }
}

function talk(socket: Socket, { token, timers, log, welcome, onMessage }: Options, onHello: () => void): void {
  const lines = splitLines(MAX_LINE_BYTES)
  let greeted = false
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
        if (greeted && message.job) write(socket, { type: 'print_result', job: message.job, result: 'failed', code: 'wire.malformed' }, log)
        else drop('a message cannot be read')
      } else if (message.value.type === 'hello') {
        if (greeted || !sameSecret(message.value.token, token)) return drop('a wrong hello')
        greeted = true
        cancelTimeout()
        write(socket, welcome(), log)
        onHello()
      } else if (greeted) onMessage(message.value)
      else drop('a message before hello')
    }
  })
}

type ReadMessage = { readonly ok: true; readonly value: z.output<typeof toBridge> } | { readonly ok: false; readonly job?: string }

/** A print that breaks the rules but names its job is worth an answer: the till waits for one. */
function readMessage(line: string): ReadMessage {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return { ok: false }
  }
  const message = toBridge.safeParse(json)
  if (message.success) return { ok: true, value: message.data }
  const job = typeof json === 'object' && json !== null && 'job' in json ? json.job : undefined
  return typeof job === 'string' && job.length > 0 && job.length <= 64 ? { ok: false, job } : { ok: false }
}

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

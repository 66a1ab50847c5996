import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { invariant } from '#protocol/outcome.ts'

/**
 * The network cable between a till and the hub, as something that a person can pull: a TCP proxy on the loopback.
 *
 * Pulled, it is as silent as a real one: bytes vanish both ways, neither end sees a FIN or RST, and a new connection hangs unanswered. (The
 * kernel completes its handshake, since only a firewall could swallow a SYN; nothing ever answers what is said on it.) Plugged in again, the
 * connections that lost bytes are reset, because their streams cannot be continued, and new ones work.
 */
export type Cable = {
  /** Where the till connects to, on 127.0.0.1. */
  readonly port: number
  readonly pulled: boolean
  pull(): void
  plug(): void
  close(): Promise<void>
}

export type CableEnds = {
  /** Read anew for each connection: what is at the far end may be another machine by then. */
  readonly to: { readonly host: string; readonly port: number }
  /** 0 or absent: any free port. */
  readonly port?: number
  readonly onChange?: (pulled: boolean) => void
}

/** Connections held at once, hanging ones included. One more costs the oldest its place: the only end that a pulled cable lets anybody see. */
export const MAX_CABLE_LINES = 64

type Line = { readonly near: Socket; readonly far: Socket | undefined; cut: boolean }

/** Rejects when the port is taken. Memory is bounded: a line holds what its two sockets buffer (back-pressure is passed on), a cut one nothing. */
export async function startCable({ to, port = 0, onChange }: CableEnds): Promise<Cable> {
  const lines = new Set<Line>()
  let pulled = false

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (near) => {
    const oldest = lines.size >= MAX_CABLE_LINES ? lines.values().next().value : undefined
    if (oldest !== undefined) reset(oldest)
    const far = pulled ? undefined : connect({ ...to, allowHalfOpen: true, noDelay: true })
    const line: Line = { near, far, cut: pulled }
    lines.add(line)
    watch(line, () => lines.delete(line))
    if (far === undefined) near.resume()
  })

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: portOf(server.address()),
    get pulled() {
      return pulled
    },
    pull() {
      if (pulled) return
      pulled = true
      for (const line of lines) cut(line)
      onChange?.(true)
    },
    plug() {
      if (!pulled) return
      pulled = false
      for (const line of lines) if (line.cut) reset(line)
      onChange?.(false)
    },
    async close() {
      for (const line of lines) reset(line)
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  invariant(address !== null && typeof address === 'object', 'a listening TCP server has a port')
  return address.port
}

/** Nothing is read from the near end until the far one is there, so that bytes cannot wait in between and slip out after the cable was pulled. */
function watch(line: Line, gone: () => void): void {
  const { near, far } = line
  carry(line, near, far, gone)
  if (far === undefined) return
  carry(line, far, near, gone)
  far.once('connect', () => near.resume())
}

function carry(line: Line, from: Socket, to: Socket | undefined, gone: () => void): void {
  from.on('data', (chunk: Buffer) => {
    if (line.cut || to === undefined || to.write(chunk)) return
    from.pause()
    to.once('drain', () => from.resume())
  })
  from.on('end', () => {
    if (!line.cut) to?.end()
  })
  // Whatever went wrong, 'close' follows; the other end learns of it as a reset, unless the cable is pulled.
  from.on('error', () => undefined)
  from.on('close', (failed: boolean) => {
    if (to === undefined || to.destroyed) return gone()
    if (line.cut) return
    if (failed) resetEnd(to)
    else to.end()
  })
}

/** Both ends stay open and are drained into nothing. */
function cut(line: Line): void {
  line.cut = true
  line.near.resume()
  line.far?.resume()
}

function reset({ near, far }: Line): void {
  resetEnd(near)
  if (far !== undefined) resetEnd(far)
}

function resetEnd(socket: Socket): void {
  if (socket.connecting) socket.destroy()
  else socket.resetAndDestroy()
}

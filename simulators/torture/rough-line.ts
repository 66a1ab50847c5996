import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { invariant } from '#protocol/outcome.ts'
import type { Random } from '../world/random.ts'

/**
 * A TCP proxy that treats connections badly: it cuts them, holds their bytes back, or lets the beginning of a message through and not its end.
 * (The bench's cable loses bytes in silence; this one is the network that is not silent.)
 */
export type RoughLine = {
  readonly port: number
  /** Resets every connection. */
  cut(): void
  /** Nothing moves until `flow`; then everything arrives late. */
  stall(): void
  flow(): void
  /** Of the next bytes, whichever way they go, only some pass; then both ends see a reset. */
  truncate(): void
  close(): Promise<void>
}

/** Sees what passes: each connection's bytes, once they were handed on. */
export type Tap = () => { up(chunk: Uint8Array): void; down(chunk: Uint8Array): void }

type Pair = { readonly near: Socket; readonly far: Socket }

export async function roughLine(to: number, random: Random, tap: Tap): Promise<RoughLine> {
  const pairs = new Set<Pair>()
  let stalled = false
  let truncating = false

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port: to, noDelay: true })
    const pair = { near, far }
    pairs.add(pair)
    const { up, down } = tap()
    carry(near, far, up)
    carry(far, near, down)
    if (stalled) pause(pair)
    const gone = (): void => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const end of [near, far]) {
      // Whatever went wrong, 'close' follows.
      end.on('error', () => {})
      end.once('close', gone)
    }
  })

  function carry(from: Socket, onward: Socket, seen: (chunk: Uint8Array) => void): void {
    from.on('data', (chunk: Buffer) => {
      const passes = truncating ? chunk.subarray(0, random.between(0, chunk.length - 1)) : chunk
      if (passes.length > 0 && !onward.write(passes)) {
        from.pause()
        onward.once('drain', () => {
          if (!stalled) from.resume()
        })
      }
      seen(passes)
      if (!truncating) return
      truncating = false
      // Not reset at once: what did pass shall arrive.
      onward.end(() => {
        onward.destroy()
        from.destroy()
      })
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  invariant(address !== null && typeof address === 'object', 'a listening TCP server has a port')
  const cut = (): void => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy()
      far.destroy()
    }
  }
  return {
    port: address.port,
    cut,
    stall() {
      stalled = true
      for (const pair of pairs) pause(pair)
    },
    flow() {
      stalled = false
      truncating = false
      for (const { near, far } of pairs) {
        near.resume()
        far.resume()
      }
    },
    truncate() {
      truncating = true
    },
    async close() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function pause({ near, far }: Pair): void {
  near.pause()
  far.pause()
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { SECOND, type Timers } from '#protocol/time.ts'

/**
 * Server-Sent Events (WHATWG HTML §9.2) of one value: whoever listens gets it at once and again after each change, never every step of the way.
 * Memory is bounded: a listener that does not read is dropped and comes back by itself.
 */
export const MAX_LISTENERS = 16
/** Changes within this are one event. */
const GATHER_MS = 40
const KEEP_ALIVE = 15 * SECOND
const MAX_WAITING_BYTES = 1024 * 1024

export type Live = {
  /** False when there are too many listeners already. */
  listen(request: IncomingMessage, response: ServerResponse): boolean
  changed(): void
  close(): void
}

export function liveValue(timers: Timers, read: () => unknown): Live {
  const listeners = new Set<ServerResponse>()
  let gathering: (() => void) | undefined

  const say = (text: string) => {
    for (const listener of listeners) {
      if (listener.writableLength > MAX_WAITING_BYTES) listener.destroy()
      else listener.write(text)
    }
  }
  const event = () => `data: ${JSON.stringify(read())}\n\n`
  let cancelKeepAlive = timers.after(KEEP_ALIVE, keepAlive)
  function keepAlive(): void {
    say(': still here\n\n')
    cancelKeepAlive = timers.after(KEEP_ALIVE, keepAlive)
  }

  return {
    listen(request, response) {
      if (listeners.size >= MAX_LISTENERS) return false
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write(`retry: 1000\n\n${event()}`)
      listeners.add(response)
      response.on('error', () => undefined)
      request.on('close', () => listeners.delete(response))
      return true
    },
    changed() {
      gathering ??= timers.after(GATHER_MS, () => {
        gathering = undefined
        say(event())
      })
    },
    close() {
      gathering?.()
      cancelKeepAlive()
      for (const listener of listeners) listener.destroy()
    },
  }
}

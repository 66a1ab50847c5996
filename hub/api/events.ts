import type { ServerResponse } from 'node:http'
import type { Hub } from '../hub.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'

/** Four times a second at most, however much happens. */
const MIN_INTERVAL: DurationMs = 250
const MAX_READERS = 20
/** A comment now and then keeps proxies and dead connections honest. */
const KEEP_ALIVE: DurationMs = 20_000

export interface Events {
  /** Answers with a stream of overviews (Server-Sent Events). False when there are too many readers already. */
  open(response: ServerResponse): boolean
  close(): void
}

/** Sends the overview to every console that is open, once something changed: read once, written once, for all of them. */
export function createEvents(hub: Hub, timers: Timers, warn: (line: string) => void): Events {
  const readers = new Set<ServerResponse>()
  let dirty = false
  let pausing = false
  let cancelPause = () => {}
  let cancelKeepAlive = () => {}
  const stopListening = hub.onChange(() => {
    dirty = true
    publish()
  })

  function publish(): void {
    if (!dirty || pausing || readers.size === 0) return
    dirty = false
    pausing = true
    cancelPause = timers.after(MIN_INTERVAL, () => {
      pausing = false
      publish()
    })
    const to = [...readers]
    hub.overview().then(
      (overview) => {
        for (const reader of to) write(reader, `data: ${JSON.stringify(overview)}\n\n`)
      },
      (error: unknown) => warn(`the console cannot be told: ${String(error)}`),
    )
  }
  /** One that does not read is not waited for: it gets a later overview, which says all that this one says. */
  function write(reader: ServerResponse, text: string): void {
    if (!reader.writableNeedDrain) reader.write(text)
  }
  function keepAlive(): void {
    cancelKeepAlive = timers.after(KEEP_ALIVE, () => {
      for (const reader of readers) write(reader, ': here\n\n')
      keepAlive()
    })
  }
  keepAlive()

  return {
    open(response) {
      if (readers.size >= MAX_READERS) return false
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      readers.add(response)
      response.on('close', () => readers.delete(response))
      response.write('retry: 1000\n\n')
      dirty = true
      publish()
      return true
    },
    close() {
      stopListening()
      cancelPause()
      cancelKeepAlive()
      for (const reader of readers) reader.end()
    },
  }
}

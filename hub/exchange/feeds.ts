import { readFile, stat } from 'node:fs/promises'
import { rateTable, type RateTable } from './rate-table.ts'
import { z } from 'zod'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { DurationMs } from '#protocol/time.ts'

/** Where rates come from. Asked now and then; what it says is not believed yet. */
export interface RateFeed {
  latest(): Promise<Outcome<RateTable, 'exchange.rates_unread'>>
}

const MAX_BYTES = 64 * 1024

/** A file that somebody else replaces. */
export const fileFeed = (path: string): RateFeed => ({
  async latest() {
    try {
      const { size } = await stat(path)
      return size > MAX_BYTES ? fail('exchange.rates_unread', `${size} bytes`) : tableIn(await readFile(path, 'utf8'))
    } catch (error) {
      return unread(error)
    }
  },
})

/** An address that answers with the same JSON. It is not believed where it redirects to. */
export const httpFeed = (url: string, timeoutMs: DurationMs): RateFeed => ({
  async latest() {
    try {
      const response = await fetch(url, { redirect: 'error', headers: { accept: 'application/json' }, signal: AbortSignal.timeout(timeoutMs) })
      if (!response.ok || response.body === null) {
        await response.body?.cancel()
        return fail('exchange.rates_unread', `HTTP ${response.status}`)
      }
      const parts: Uint8Array[] = []
      let size = 0
      for await (const part of response.body as ReadableStream<Uint8Array>) {
        size += part.length
        // Leaving the loop ends the connection.
        if (size > MAX_BYTES) return fail('exchange.rates_unread', `more than ${MAX_BYTES} bytes`)
        parts.push(part)
      }
      return tableIn(Buffer.concat(parts).toString('utf8'))
    } catch (error) {
      return unread(error)
    }
  },
})

function tableIn(text: string): Outcome<RateTable, 'exchange.rates_unread'> {
  const read = rateTable.safeParse(JSON.parse(text))
  return read.success ? ok(read.data) : fail('exchange.rates_unread', z.prettifyError(read.error).slice(0, 400))
}

const unread = (error: unknown): Outcome<never, 'exchange.rates_unread'> =>
  fail('exchange.rates_unread', error instanceof Error ? error.message : String(error))

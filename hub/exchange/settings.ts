import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { fileFeed, httpFeed, type RateFeed } from './feeds.ts'
import type { RateTable } from './rate-table.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { DAY, MINUTE, SECOND, type EpochMs } from '#protocol/time.ts'

/** `exchange.json` in the hub's folder: without it no wallet in another currency pays. */
export const exchangeSettings = z.strictObject({
  /** A file, beside this one unless its path begins at the root, or an address: see `rate-table.ts` for what they say. */
  feed: z.union([z.strictObject({ file: z.string().min(1).max(1000) }), z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(1000) })]),
  /** On top of the rate, and the hub's. */
  marginPpm: z.int().min(0).max(200_000),
  /** Older rates quote nothing. */
  maxAgeMs: z
    .int()
    .min(MINUTE)
    .max(14 * DAY),
  /** A rate that moves by more between two tables waits for a person. */
  maxJumpPpm: z.int().min(1000).max(1_000_000),
  /** How long a shopper may think about it. */
  quoteForMs: z
    .int()
    .min(10 * SECOND)
    .max(10 * MINUTE),
})
export type ExchangeSettings = Omit<z.infer<typeof exchangeSettings>, 'feed'>
export type ExchangePorts = { readonly feed: RateFeed; readonly settings: ExchangeSettings }

const FILE = 'exchange.json'
const DEMO_RATES = 'demo-rates.json'
const FEED_TIMEOUT = 10 * SECOND

/** Throws for settings that cannot be read. */
export function openExchange(data: string, demo: boolean, now: EpochMs): ExchangePorts | undefined {
  const path = join(data, FILE)
  if (!existsSync(path)) return demo ? demoExchange(data, now) : undefined
  const { feed, ...settings } = exchangeSettings.parse(JSON.parse(readFileSync(path, 'utf8')))
  return { settings, feed: 'file' in feed ? fileFeed(resolve(data, feed.file)) : httpFeed(feed.url, FEED_TIMEOUT) }
}

/** Invented, and said to be. Written anew with every start, so that a demo of last month pays too; whoever changes the file meanwhile sees what becomes of it. */
function demoExchange(data: string, now: EpochMs): ExchangePorts {
  const path = join(data, DEMO_RATES)
  const rates = { CNY: '7.8123', USD: '1.0842', JPY: '163.25', GBP: '0.85123', CHF: '0.9431', KWD: '0.33251' }
  const table: RateTable = { source: 'Demo rates', at: new Date(now).toISOString(), base: 'EUR', rates }
  writeDurably(path, `${JSON.stringify(table, null, 2)}\n`, 0o600)
  return { feed: fileFeed(path), settings: { marginPpm: 15_000, maxAgeMs: 7 * DAY, maxJumpPpm: 50_000, quoteForMs: 2 * MINUTE } }
}

import type { RateFeed } from './feeds.ts'
import type { RateTable } from './rate-table.ts'
import type { ExchangePorts } from './settings.ts'
import { START } from '../test-rig.ts'
import { fail, ok } from '#protocol/outcome.ts'
import { HOUR, MINUTE, type EpochMs } from '#protocol/time.ts'

/** A source of rates that says what a test wants it to. */
export class TestFeed implements RateFeed {
  table: RateTable | undefined
  constructor(rates: Readonly<Record<string, string>> = { CNY: '7.8123', JPY: '163.25', KWD: '0.33251' }) {
    this.say(rates)
  }
  say(rates: Readonly<Record<string, string>>, at: EpochMs = START): void {
    this.table = { source: 'Test rates', at: new Date(at).toISOString(), base: 'EUR', rates }
  }
  latest() {
    return Promise.resolve(this.table === undefined ? fail('exchange.rates_unread', 'nobody there') : ok(this.table))
  }
}

export const testExchange = (feed: RateFeed): ExchangePorts => ({
  feed,
  settings: { marginPpm: 15_000, maxAgeMs: 24 * HOUR, maxJumpPpm: 50_000, quoteForMs: 2 * MINUTE },
})

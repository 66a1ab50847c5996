import { z } from 'zod'
import type { RateFeed } from './feeds.ts'
import { currenciesIn, jumpsBetween, missingAfter, rateIn, rateTable, type RateTable } from './rate-table.ts'
import type { ExchangeSettings } from './settings.ts'
import type { HubStore } from '../store/hub-store.ts'
import { exchangeSchema } from '#protocol/exchange/quote.ts'
import { worthBack, type Ratio } from '#protocol/exchange/rate.ts'
import type { RatesView } from '#protocol/hub-api/exchange.ts'
import { currency as currencySchema, epochMs } from '#protocol/journal/entry.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { MINUTE, type Clock, type EpochMs } from '#protocol/time.ts'

/**
 * The rates by which the hub exchanges: those that its feed said last and that were believed. A table that is older than the last, or from the future, is none. One in
 * which a rate has jumped waits for a person, and meanwhile nothing is quoted in those currencies; the others go on by the last table until it is stale. The first
 * table ever is believed as it is. All of it is in the store, so that a hub that is started anew compares with what it knew.
 */
export type CurrentRate = { readonly rate: Ratio; readonly source: string; readonly at: EpochMs }
export type RateCode = 'exchange.not_offered' | 'exchange.stale_rate' | 'exchange.rate_held'

export interface Rates {
  /** What the store has of an earlier run. */
  start(): Promise<void>
  /** Asks the feed once. Resolves when what it said is durable. */
  look(): Promise<void>
  /** Of the shop's currency in a wallet's. */
  rate(wallet: Currency): Outcome<CurrentRate, RateCode>
  /** A person has compared the table that waits, which is the one of that time. */
  confirm(at: EpochMs, by: string): Promise<Outcome<null, 'exchange.nothing_held' | 'till.disk_full'>>
  view(): RatesView
}

export type RatesPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly store: Pick<HubStore, 'get' | 'commit'>
  readonly currency: Currency
  readonly feed: RateFeed
  readonly settings: ExchangeSettings
  changed(): void
  warn(line: string): void
}

const DOCUMENT = 'exchange-rates'
const kept = z.strictObject({
  accepted: rateTable.optional(),
  held: rateTable.optional(),
  /** Of currencies that the accepted table lacks, the last that was believed. */
  missing: z.partialRecord(currencySchema, exchangeSchema.shape.rate).optional(),
  confirmed: z.strictObject({ at: epochMs, by: z.string() }).optional(),
})
type Kept = z.infer<typeof kept>

const CLOCKS_DIFFER = 5 * MINUTE
const timeOf = ({ at }: RateTable): EpochMs => Date.parse(at)
const isSame = (a: RateTable | undefined, b: RateTable): boolean => JSON.stringify(a) === JSON.stringify(b)

export function createRates({ clock, store, currency: shop, feed, settings, changed, warn }: RatesPorts): Rates {
  let known: Kept = {}
  let version = 0
  let trouble: string | undefined

  async function keep(next: Kept): Promise<boolean> {
    const committed = await store.commit({ documents: [{ id: DOCUMENT, version, dueAt: undefined, body: JSON.stringify(next) }] })
    if (committed !== 'done') return false
    known = next
    version += 1
    changed()
    return true
  }

  const jumped = (): readonly Currency[] =>
    known.accepted === undefined || known.held === undefined ? [] : jumpsBetween(known.accepted, known.held, shop, settings.maxJumpPpm, known.missing)

  const believed = (table: RateTable): Kept => ({ accepted: table, missing: missingAfter(known.accepted, known.missing ?? {}, table, shop) })

  function judged(table: RateTable): Kept | undefined {
    const { accepted, held } = known
    if (timeOf(table) > clock.now() + CLOCKS_DIFFER) throw new Error('they are from the future')
    if (isSame(accepted, table) && held === undefined) return undefined
    if (isSame(held, table) || (accepted !== undefined && timeOf(table) < timeOf(accepted))) return undefined
    const jumps = accepted === undefined ? [] : jumpsBetween(accepted, table, shop, settings.maxJumpPpm, known.missing)
    if (jumps.length === 0) return believed(table)
    // Somebody may be comparing it right now: what is confirmed by its time has to be what was shown.
    if (held !== undefined && timeOf(held) === timeOf(table)) return undefined
    warn(`exchange rates of ${table.at} wait for a person: ${jumps.join(', ')} jumped`)
    return { ...known, held: table }
  }

  async function look(): Promise<void> {
    const told = await feed.latest()
    try {
      if (!told.ok) throw new Error(told.detail ?? told.code)
      const next = judged(told.value)
      if (next !== undefined) await keep(next)
      trouble = undefined
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      if (trouble !== said) warn(`exchange rates were not taken: ${said}`)
      trouble = said
    }
  }

  function rate(wallet: Currency): Outcome<CurrentRate, RateCode> {
    const { accepted } = known
    if (accepted === undefined) return fail('exchange.stale_rate')
    const ratio = rateIn(accepted, shop, wallet)
    if (ratio === undefined) return fail('exchange.not_offered')
    if (clock.now() - timeOf(accepted) > settings.maxAgeMs) return fail('exchange.stale_rate')
    if (jumped().includes(wallet)) return fail('exchange.rate_held')
    return ok({ rate: ratio, source: accepted.source, at: timeOf(accepted) })
  }

  const listed = (table: RateTable) =>
    currenciesIn(table, shop).flatMap((code) => {
      const ratio = rateIn(table, shop, code)
      return ratio === undefined ? [] : [{ currency: code, ...ratio }]
    })

  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run)
    last = mine.catch(() => undefined)
    return mine
  }

  return {
    async start() {
      const [row] = await store.get('documents', [DOCUMENT])
      if (row === undefined) return
      known = kept.parse(JSON.parse(row.body))
      version = row.version
    },
    look: () => inTurn(look),
    rate,
    confirm: (at, by) =>
      inTurn(async () => {
        const { held } = known
        if (held === undefined || timeOf(held) !== at) return fail('exchange.nothing_held')
        return (await keep({ ...believed(held), confirmed: { at: clock.now(), by } })) ? ok(null) : fail('till.disk_full')
      }),
    view() {
      const { accepted, held, confirmed } = known
      return {
        currency: shop,
        marginPpm: settings.marginPpm,
        quoteForMs: settings.quoteForMs,
        isStale: accepted === undefined || clock.now() - timeOf(accepted) > settings.maxAgeMs,
        ...(accepted && { accepted: { source: accepted.source, at: timeOf(accepted), rates: listed(accepted) } }),
        ...(held && { held: { source: held.source, at: timeOf(held), rates: listed(held), jumped: [...jumped()] } }),
        ...(confirmed && { confirmed }),
        ...(trouble !== undefined && { trouble }),
      }
    },
  }
}

/** What so much of the shop's money is worth now, where there is a rate. */
export const worthIn =
  (shop: Currency, rates: Rates | undefined) =>
  (amountMinor: Minor, wallet: Currency): Minor | undefined => {
    const current = rates?.rate(wallet)
    return current?.ok === true ? worthBack(amountMinor, { from: shop, to: wallet }, current.value.rate) : undefined
  }

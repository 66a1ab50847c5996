import { z } from 'zod'
import type { Ratio } from '../exchange/rate.ts'
import { epochMs } from '../journal/entry.ts'
import type { Currency, Ppm } from '../money.ts'
import type { DurationMs, EpochMs } from '../time.ts'

/** So many whole units of `currency` for one of the shop's. */
type Rate = Ratio & { readonly currency: Currency }
type Table = { readonly source: string; readonly at: EpochMs; readonly rates: readonly Rate[] }

/** `GET /api/rates`: by what the hub exchanges now. */
export type RatesView = {
  /** Who is signed in. */
  readonly who?: string
  /** The shop's. */
  readonly currency: Currency
  readonly marginPpm: Ppm
  readonly quoteForMs: DurationMs
  /** Nothing is quoted while they are. */
  readonly isStale: boolean
  readonly accepted?: Table
  /** Waits for a person: these jumped by more than is believed unasked. */
  readonly held?: Table & { readonly jumped: readonly Currency[] }
  readonly confirmed?: { readonly at: EpochMs; readonly by: string }
  /** Why the feed was not believed when it was asked last. */
  readonly trouble?: string
}

/** `POST /api/rates/confirm`: the table of that time is right. */
export const confirmRates = z.strictObject({ at: epochMs })

import { z } from 'zod'
import { currencyCode } from './books.ts'
import { nothing, type RoutePorts } from './ports.ts'
import { reading, type Route } from './route.ts'
import { fail, ok } from '#protocol/outcome.ts'

const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })
const rates = z.object({
  currency: currencyCode.meta({ description: 'The merchant’s: one unit of it is so many of each other' }),
  marginPpm: z.int().min(0).meta({ description: 'On top of the rate, in parts per million' }),
  quoteSeconds: z.int().min(0).meta({ description: 'How long a quote is good' }),
  stale: z.boolean().meta({ description: 'Too old: nothing is quoted' }),
  source: z.string().optional(),
  at: time.optional(),
  rates: z.array(z.object({ currency: currencyCode, numerator: z.int().min(1), denominator: z.int().min(1), held: z.boolean() })),
})

/** By what wallets in other currencies pay now. */
export const rateRoutes = ({ hub }: RoutePorts): readonly Route[] => [
  reading({
    path: '/v1/rates',
    name: 'listRates',
    summary: 'Exchange rates, as ratios of two integers. One that is held has jumped, and waits for a person',
    scope: 'payments:read',
    params: nothing,
    query: nothing,
    answer: rates,
    run() {
      const view = hub.rates?.view()
      if (view === undefined) return Promise.resolve(fail('exchange.not_offered'))
      const { currency, marginPpm, quoteForMs, isStale, accepted, held } = view
      return Promise.resolve(
        ok({
          currency,
          marginPpm,
          quoteSeconds: Math.floor(quoteForMs / 1000),
          stale: isStale,
          ...(accepted && { source: accepted.source, at: new Date(accepted.at).toISOString() }),
          rates: (accepted?.rates ?? []).map((rate) => ({ ...rate, held: held?.jumped.includes(rate.currency) === true })),
        }),
      )
    },
  }),
]

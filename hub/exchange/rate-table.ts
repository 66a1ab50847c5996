import { z } from 'zod'
import { rateSource } from '#protocol/exchange/quote.ts'
import { crossRate, readRate, type Ratio } from '#protocol/exchange/rate.ts'
import { currency } from '#protocol/journal/entry.ts'
import type { Currency } from '#protocol/money.ts'

/** What a source of rates says: `rates` are decimal digits, each of one unit of `base`. The form of the file and of what an address answers. */
export const rateTable = z.strictObject({
  source: rateSource,
  /** When its source says that they were. */
  at: z.iso.datetime(),
  base: currency,
  rates: z
    .record(
      z.string().max(3),
      z
        .string()
        .max(16)
        .refine((text) => readRate(text) !== undefined, 'a rate has up to seven digits'),
    )
    .refine((rates) => Object.keys(rates).every((key) => currency.safeParse(key).success), 'ISO 4217'),
})
export type RateTable = z.infer<typeof rateTable>

/** Whole units of the wallet's currency for one of the shop's. Undefined where the table lacks one of them. */
export function rateIn({ base, rates }: RateTable, shop: Currency, wallet: Currency): Ratio | undefined {
  const of = (code: Currency): Ratio | undefined => (code === base ? { numerator: 1, denominator: 1 } : readRate(rates[code] ?? ''))
  const [walletRate, shopRate] = [of(wallet), of(shop)]
  return walletRate && shopRate && crossRate(walletRate, shopRate)
}

/** In which a wallet can pay there. */
export const currenciesIn = (table: RateTable, shop: Currency): readonly Currency[] =>
  [...new Set([table.base, ...Object.keys(table.rates)])].filter((code) => code !== shop && rateIn(table, shop, code) !== undefined).toSorted()

/** What was believed last of those that `after` lacks: a source that leaves a currency out and brings it back must not make it jump unseen. */
export function missingAfter(before: RateTable | undefined, missing: Ratios, after: RateTable, shop: Currency): Ratios {
  const known = before === undefined ? [] : currenciesIn(before, shop).map((code) => [code, rateIn(before, shop, code)] as const)
  return Object.fromEntries([...Object.entries(missing), ...known].filter(([code]) => rateIn(after, shop, code) === undefined))
}

export type Ratios = Readonly<Partial<Record<Currency, Ratio>>>

/** Whose rate has moved by more than that: a source that drops a comma does so between two tables. `missing`: what was believed of those that `before` lacks. */
export function jumpsBetween(before: RateTable, after: RateTable, shop: Currency, maxJumpPpm: number, missing: Ratios = {}): readonly Currency[] {
  return currenciesIn(after, shop).filter((code) => {
    const [old, now] = [rateIn(before, shop, code) ?? missing[code], rateIn(after, shop, code)]
    if (old === undefined || now === undefined) return false
    // |now - old| / old, over a common denominator.
    const was = BigInt(old.numerator) * BigInt(now.denominator)
    const is = BigInt(now.numerator) * BigInt(old.denominator)
    return (is > was ? is - was : was - is) * 1_000_000n > BigInt(maxJumpPpm) * was
  })
}

import { exponentOf, scaleUp, type Currency, type Minor, type Ppm } from '../money.ts'
import { fail, ok, type Outcome } from '../outcome.ts'

/**
 * What a wallet in another currency pays, and gets back. A rate is a ratio of two integers and never a float: so many whole units of the wallet's currency for one
 * whole unit of the shop's. Who exchanges keeps every fraction: what a wallet pays is rounded up to its next minor unit, what it gets back at another rate is
 * rounded down, so that no way there and back earns anything. What was paid goes back at its own rate by `shareOf`, whose parts add up to exactly the whole.
 */
export type Ratio = { readonly numerator: number; readonly denominator: number }

const MILLION = 1_000_000
/** So many digits that the product of two rates is still a safe integer: published rates have six. */
const MAX_DIGITS = 7

/** `7.8123`: up to seven significant digits, up to seven of them behind the point, more than zero. Total. */
export function readRate(text: string): Ratio | undefined {
  const read = /^(0|[1-9]\d{0,6})(?:\.(\d{1,7}))?$/.exec(text)
  if (read === null) return undefined
  const [, whole = '', fraction = ''] = read
  const digits = (whole + fraction).replace(/^0+/, '')
  return digits === '' || digits.length > MAX_DIGITS ? undefined : reduced(Number(digits), 10 ** fraction.length)
}

/** Both against the same third currency: what one unit of the second's is worth in the first's. */
export const crossRate = (wallet: Ratio, shop: Ratio): Ratio => reduced(wallet.numerator * shop.denominator, wallet.denominator * shop.numerator)

function reduced(numerator: number, denominator: number): Ratio {
  let [a, b] = [numerator, denominator]
  while (b !== 0) [a, b] = [b, a % b]
  return { numerator: numerator / a, denominator: denominator / a }
}

export type Pair = { readonly from: Currency; readonly to: Currency }

/** Minor units of `to` for minor units of `from`, rounded towards more. A negative amount is rounded towards less of it. */
function exchanged(amountMinor: Minor, { from, to }: Pair, { numerator, denominator }: Ratio): bigint {
  return scaleUp(amountMinor, BigInt(numerator) * 10n ** BigInt(exponentOf(to)), BigInt(denominator) * 10n ** BigInt(exponentOf(from)))
}

/** In the wallet's currency: all of it, and how much of that is the margin. */
export type Charge = { readonly amountMinor: Minor; readonly marginMinor: Minor }

/** What a wallet pays for so much of the shop's money. `pair.from` is the shop's currency. */
export function chargeFor(amountMinor: Minor, pair: Pair, rate: Ratio, marginPpm: Ppm): Outcome<Charge, 'exchange.too_large'> {
  const plain = exchanged(amountMinor, pair, rate)
  const margin = plain > BigInt(Number.MAX_SAFE_INTEGER) ? plain : scaleUp(Number(plain), BigInt(marginPpm), BigInt(MILLION))
  const all = plain + margin
  return all > BigInt(Number.MAX_SAFE_INTEGER) ? fail('exchange.too_large') : ok({ amountMinor: Number(all), marginMinor: Number(margin) })
}

/** What a wallet gets at another rate than it paid at. Undefined: more than can be paid at once. */
export function worthBack(amountMinor: Minor, pair: Pair, rate: Ratio): Minor | undefined {
  const worth = -exchanged(-amountMinor, pair, rate)
  return worth > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(worth)
}

/** Of `whole`, what belongs to the first `part` of `all`. It grows with `part` and is exactly `whole` at its end, so parts are differences of it. */
export const shareOf = (whole: Minor, part: Minor, all: Minor): Minor => (part >= all ? whole : Number(-scaleUp(-whole, BigInt(part), BigInt(all))))

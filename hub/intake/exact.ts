import type { Minor } from '#protocol/money.ts'

/** Of what a till claims, which may add up to more than a safe integer. */
export const exactSum = (amounts: readonly Minor[]): bigint => amounts.reduce((total, amount) => total + BigInt(amount), 0n)

/** The least and the most that `dividend ÷ divisor`, both not negative, may be rounded to: the nearest integer, and a half either way. */
export const roundings = (dividend: bigint, divisor: bigint): readonly [bigint, bigint] => [
  (2n * dividend + divisor - 1n) / (2n * divisor),
  (2n * dividend + divisor) / (2n * divisor),
]

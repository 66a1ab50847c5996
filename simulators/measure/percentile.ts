/** The value below which a share of the samples lies (nearest rank): `percentile(times, 0.99)`. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** To so many significant places after the point, for a report that people read. */
export const rounded = (value: number, places = 3): number => Number(value.toFixed(places))

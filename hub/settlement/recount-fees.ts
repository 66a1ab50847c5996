import type { HubStore } from '../store/hub-store.ts'

/** What each sale must have cost, worked out from the terms of its time with arithmetic of its own. Knows as little of `fees.ts` as `recount.ts` of the rest. */
type Rate = {
  readonly instrument: string
  readonly tiers: readonly { readonly fromMinor: number; readonly ppm: number }[]
  readonly fixedMinor: number
  readonly minimumMinor: number
  readonly maximumMinor?: number
}
type Version = {
  readonly at: number
  readonly from?: number
  readonly state?: string
  readonly terms: { readonly timeZone: string; readonly fees: { readonly rates: readonly Rate[]; readonly taxPpm: number } }
}
type Sold = { month: string; volume: bigint }
export type Sale = {
  readonly id: string
  readonly merchant: string
  readonly currency: string
  readonly at: number
  readonly amount: bigint
  readonly fee: number
  readonly tax: number
  readonly profile: string | undefined
}

const MAX_VERSIONS = 10_000
/** In milliseconds. */
const COMMIT_TAKES = 5000

/** Terms that nobody agreed to, or that were taken back in time, are none. */
const begins = (version: Version | undefined): number => (version === undefined ? Infinity : (version.from ?? version.at))

export class FeeRecount {
  readonly #store: HubStore
  readonly #versions = new Map<string, readonly Version[]>()
  readonly #sold = new Map<string, Sold>()

  constructor(store: HubStore) {
    this.#store = store
  }

  /** In the order in which they were posted. Answers with what is wrong. */
  async check({ id, merchant, currency, at, amount, fee, tax, profile }: Sale): Promise<string | undefined> {
    const versions = await this.#of(merchant)
    // A commit that began before a change may have been made after it, by the terms of either.
    const inForce = versions.filter((version, index) => begins(version) <= at + COMMIT_TAKES && begins(versions[index + 1]) >= at - COMMIT_TAKES)
    const candidates = inForce.length > 0 ? inForce : versions.slice(0, 1)
    const month = monthOf(candidates[0]?.terms.timeZone ?? 'UTC', at)
    const key = `${merchant}/${currency}`
    const before = this.#sold.get(key)
    const volume = before?.month === month ? before.volume : 0n
    this.#sold.set(key, { month, volume: volume + amount })
    const due = candidates.map(({ terms: { fees } }) => dueFor(fees, profile === 'card' || profile === 'scheme' ? profile : 'wallet', amount, volume))
    if (due.some(([feeDue, taxDue]) => feeDue === BigInt(fee) && taxDue === BigInt(tax))) return undefined
    return `fee of ${id}: ${fee} and ${tax}, but the terms say ${due.map((pair) => pair.join(' and ')).join(' or ')}`
  }

  async #of(merchant: string): Promise<readonly Version[]> {
    const known = this.#versions.get(merchant)
    if (known !== undefined) return known
    const rows = await this.#store.documents({ prefix: `merchant-version/${merchant}/`, limit: MAX_VERSIONS })
    const versions = rows.map(({ body }) => JSON.parse(body) as Version).filter(({ state }) => state === undefined)
    this.#versions.set(merchant, versions)
    return versions
  }
}

const months = new Map<string, Intl.DateTimeFormat>()
function monthOf(timeZone: string, at: number): string {
  const known = months.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit' })
  months.set(timeZone, known)
  return known.format(at)
}

/** Halves go up. */
const share = (amount: bigint, ppm: number): bigint => (2n * amount * BigInt(ppm) + 1_000_000n) / 2_000_000n

function dueFor(fees: Version['terms']['fees'], instrument: string, amount: bigint, volume: bigint): readonly [bigint, bigint] {
  const rate = fees.rates.find((one) => one.instrument === instrument)
  if (rate === undefined || amount === 0n) return [0n, 0n]
  let ppm = 0
  for (const tier of rate.tiers) if (volume >= BigInt(tier.fromMinor)) ppm = tier.ppm
  let fee = share(amount, ppm) + BigInt(rate.fixedMinor)
  if (fee < BigInt(rate.minimumMinor)) fee = BigInt(rate.minimumMinor)
  if (rate.maximumMinor !== undefined && fee > BigInt(rate.maximumMinor)) fee = BigInt(rate.maximumMinor)
  return [fee, share(fee, fees.taxPpm)]
}

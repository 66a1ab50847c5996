import { z } from 'zod'
import { phoneKey } from '#protocol/wallet-api/ask.ts'
import { amount, epochMs, hash } from '#protocol/journal/entry.ts'
import type { Minor } from '#protocol/money.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * What the hub lends a wallet to spend without it: its phones, and the limits of every credential that some till may still take.
 *
 * A till counts by wallet, whatever credential pays, until the hub has settled it. So the most that one wallet can have open at one till is the *largest* limit
 * among its credentials that are valid there, not their sum; and with another till the same again (invariant 3). From that follows what a new credential may say:
 *
 * - never more than the wallet's own money, less what is held of it and what it owes already;
 * - up to a limit that it has now anyway: a renewal takes no till's ceiling any higher, it only makes it last;
 * - above that only as far as its money covers it when *all* that may be open is taken from it first: for each till that is not connected, or only just is,
 *   the largest limit that was valid since all that the hub has heard of it. Of a till that has been connected for a while the hub has heard everything.
 *
 * So a refresh while old credentials are unspent, or spent where the hub cannot see it, changes the worst case of no till, and refills nothing that is open.
 */
export type Standing = {
  /** What the bank gives at most. */
  readonly mostMinor: Minor
  /** In the wallet, less holds. */
  readonly availableMinor: Minor
  /** Captured by tills and not paid. */
  readonly owedMinor: Minor
  /** For each till of which the hub may not have heard everything: what it has yet to tell is younger than this. */
  readonly silentSince: readonly EpochMs[]
}

type Lent = Pick<LentCredential, 'limitMinor' | 'expiresAt'>

export function limitDue(lent: readonly Lent[], { mostMinor, availableMinor, owedMinor, silentSince }: Standing, now: EpochMs): Minor {
  const own = Math.max(0, Math.min(mostMinor, availableMinor - owedMinor))
  const open = silentSince.reduce((sum, since) => sum + largestSince(lent, since), 0)
  const covered = Math.min(mostMinor, availableMinor - owedMinor - open)
  return Math.max(0, Math.min(own, largestSince(lent, now)), covered)
}

/** Of those that were still valid then. */
export const largestSince = (lent: readonly Lent[], since: EpochMs): Minor =>
  lent.reduce((largest, { limitMinor, expiresAt }) => (expiresAt > since ? Math.max(largest, limitMinor) : largest), 0)

// ---------------------------------------------------------------- as it is kept

const credential = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  phone: phoneKey,
  perPaymentMinor: amount,
  limitMinor: amount,
  issuedAt: epochMs,
  expiresAt: epochMs,
})
export type LentCredential = z.infer<typeof credential>

const phone = z.strictObject({ publicKey: phoneKey, name: z.string(), addedAt: epochMs, lostAt: epochMs.optional() })
export type WalletPhone = z.infer<typeof phone>

/** The body of a row of `lendings`. */
export const lending = z.strictObject({
  phones: z.array(phone),
  credentials: z.array(credential),
  /** Credentials that have ended, for tills that were silent before they did: two may be told as one that covers both. */
  ended: z.array(z.strictObject({ limitMinor: amount, expiresAt: epochMs })),
  /** SHA-256 of the word with which one more phone may join. */
  invitation: z.strictObject({ word: hash, until: epochMs }).optional(),
})
export type Lending = z.infer<typeof lending>

export const lentOf = ({ credentials, ended }: Lending): readonly Lent[] => [...credentials, ...ended]

const MAX_ENDED = 16

/** Without what no till can take any more, nor can have taken unheard. */
export function tidied(kept: Lending, silentSince: readonly EpochMs[], now: EpochMs): Lending {
  const since = Math.min(now, ...silentSince)
  const { credentials } = kept
  const ended = lentOf({ ...kept, credentials: credentials.filter(({ expiresAt }) => expiresAt <= now) }).filter(({ expiresAt }) => expiresAt > since)
  return { ...kept, credentials: credentials.filter(({ expiresAt }) => expiresAt > now), ended: merged(ended) }
}

/** The oldest together, as one with the larger limit and the later end: more than was lent, never less. */
function merged(ended: readonly Lent[]): Lent[] {
  const oldestFirst = ended.toSorted((a, b) => a.expiresAt - b.expiresAt)
  const surplus = oldestFirst.slice(0, Math.max(0, oldestFirst.length - MAX_ENDED + 1))
  const rest = oldestFirst.slice(surplus.length).map(({ limitMinor, expiresAt }) => ({ limitMinor, expiresAt }))
  if (surplus.length < 2) return [...surplus.map(({ limitMinor, expiresAt }) => ({ limitMinor, expiresAt })), ...rest]
  return [{ limitMinor: Math.max(...surplus.map(({ limitMinor }) => limitMinor)), expiresAt: Math.max(...surplus.map(({ expiresAt }) => expiresAt)) }, ...rest]
}

import { hex, utf8 } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import type { Card } from './device/messages.ts'
import type { EpochMs } from './time.ts'

/**
 * What a card is called where it has to be told from others and its number must not be known: for velocity and for the deny list. Out of what may be shown
 * of it (PCI DSS 4.0 §3.4.1), so two cards may share a name; then they share their limits, which errs on the safe side.
 */
export const cardRefOf = (crypto: Pick<Crypto, 'sha256'>, { maskedPan, expiry }: Pick<Card, 'maskedPan' | 'expiry'>): string =>
  hex(crypto.sha256(utf8(`card ${maskedPan} ${expiry ?? ''}`))).slice(0, 32)

/** A card is good to the end of the month that it names (YYMM); the century is that of ISO/IEC 7813's sliding fifty years. */
export function hasExpired(expiry: string, now: EpochMs): boolean {
  const today = new Date(now)
  const [year, month] = [Number(expiry.slice(0, 2)), Number(expiry.slice(2))]
  const century = Math.floor(today.getUTCFullYear() / 100) * 100
  const near = [century - 100, century, century + 100]
    .map((start) => start + year)
    .toSorted((a, b) => Math.abs(a - today.getUTCFullYear()) - Math.abs(b - today.getUTCFullYear()))
  const full = near[0] ?? century + year
  // One day of grace: the month ends at different moments around the world.
  return month < 1 || month > 12 || now > Date.UTC(full, month, 1) + 86_400_000
}

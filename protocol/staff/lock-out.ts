import { HOUR, SECOND, type DurationMs, type EpochMs } from '../time.ts'

/** Wrong PINs of one person in a row. `until`: nobody listens to another before; `wait` is how long that is from its beginning. */
export type Tries = { readonly wrong: number; readonly until: EpochMs; readonly wait: DurationMs }

export const NO_TRIES: Tries = { wrong: 0, until: 0, wait: 0 }
export const FREE_TRIES = 5
const FIRST_WAIT: DurationMs = 30 * SECOND
/** Ten thousand PINs take more than a year at one an hour, and a person who has forgotten theirs is not shut out for good. */
const LONGEST_WAIT: DurationMs = HOUR

/** How long nobody listens to a PIN yet: 0 when one may be tried. A clock that was put back makes a wait no longer than it was meant to be. */
export const waitLeft = ({ until, wait }: Tries, now: EpochMs): DurationMs => Math.max(0, Math.min(until - now, wait))

/** After one more wrong PIN: the fifth in a row costs 30 s, and each further one twice as long as the one before. */
export function afterWrong({ wrong }: Tries, now: EpochMs): Tries {
  const count = wrong + 1
  const wait = count < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, count - FREE_TRIES))
  return { wrong: count, until: now + wait, wait }
}

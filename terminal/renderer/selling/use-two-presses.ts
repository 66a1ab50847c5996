import { useEffect, useState } from 'react'
import type { DurationMs, Timers } from '#protocol/time.ts'

/** How long the second press is waited for. */
const ARMED_FOR: DurationMs = 4000

export type TwoPresses = { readonly armed: boolean; disarm(): void; press(): void }

/** A press that must be confirmed by a second one while `what` stays the same: for what would be tedious to do over. */
export function useTwoPresses(timers: Timers, what: string, run: () => void): TwoPresses {
  const [armedFor, setArmedFor] = useState<string>()
  const disarm = () => setArmedFor(undefined)
  useEffect(() => (armedFor === undefined ? undefined : timers.after(ARMED_FOR, () => setArmedFor(undefined))), [armedFor, timers])
  const armed = armedFor === what
  const press = () => {
    setArmedFor(armed ? undefined : what)
    if (armed) run()
  }
  return { armed, disarm, press }
}

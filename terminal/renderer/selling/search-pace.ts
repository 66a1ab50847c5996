import type { DurationMs, Timers } from '#protocol/time.ts'

/** A person types more slowly than this; a scanner that types through the field asks at most once in this time. */
export const REST: DurationMs = 20

/**
 * When to ask for what is typed: the first letter at once, and what comes within `REST` of the last question as soon as that is over, the newest alone.
 * An empty text is never asked for, and what still waits goes with it.
 */
export function createSearchPace(timers: Timers, ask: (text: string) => void): (text: string) => void {
  let isResting = false
  let waiting = ''
  const go = (text: string): void => {
    isResting = true
    timers.after(REST, () => {
      isResting = false
      const next = waiting
      waiting = ''
      if (next !== '') go(next)
    })
    ask(text)
  }
  return (text) => {
    if (isResting || text === '') waiting = text
    else go(text)
  }
}

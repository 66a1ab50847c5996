import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'

/** Results kept, so that what is asked again is answered again and not done again. A till asks within seconds, not hundreds of jobs later. */
export const MAX_ANSWERS = 512
/** Past its deadline a driver has said what came of it. One that says nothing for so much longer never will. */
export const GRACE: DurationMs = 1 * SECOND

export interface Asked<Result> {
  /** Calls `start` for an id that is new. One that is under way is not started again; one that has ended gets its result again. */
  ask(id: string, deadline: DurationMs, start: () => void): void
  /** What came of it. A second result for the same id, or one for an id that nobody asked for, is dropped. */
  ended(id: string, result: Result): void
  /** Ends all that is under way as not known: what should have ended it is gone. */
  abandon(): void
  close(): void
}

/** Keeps the law of prints and orders whatever a driver does: each is started at most once and answered exactly once per question. */
export function askOnce<Result>(timers: Timers, tell: (result: Result) => void, notKnown: (id: string) => Result): Asked<Result> {
  /** What is under way, with what stops its watch. */
  const underWay = new Map<string, () => void>()
  const answers = new Map<string, Result>()

  const ended = (id: string, result: Result) => {
    const stopWatch = underWay.get(id)
    if (!stopWatch) return
    stopWatch()
    underWay.delete(id)
    answers.set(id, result)
    const [oldest] = answers.keys()
    if (answers.size > MAX_ANSWERS && oldest !== undefined) answers.delete(oldest)
    tell(result)
  }
  return {
    ask(id, deadline, start) {
      const known = answers.get(id)
      if (known !== undefined) return tell(known)
      if (underWay.has(id)) return
      underWay.set(
        id,
        timers.after(deadline + GRACE, () => ended(id, notKnown(id))),
      )
      start()
    },
    ended,
    abandon() {
      // A copy: whoever is told may ask for something new, which is not abandoned with the rest.
      const gone = Array.from(underWay.keys())
      for (const id of gone) ended(id, notKnown(id))
    },
    close() {
      for (const stopWatch of underWay.values()) stopWatch()
      underWay.clear()
    },
  }
}

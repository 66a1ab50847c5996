import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'

/** After so long without a touch or a change somebody is asked, and after so long without an answer they have gone (WCAG 2.2.1: 20 s at least). */
export const ASK_AFTER: DurationMs = 60 * SECOND
export const GONE_AFTER: DurationMs = 30 * SECOND

export type Idle = {
  /** Somebody is there. */
  touched(): void
  stop(): void
}

/** Begins to wait at once. `ask` is called with whether the question is to be seen; `gone` once, until somebody touches again. */
export function watchIdle(timers: Timers, ask: (isAsked: boolean) => void, gone: () => void): Idle {
  let cancel = () => {}
  let isAsked = false
  const wait = () => {
    cancel = timers.after(ASK_AFTER, () => {
      isAsked = true
      ask(true)
      cancel = timers.after(GONE_AFTER, () => {
        isAsked = false
        ask(false)
        gone()
      })
    })
  }
  const stop = () => {
    cancel()
    if (isAsked) ask(false)
    isAsked = false
  }
  wait()
  return {
    touched() {
      stop()
      wait()
    },
    stop,
  }
}

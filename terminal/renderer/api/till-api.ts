import { fail, type Outcome } from '#protocol/outcome.ts'
import type { TillApi, ToScreen } from '#protocol/till-api/api.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import type { Carrier } from './carrier.ts'

/** More unanswered commands than any person makes: beyond this the core is not listening, and the screen says so instead of piling up promises. */
export const MAX_UNANSWERED = 64

/** Longer than the slowest command, an enrolment that waits for a hub. Past it the answer is taken for lost. */
export const ANSWER_WITHIN: DurationMs = 20_000

/**
 * `TillApi` over a carrier. `send` never rejects: a command that could not be handed over, or whose answer was lost because
 * the core went down or stands still, is answered with `till.core_restarting`.
 */
export function createTillApi({ carrier, timers }: { readonly carrier: Carrier; readonly timers: Timers }): TillApi {
  const unanswered = new Map<string, (outcome: Outcome<null>) => void>()
  const listeners = new Set<(message: Exclude<ToScreen, { type: 'outcome' }>) => void>()
  let sent = 0

  const answer = (id: string, outcome: Outcome<null>) => {
    unanswered.get(id)?.(outcome)
    unanswered.delete(id)
  }

  carrier.onMessage((message) => {
    if (message.type === 'outcome') return answer(message.id, message.outcome)
    if (message.type === 'core' && message.state === 'restarting') {
      for (const id of unanswered.keys()) answer(id, fail('till.core_restarting'))
    }
    for (const listener of listeners) listener(message)
  })

  return {
    send(command) {
      sent += 1
      const id = `screen-${sent}`
      if (unanswered.size >= MAX_UNANSWERED || !carrier.send({ type: 'command', id, command })) {
        return Promise.resolve(fail('till.core_restarting'))
      }
      return new Promise((resolve) => {
        const cancel = timers.after(ANSWER_WITHIN, () => answer(id, fail('till.core_restarting')))
        unanswered.set(id, (outcome) => {
          cancel()
          resolve(outcome)
        })
      })
    },
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

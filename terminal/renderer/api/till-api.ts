import { fail, type Outcome } from '#protocol/outcome.ts'
import type { TillApi, ToScreen } from '#protocol/till-api/api.ts'
import type { Carrier } from './carrier.ts'

/** More unanswered commands than any person makes: beyond this the core is not listening, and the screen says so instead of piling up promises. */
export const MAX_UNANSWERED = 64

/**
 * `TillApi` over a carrier. `send` never rejects: a command that could not be handed over, or whose answer was lost because
 * the core went down, is answered with `till.core_restarting`.
 */
export function createTillApi(carrier: Carrier): TillApi {
  const unanswered = new Map<string, (outcome: Outcome<null>) => void>()
  const listeners = new Set<(message: Exclude<ToScreen, { type: 'outcome' }>) => void>()
  let sent = 0

  const abandon = () => {
    for (const answer of unanswered.values()) answer(fail('till.core_restarting'))
    unanswered.clear()
  }

  carrier.onMessage((message) => {
    if (message.type === 'outcome') {
      unanswered.get(message.id)?.(message.outcome)
      unanswered.delete(message.id)
      return
    }
    if (message.type === 'core' && message.state === 'restarting') abandon()
    for (const listener of listeners) listener(message)
  })

  return {
    send(command) {
      sent += 1
      const id = `screen-${sent}`
      if (unanswered.size >= MAX_UNANSWERED || !carrier.send({ type: 'command', id, command })) {
        return Promise.resolve(fail('till.core_restarting'))
      }
      return new Promise((resolve) => unanswered.set(id, resolve))
    },
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

import { createDispatch, type DispatchPorts } from './dispatch.ts'
import { createFollowing, type FollowingPorts } from './following.ts'
import { SECOND, type Timers } from '#protocol/time.ts'

/** How often it is looked whether something is due; what happens at the hub wakes it at once. */
const LOOK_EVERY = 5 * SECOND

export type Webhooks = ReturnType<typeof createWebhooks>

/** Keeps telling who listens, one round after the other. */
export function createWebhooks(ports: DispatchPorts & FollowingPorts & { readonly timers: Timers }) {
  const following = createFollowing(ports)
  const dispatch = createDispatch(ports)
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let cancel = (): void => undefined

  async function rounds(): Promise<void> {
    do {
      again = false
      while (!stopped && (await following.work())) again = true
      while (!stopped && (await dispatch.work())) again = true
    } while (again && !stopped)
  }
  function wake(): void {
    if (stopped) return
    if (running !== undefined) {
      again = true
      return
    }
    running = rounds()
      .catch((error: unknown) => ports.warn(`webhooks: ${String(error)}`))
      .finally(() => (running = undefined))
  }
  const look = (): void => {
    cancel = ports.timers.after(LOOK_EVERY, () => {
      wake()
      look()
    })
  }
  look()
  return {
    begin: following.begin,
    wake,
    /** Resolves when everything that is due was tried. */
    idle: () => running ?? Promise.resolve(),
    async stop(): Promise<void> {
      stopped = true
      cancel()
      await running
    },
  }
}

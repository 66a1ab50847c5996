import type { Changes, HubStore } from '../../store/hub-store.ts'
import { invariant } from '#protocol/outcome.ts'

/**
 * A store that keeps back the one commit that is made to it, so that somebody else can add to it and make it. Whoever decides over it cannot
 * tell; only that nothing is there yet when he looks again.
 */
export function draftOver(store: HubStore): { readonly store: HubStore; changes(): Changes } {
  let drafted: Changes | undefined
  return {
    store: {
      ...store,
      commit(changes) {
        invariant(drafted === undefined, 'a write of the API commits once')
        drafted = changes
        return Promise.resolve('done')
      },
    },
    changes: () => drafted ?? {},
  }
}

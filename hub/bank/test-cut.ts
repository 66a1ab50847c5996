import type { BankPorts } from './ports.ts'

export class PowerCut extends Error {}

/** Counts everything that becomes durable, and cuts the power before the `at`-th of them, or right after it. Nothing is done any more from then on. */
export function cutAt(at: number, when: 'before' | 'after', cut: () => never) {
  let done = 0
  let isDown = false
  const guard =
    <A extends readonly unknown[], T>(act: (...args: A) => T) =>
    (...args: A): T => {
      if (isDown) cut()
      done++
      isDown = done >= at
      if (done === at && when === 'before') cut()
      const answer = act(...args)
      if (done !== at) return answer
      return answer instanceof Promise ? (answer.then(() => cut()) as T) : cut()
    }
  return {
    get done() {
      return done
    },
    wrap({ store, folders, ...ports }: BankPorts, payoutsOver: (store: BankPorts['store']) => BankPorts['payouts']): BankPorts {
      const counted = { ...store, commit: guard(store.commit.bind(store)) }
      return {
        ...ports,
        store: counted,
        payouts: payoutsOver(counted),
        folders: {
          ...folders,
          stage: guard(folders.stage),
          noteSent: guard(folders.noteSent),
          release: guard(folders.release),
          archive: guard(folders.archive),
          quarantine: guard(folders.quarantine),
        },
      }
    },
  }
}

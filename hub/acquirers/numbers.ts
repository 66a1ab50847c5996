import type { HubStore } from '../store/hub-store.ts'

/** System trace audit numbers have six digits; within the day for which one must be unique there are a million. */
const STANS = 999_999
/** Reserved at once, so that most numbers cost no commit. Those that a process took and did not use are left out for good. */
const RESERVED = 100

export type ExchangeNumbers = { readonly stan: number; readonly rrn: string }

/** Numbers for exchanges with one acquirer, none of them ever given out twice, whatever crashes. Undefined while there is no room on the disk. */
export function createNumbers(store: HubStore, acquirer: string): { next(): Promise<ExchangeNumbers | undefined> } {
  const id = `acquirer/${acquirer}/exchanges`
  let last = 0
  let reserved = 0
  let reserving: Promise<boolean> | undefined

  async function reserve(): Promise<boolean> {
    for (;;) {
      const [counter] = await store.get('counters', [id])
      const { value, version } = counter ?? { value: 0, version: 0 }
      const committed = await store.commit({ counters: [{ id, version, value: value + RESERVED }] })
      if (committed === 'full') return false
      if (committed === 'stale') continue
      last = value
      reserved = value + RESERVED
      return true
    }
  }

  return {
    async next() {
      while (last === reserved) {
        reserving ??= reserve().finally(() => (reserving = undefined))
        if (!(await reserving)) return undefined
      }
      last += 1
      return { stan: ((last - 1) % STANS) + 1, rrn: last.toString(36).toUpperCase().padStart(12, '0') }
    },
  }
}

import { createContext, use } from 'react'
import { SECOND, type Timers } from '#protocol/time.ts'
import type { Act, BenchState, Refusal } from '../contract.ts'
import { words } from './words.ts'

/** What the page draws from. `reads`: how often something was held before the scanner here. `refusal`: why the last act did not go through. */
export type Picture = { readonly live: boolean; readonly reads: number; readonly bench?: BenchState; readonly refusal?: string }

export type BenchStore = {
  get(): Picture
  subscribe(listener: () => void): () => void
  perform(act: Act): void
}

const TRY_AGAIN = SECOND

export function benchStore(timers: Timers): BenchStore {
  let picture: Picture = { live: false, reads: 0 }
  const listeners = new Set<() => void>()
  const draw = (next: Picture) => {
    picture = next
    for (const listener of listeners) listener()
  }
  const refused = (say: string) => draw({ ...picture, refusal: say })

  const connect = () => {
    const events = new EventSource('/api/events')
    events.addEventListener('message', ({ data }: MessageEvent<string>) => draw({ ...picture, live: true, bench: JSON.parse(data) as BenchState }))
    // The browser would try again by itself, but not after every kind of failure.
    events.addEventListener('error', () => {
      events.close()
      draw({ ...picture, live: false })
      timers.after(TRY_AGAIN, connect)
    })
  }
  connect()

  return {
    get: () => picture,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    perform(act) {
      const { refusal: _old, ...rest } = picture
      draw({ ...rest, reads: rest.reads + (act.act === 'scan' || act.act === 'hold_phone' ? 1 : 0) })
      send(act).then(
        (say) => say !== undefined && refused(say),
        () => refused(words.noAnswer),
      )
    },
  }
}

/** Undefined when it was done; else why not. */
async function send(act: Act): Promise<string | undefined> {
  const response = await fetch('/api/act', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(act) })
  if (response.ok) return undefined
  return ((await response.json()) as Refusal).say
}

export const PerformContext = createContext<(act: Act) => void>(() => undefined)
/** Does something at the counter. */
export const usePerform = (): ((act: Act) => void) => use(PerformContext)

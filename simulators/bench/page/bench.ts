import { createContext, use } from 'react'
import { SECOND, type Timers } from '#protocol/time.ts'
import type { Act, BenchState, Reader, Refusal } from '../contract.ts'
import { words } from './words.ts'

/** How often something was held before each reader on this page. */
export type Reads = Readonly<Record<Reader, number>>

/** What the page draws from. `refusal`: why the last act did not go through. */
export type Picture = { readonly live: boolean; readonly reads: Reads; readonly bench?: BenchState; readonly refusal?: string }

export type BenchStore = {
  get(): Picture
  subscribe(listener: () => void): () => void
  perform(act: Act): void
}

const TRY_AGAIN = SECOND

export function benchStore(timers: Timers): BenchStore {
  let picture: Picture = { live: false, reads: { scanner: 0, hid_scanner: 0, camera: 0 } }
  let putting: Promise<unknown> | undefined
  let putNext: Act | undefined
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
      const reader = readerOf(act)
      draw(reader === undefined ? rest : { ...rest, reads: { ...rest.reads, [reader]: rest.reads[reader] + 1 } })
      if (act.act === 'put_on_scale') put(act)
      else void perform(act)
    },
  }

  async function perform(act: Act): Promise<void> {
    const say = await send(act).catch(() => words.noAnswer)
    if (say !== undefined) refused(say)
  }

  /** A slider asks faster than anybody can weigh: while one weight is on its way only the latest waits. */
  function put(act: Act): void {
    if (putting !== undefined) {
      putNext = act
      return
    }
    putting = perform(act).finally(() => {
      putting = undefined
      const next = putNext
      putNext = undefined
      if (next !== undefined) put(next)
    })
  }
}

/** The reader that flashes. */
function readerOf(act: Act): Reader | undefined {
  switch (act.act) {
    case 'scan':
      return 'scanner'
    case 'hid_scan':
      return 'hid_scanner'
    case 'hold_before_camera':
      return 'camera'
    case 'hold_phone':
      return act.before ?? 'scanner'
    default:
      return undefined
  }
}

/** Holds a code of this text before a reader. */
export function readWith(reader: Reader, text: string): Act {
  if (reader === 'scanner') return { act: 'scan', text }
  return { act: reader === 'camera' ? 'hold_before_camera' : 'hid_scan', text }
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

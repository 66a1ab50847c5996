import type { CustomerView, Slide, ToCustomer } from '#protocol/till-api/customer.ts'
import type { Timers } from '#protocol/time.ts'
import { keepDialling, type Dial } from '../api/dialling.ts'

/** All that the customer's page draws from. */
export type Shown = {
  readonly view?: CustomerView
  readonly slides: readonly Slide[]
  /** The till is away for a moment: what is shown may be old. */
  readonly isAway: boolean
  /** The till refuses this page's token. */
  readonly isShutOut: boolean
}

export type Feed = { get(): Shown; subscribe(listener: () => void): () => void }

/** What Electron's preload puts on the customer's page. */
export type CustomerPreload = { onMessage(listener: (message: ToCustomer) => void): void }

declare global {
  interface Window {
    readonly stillpointCustomer?: CustomerPreload
  }
}

type Source = (on: { message(message: ToCustomer): void; shutOut(): void }) => void

/** In Electron, where the till's main process hands on what the core says. */
export const fromPreload =
  (preload: CustomerPreload): Source =>
  ({ message }) =>
    preload.onMessage(message)

/** In a browser. It never sends anything: whoever says something here is put out. */
export const fromSocket =
  (dial: Dial, timers: Timers): Source =>
  ({ message, shutOut }) =>
    void keepDialling({
      dial,
      timers,
      text(text) {
        const read = readForCustomer(text)
        if (read !== undefined) message(read)
        return read !== undefined
      },
      down: () => message({ type: 'core', state: 'restarting' }),
      onShutOut: shutOut,
    })

const types: ReadonlySet<unknown> = new Set<ToCustomer['type']>(['view', 'slides', 'core'])

/** Undefined for anything that is not a message. From this till's own core, so only the envelope is looked at. */
export function readForCustomer(text: string): ToCustomer | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'type' in value && types.has(value.type) ? (value as ToCustomer) : undefined
  } catch {
    return undefined
  }
}

export function createFeed(source: Source): Feed {
  let shown: Shown = { slides: [], isAway: false, isShutOut: false }
  const listeners = new Set<() => void>()
  const change = (next: Partial<Shown>) => {
    shown = { ...shown, ...next }
    for (const listener of listeners) listener()
  }
  source({
    message(message) {
      switch (message.type) {
        case 'view':
          return change({ view: message.view, isAway: false, isShutOut: false })
        case 'slides':
          return change({ slides: message.slides })
        case 'core':
          // Only a view says that it is back.
          if (message.state === 'restarting') change({ isAway: true })
      }
    },
    shutOut() {
      if (shown.view === undefined) change({ isShutOut: true })
    },
  })
  return {
    get: () => shown,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

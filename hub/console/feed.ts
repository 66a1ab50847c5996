import type { Overview } from '#protocol/hub-api/overview.ts'
import { SECOND, type Timers } from '#protocol/time.ts'

/** What the page knows: the last overview, and whether it is still told of changes. */
export type Feed = { readonly link: 'connecting' | 'live' | 'lost'; readonly overview?: Overview }

/** The hub as the page reaches it. */
export type OverviewSource = {
  overview(): Promise<Overview>
  /** Listens to changes until the returned function is called. After `closed` nothing more comes. */
  events(on: { opened(): void; overview(overview: Overview): void; closed(): void }): () => void
}

const TRY_AGAIN = 2 * SECOND

/** Keeps `onChange` told of the hub for ever: asks for everything whenever it is connected (again), then follows the changes. */
export function followHub(hub: OverviewSource, timers: Timers, onChange: (feed: Feed) => void): void {
  let feed: Feed = { link: 'connecting' }
  const tell = (next: Feed) => {
    feed = next
    onChange(next)
  }

  const connect = () => {
    let told = false
    let over = false
    const isOver = () => over
    const closed = () => {
      if (over) return
      over = true
      stop()
      tell({ ...feed, link: feed.overview === undefined ? 'connecting' : 'lost' })
      timers.after(TRY_AGAIN, connect)
    }
    const stop = hub.events({
      opened() {
        hub.overview().then((overview) => {
          // An event that overtook this answer is newer than it.
          if (!isOver() && !told) tell({ link: 'live', overview })
        }, closed)
      },
      overview(overview) {
        told = true
        if (!isOver()) tell({ link: 'live', overview })
      },
      closed,
    })
  }
  connect()
}

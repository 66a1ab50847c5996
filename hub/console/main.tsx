import { createRoot } from 'react-dom/client'
import type { Timers } from '#protocol/time.ts'
import { App } from './app.tsx'
import { followHub, type Feed } from './feed.ts'
import { overviewSource } from './hub.ts'
import { Door } from './parts/door.tsx'
import { FaultBoundary } from './parts/fault-boundary.tsx'
import './tokens.css'
import './base.css'

/** The composition root: the only place where the page meets real timers. */
const timers: Timers = {
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  },
}

let feed: Feed = { link: 'connecting' }
const listeners = new Set<() => void>()
followHub(overviewSource, timers, (next) => {
  feed = next
  for (const listener of listeners) listener()
})
const store = {
  get: () => feed,
  subscribe(listener: () => void) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <FaultBoundary>
    <Door store={store}>
      <App store={store} />
    </Door>
  </FaultBoundary>,
)

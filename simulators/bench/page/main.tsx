import { createRoot } from 'react-dom/client'
import type { Timers } from '#protocol/time.ts'
import { App } from './app.tsx'
import { benchStore } from './bench.ts'
import { FaultBoundary } from './parts/fault-boundary.tsx'
import '../../../terminal/renderer/tokens.css'
import '../../../terminal/renderer/base.css'
import './devices.css'

/** The composition root: the only place where the page meets real timers. */
const timers: Timers = {
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  },
}

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <FaultBoundary>
    <App store={benchStore(timers)} />
  </FaultBoundary>,
)

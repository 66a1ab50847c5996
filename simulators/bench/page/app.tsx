import { useState, useSyncExternalStore } from 'react'
import type { BenchState, Reader } from '../contract.ts'
import { PerformContext, type BenchStore, type Reads } from './bench.ts'
import { EventLog } from './parts/event-log.tsx'
import { Lanes } from './parts/lanes.tsx'
import { Phone } from './parts/phone.tsx'
import { Scene } from './parts/scene.tsx'
import { Shelf } from './parts/shelf.tsx'
import { TopBar } from './parts/top-bar.tsx'
import { words } from './words.ts'
import './app.css'

export function App({ store }: { readonly store: BenchStore }) {
  const { live, bench, reads, refusal } = useSyncExternalStore(store.subscribe, store.get)
  return (
    <PerformContext value={store.perform}>
      <TopBar bench={bench} />
      {bench ? <Counter bench={bench} reads={reads} /> : <Connecting />}
      <p className="told" role="status">
        {bench && !live ? words.lost : refusal}
      </p>
    </PerformContext>
  )
}

const Connecting = () => (
  <main className="quiet-page" aria-busy="true">
    <h1>{words.connecting}</h1>
    <p>{words.connectingHint}</p>
  </main>
)

/** Goods on the left, the counter in the middle, the customer on the right. What is held before a reader is held before the chosen one. */
function Counter({ bench, reads }: { readonly bench: BenchState; readonly reads: Reads }) {
  const [reader, setReader] = useState<Reader>('scanner')
  return (
    <main className="counter">
      <div className="counter-left">
        <Shelf products={bench.products} currency={bench.shop.currency} reader={reader} onReader={setReader} />
        <Lanes lanes={bench.lanes} currency={bench.shop.currency} />
        <EventLog lines={bench.log} />
      </div>
      <Scene bench={bench} reads={reads} />
      <Phone phones={bench.phones} tillAsks={bench.tillAsks} reader={reader} />
    </main>
  )
}

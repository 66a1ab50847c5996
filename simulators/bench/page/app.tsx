import { useSyncExternalStore } from 'react'
import type { BenchState } from '../contract.ts'
import { PerformContext, type BenchStore } from './bench.ts'
import { Cable } from './parts/cable.tsx'
import { EventLog } from './parts/event-log.tsx'
import { Phone } from './parts/phone.tsx'
import { Printer } from './parts/printer.tsx'
import { Scanner } from './parts/scanner.tsx'
import { Shelf } from './parts/shelf.tsx'
import { Till } from './parts/till.tsx'
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

const Counter = ({ bench, reads }: { readonly bench: BenchState; readonly reads: number }) => (
  <main className="counter">
    <div className="counter-left">
      <Shelf products={bench.products} currency={bench.shop.currency} />
      <EventLog lines={bench.log} />
    </div>
    <div className="counter-middle">
      <Till links={bench.links} power={bench.power} />
      <div className="counter-devices">
        <Printer printer={bench.printer} />
        <div className="counter-stack">
          <Scanner scanner={bench.scanner} reads={reads} />
          <Cable cable={bench.cable} />
        </div>
      </div>
    </div>
    <Phone phones={bench.phones} tillAsks={bench.tillAsks} />
  </main>
)

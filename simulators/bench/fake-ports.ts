import type { EpochMs } from '#protocol/time.ts'
import type { BenchProduct, PowerState } from './contract.ts'
import { benchLog } from './log.ts'
import type { BenchPorts } from './ports.ts'

/** A counter without devices: what the bench asked of it is in `asked`. Time is `now`, set by hand; timers run at once when `run` is called. */
export type FakeCounter = {
  readonly ports: BenchPorts
  readonly asked: string[]
  now: EpochMs
  power: PowerState
  request: string | null
  /** Runs every timer that is due by itself in a real clock. */
  run(): void
  print(svg: string): void
  changed(): void
}

export type FakeOptions = { readonly hub?: string; readonly products?: readonly BenchProduct[]; readonly till?: string; readonly console?: string }

export function fakeCounter({
  hub = 'http://127.0.0.1:9',
  products = [],
  till = 'http://127.0.0.1:1/',
  console = 'http://127.0.0.1:2/',
}: FakeOptions = {}): FakeCounter {
  const asked: string[] = []
  const listeners = new Set<() => void>()
  const due = new Set<() => void>()
  const receipts: { n: number; at: EpochMs; svg: string }[] = []
  const state = { scanner: true, printer: true, paper: true, cover: false, pulled: false }
  const clock = { now: () => counter.now, monotonic: () => Number(counter.now) }
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const told = (what: string) => {
    asked.push(what)
    changed()
  }
  const set = (name: keyof typeof state, value: boolean) => {
    state[name] = value
    told(`${name} ${value}`)
  }

  const ports: BenchPorts = {
    clock,
    timers: {
      after(_delay, run) {
        due.add(run)
        return () => due.delete(run)
      },
    },
    shop: { name: 'Corner Shop', currency: 'EUR' },
    products,
    scanner: {
      get plugged() {
        return state.scanner
      },
      scan: (text) => told(`scan ${text}`),
      fault: (kind) => told(`fault ${kind}`),
      plug: (plugged) => set('scanner', plugged),
    },
    printer: {
      get plugged() {
        return state.printer
      },
      get paper() {
        return state.paper
      },
      get coverOpen() {
        return state.cover
      },
      receipts,
      receiptSvg: (n) => receipts.find((receipt) => receipt.n === n)?.svg,
      setPaper: (paper) => set('paper', paper),
      setCover: (open) => set('cover', open),
      plug: (plugged) => set('printer', plugged),
    },
    cable: {
      get pulled() {
        return state.pulled
      },
      pull: () => set('pulled', true),
      plug: () => set('pulled', false),
    },
    power: {
      get state() {
        return counter.power
      },
      cut() {
        counter.power = 'coming_back'
        told('cut')
      },
    },
    links: { till, console, tillFrames: true },
    hub,
    tillRequest: () => counter.request,
    log: benchLog(clock),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }

  const counter: FakeCounter = {
    ports,
    asked,
    now: 1_700_000_000_000,
    power: 'on',
    request: null,
    run() {
      // A timer that sets itself again is for the next time.
      const now = Array.from(due)
      due.clear()
      for (const run of now) run()
    },
    print(svg) {
      receipts.push({ n: receipts.length + 1, at: counter.now, svg })
      changed()
    },
    changed,
  }
  return counter
}

import type { EpochMs } from '#protocol/time.ts'
import { benchDevices, type BenchDevice, type BenchPaper, type BenchProduct, type PowerState } from './contract.ts'
import { benchLog } from './log.ts'
import type { BenchPorts, CounterPorts, PluggedPort } from './ports.ts'

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
  const state = { pulled: false }
  const clock = { now: () => counter.now, monotonic: () => Number(counter.now) }
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const told = (what: string) => {
    asked.push(what)
    changed()
  }
  const pull = (pulled: boolean) => {
    state.pulled = pulled
    told(`pulled ${pulled}`)
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
    ...fakeDevices(told, receipts),
    cable: {
      get pulled() {
        return state.pulled
      },
      pull: () => pull(true),
      plug: () => pull(false),
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
    lanes: [],
    bank: { mood: 'approves', become: (mood) => told(`bank ${mood}`) },
    endBankDay: () => told('the bank’s day ends'),
    killEdge: () => told('edge killed'),
    till: { press: (key) => told(`press ${key}`) },
    links: { till, console, tillFrames: true },
    hub,
    tillRequest: () => counter.request,
    tillReceipt: () => null,
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

type FakeReceipt = { readonly n: number; readonly at: EpochMs; readonly svg: string }

function fakeDevices(told: (what: string) => void, receipts: readonly FakeReceipt[]): CounterPorts {
  const state = { paper: 'ok' as BenchPaper, cover: false, drawer: false, milli: 0, tareMilli: 0, held: 0 }
  const set = <Name extends keyof typeof state>(name: Name, value: (typeof state)[Name]) => {
    state[name] = value
    told(`${name} ${value}`)
  }
  return {
    devices: Object.fromEntries(benchDevices.map((device) => [device, fakePlug(device, told)])) as Record<BenchDevice, PluggedPort>,
    scanner: { scan: (text) => told(`scan ${text}`) },
    hidScanner: { scan: (text) => told(`hid scan ${text}`) },
    cardReader: {
      cards: [
        { name: 'Visa test card', ending: '1111', expiry: '3012' },
        { name: 'Mastercard test card', ending: '4444', expiry: '2911' },
        { name: 'Expired test card', ending: '0002', expiry: '2001' },
      ],
      swipe: (name) => told(`swipe ${name}`),
    },
    printer: {
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
    },
    drawer: {
      get open() {
        return state.drawer
      },
      set: (open) => set('drawer', open),
    },
    scale: {
      get milli() {
        return state.milli
      },
      get tareMilli() {
        return state.tareMilli
      },
      unit: 'kg',
      get shows() {
        return { state: state.milli > 15_000 ? ('over' as const) : ('stable' as const), milli: state.milli - state.tareMilli }
      },
      put: (milli) => set('milli', milli),
      press: (key) => set('tareMilli', key === 'tare' ? state.milli : 0),
    },
    display: { lines: ['Apples          1.29', 'Total           6.08'] },
    camera: {
      get held() {
        return state.held === 0 ? null : state.held
      },
      picture: (n) => (n === state.held && n > 0 ? Uint8Array.of(0x89, 0x50, 0x4e, 0x47) : undefined),
      hold(text) {
        state.held++
        told(`hold ${text}`)
      },
    },
  }
}

function fakePlug(device: BenchDevice, told: (what: string) => void): PluggedPort {
  let plugged = true
  return {
    get plugged() {
      return plugged
    },
    faults: ['noise', 'half_frame', 'unplug_mid_frame'],
    plug(next) {
      plugged = next
      told(`${device} ${next}`)
    },
    fault: (kind) => told(`${device} fault ${kind}`),
  }
}

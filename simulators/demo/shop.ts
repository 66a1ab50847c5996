import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { errors } from '#protocol/errors.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { invariant } from '#protocol/outcome.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { superviseTill } from '../../terminal/electron/processes.ts'
import { keepRunning } from '../../terminal/electron/supervised-process.ts'
import { readIdentity } from '../../terminal/core/identity.ts'
import type { AlipayGateway } from '../acquirer/alipay-gateway.ts'
import type { SimulatedAcquirer } from '../acquirer/server.ts'
import { startCable, type Cable } from '../bench/cable.ts'
import { startBench } from '../bench/server.ts'
import type { TillKey } from '../bench/contract.ts'
import type { BenchPorts } from '../bench/ports.ts'
import { startShopAlipay } from './alipay.ts'
import { bankOf, registerReader, startShopAcquirer, type Bank } from './acquirer.ts'
import { startShopBank, type DemoBank } from './bank.ts'
import { counterPorts } from './counter-ports.ts'
import { setUpCounter, type Counter } from './counter.ts'
import { placeOfEdge, portOfEdge, setUpEdge, startEdge, type Edge } from './edge.ts'
import { holdFolder } from './lock.ts'
import { watchTill, type TillWatch } from './till-watch.ts'
import { openWindow } from './window.ts'

/** Whoever tries an update does not want to wait a quarter of an hour for it. */
const LOOK_SECONDS = 5
export const ROOT = resolve(import.meta.dirname, '../..')
const NODE = process.execPath

type Stops = (() => void | Promise<void>)[]

export type ShopOptions = {
  readonly data: string
  /** Preferred ports on 127.0.0.1; 0 for any. A taken one gives way to another, with a word about it. */
  readonly ports: { readonly till: number; readonly bench: number; readonly hub: number }
  /** Above 1 they are lanes of one store: with an edge between them, and a bench for each on the ports behind the first's. */
  readonly tills?: number
  /** Electron's program, when the till shall have its window; it then starts the till's processes. */
  readonly electron?: string
  /** Tills run through their launchers, which take what is published with `npm run release` into this shop's hub. */
  readonly updates?: boolean
  /** A broker of its own in place of the hub's embedded one: its URL with the hub's account. */
  readonly broker?: string
  /** Shoppers serve themselves at the first till. */
  readonly kiosk?: boolean
  /** Begins with a risk model that was learned from invented payments. */
  readonly firstModel?: boolean
  readonly log: (line: string) => void
  readonly onWindowClosed?: () => void
}

/** One till of the shop: the processes, the hardware on its counter, its cables and its bench. `edgeCable`: to the store's edge, where there is one. */
export type ShopLane = {
  readonly name: string
  readonly till: TillWatch
  readonly counter: Counter
  readonly edgeCable: Cable | undefined
  /** The till has a window of its own, which supervises its processes. */
  readonly hasWindow: boolean
  readonly bench: string
  cutPower(): void
}

/** A whole shop: hub, one till or several with their bridges, simulated hardware and benches. */
export type Shop = {
  readonly hub: HubAddress
  /** Of the bank's world: what cards have really paid. */
  readonly acquirer: SimulatedAcquirer
  /** Where the shop sells in yuan. */
  readonly alipay: AlipayGateway | undefined
  readonly lanes: readonly ShopLane[]
  /** Of the first lane. */
  readonly bench: string
  readonly till: TillWatch
  readonly counter: Counter
  readonly hasWindow: boolean
  /** Kills the first till's core and bridge without a word, as a power cut does. They come back by themselves. */
  cutPower(): void
  /** Kills the hub likewise. */
  killHub(): void
  stop(): Promise<void>
}

const hubReady = z.object({ ready: z.literal(true), http: z.url(), mqtt: z.url() })
export type HubAddress = { readonly http: string; readonly mqtt: string }

/** Starts everything and resolves when the till shows its first view. Rejects, with everything stopped again, when a part does not start. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const { log } = options
  const data = resolve(options.data)
  const letGo = holdFolder(data)
  const stops: Stops = [letGo]
  const stop = async (): Promise<void> => {
    for (const step of stops.splice(0).toReversed()) await step()
  }
  try {
    const count = options.tills ?? 1
    const edgePort = count > 1 ? await placeForEdge(data, options) : undefined
    const acquirer = await startShopAcquirer(join(data, 'hub'))
    stops.push(() => acquirer.close())
    const alipay = await startShopAlipay(join(data, 'hub'))
    if (alipay !== undefined) stops.push(() => alipay.stop())
    const bank = bankOf(acquirer)
    const hubBank = startShopBank(join(data, 'hub'), systemTimers, systemClock)
    stops.push(() => hubBank.close())
    const hub = await startHub(data, options, stops)
    const edge = edgePort === undefined ? undefined : await startEdge({ data, root: ROOT, port: edgePort, log })
    if (edge !== undefined) stops.push(() => edge.stop())
    const opened: OpenLane[] = []
    for (let n = 1; n <= count; n++) opened.push(await openLane(data, n, { hub, edge, options, stops }))
    const lanes: ShopLane[] = []
    for (const lane of opened) {
      const bench = await startBench(benchPorts({ hub, lane, all: opened, benches: lanes, edge, bank, hubBank }), {
        pages: { bench: join(ROOT, '.build/pages/bench'), wallet: join(ROOT, '.build/pages/wallet') },
        port: await freePort(options.ports.bench === 0 ? 0 : options.ports.bench + lanes.length, 'the bench', log),
      })
      stops.push(() => bench.close())
      lanes.push({ ...lane, bench: bench.url })
    }
    const [first] = lanes
    invariant(first !== undefined, 'a shop has a till')
    tellAddress(data, first.bench, stops)
    return { ...first, hub, acquirer, alipay, lanes, killHub: () => kill(join(data, 'hub.pid')), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Around = { readonly hub: HubAddress; readonly edge: Edge | undefined; readonly options: ShopOptions; readonly stops: Stops }
type OpenLane = Omit<ShopLane, 'bench'>

/** The first lane's things lie where those of a shop with one till always lay. */
async function openLane(data: string, n: number, { hub, edge, options, stops }: Around): Promise<OpenLane> {
  const folder = n === 1 ? data : join(data, `lane-${n}`)
  mkdirSync(folder, { recursive: true })
  const hubMqtt = new URL(options.broker ?? hub.mqtt)
  const counter = await setUpCounter(folder, { host: hubMqtt.hostname, port: Number(hubMqtt.port) })
  stops.push(() => counter.close())
  registerReader(join(data, 'hub'), counter.cardReader)
  const edgeCable = edge && (await startCable({ to: placeOfEdge(options.data, edge.port) }))
  if (edgeCable !== undefined) stops.push(() => edgeCable.close())
  const tillData = join(folder, 'till')
  const till = watchTill(join(tillData, 'screen-address'), systemTimers)
  stops.push(() => till.close())
  const name = `Till ${n}`
  const port = options.ports.till === 0 ? 0 : options.ports.till + n - 1
  const { electron, ...inBrowser } = options
  const mine = {
    ...(n === 1 && electron !== undefined ? options : inBrowser),
    kiosk: n === 1 && options.kiosk === true,
    ports: { ...options.ports, till: port },
  }
  const hasWindow = await startTill({ data: tillData, name, hub, counter, watch: till, edgeCable }, mine, stops)
  await till.until('its first view with products', () => till.products.length > 0, 30_000)
  const cutPower = (): void => {
    for (const program of ['core', 'bridge']) kill(join(tillData, `${program}.pid`))
  }
  return { name, till, counter, edgeCable, hasWindow, cutPower }
}

/** One that was set up stays where it is, if nobody else is there now. */
async function placeForEdge(data: string, { ports, log }: ShopOptions): Promise<number> {
  const known = portOfEdge(data)
  const port = await freePort(known ?? (ports.hub === 0 ? 0 : ports.hub + 10), 'the edge', log)
  if (port !== known) setUpEdge(data, port)
  return port
}

/** For whoever plays a scenario at this shop's bench, see bench/play.ts. */
function tellAddress(data: string, bench: string, stops: Stops): void {
  const path = join(data, 'bench-address')
  writeFileSync(path, `${bench}\n`, { mode: 0o600 })
  stops.push(() => rmSync(path, { force: true }))
}

function startHub(data: string, { ports, log, broker, firstModel = false }: ShopOptions, stops: Stops): Promise<HubAddress> {
  return new Promise((ready, failed) => {
    void (async () => {
      // Chosen here, so that a hub that is killed comes back where its tills look for it.
      const http = await freePort(ports.hub, 'the hub', log)
      const mqtt = await freePort(0, 'the broker', log)
      let isUp = false
      const hub = keepRunning(
        {
          name: 'hub',
          command: NODE,
          args: [
            join(ROOT, 'hub/main.ts'),
            '--data',
            join(data, 'hub'),
            '--http-port',
            String(http),
            '--mqtt-port',
            String(mqtt),
            '--demo',
            ...(firstModel ? ['--first-model'] : []),
            ...(isFromBeforeTls(data) ? ['--no-tls'] : []),
          ],
          env: { ...process.env, ...(broker === undefined ? {} : { BROKER: broker }) },
          pidFile: join(data, 'hub.pid'),
        },
        {
          onReady: (line) => {
            const parsed = hubReady.safeParse(line)
            isUp = true
            if (parsed.success) ready({ http: parsed.data.http, mqtt: parsed.data.mqtt })
            else failed(new Error('The hub said something else than that it is ready.'))
          },
          onMessage: () => {},
          onEnded: () => {
            if (!isUp) failed(new Error('The hub did not start.'))
          },
        },
        { timers: systemTimers, log },
      )
      stops.push(() => hub.stop())
    })()
  })
}

/** A till that was enrolled by a version without TLS has no certificate: it goes on as it was. */
const isFromBeforeTls = (data: string): boolean => {
  const identity = readIdentity(join(data, 'till'))
  return identity !== undefined && identity.mqtt.tls === undefined
}

type NewTill = {
  readonly data: string
  readonly name: string
  readonly hub: HubAddress
  readonly counter: Counter
  readonly watch: TillWatch
  readonly edgeCable: Cable | undefined
}

/** Starts core and bridge, by the till's window if there is an Electron to open it; answers whether there is. */
async function startTill({ data, name, hub, counter, watch, edgeCable }: NewTill, options: ShopOptions, stops: Stops): Promise<boolean> {
  const port = await freePort(options.ports.till, 'the till', options.log)
  const enrolment = readIdentity(data) === undefined ? ['--hub', hub.http, '--enrol', await newEnrolmentCode(hub, name)] : []
  const throughCable = new URL(options.broker ?? hub.mqtt)
  const toEdge = edgeCable === undefined ? [] : ['--edge', `mqtts://127.0.0.1:${edgeCable.port}`]
  const kiosk = options.kiosk === true ? ['--kiosk'] : []
  const coreArgs = ['--mqtt', `${throughCable.protocol}//127.0.0.1:${counter.cable.port}`, ...toEdge, ...enrolment]
  const feed = options.updates === true ? new URL('/updates/', hub.http).href : undefined
  if (options.electron !== undefined) {
    const args = [
      ...(feed === undefined ? [] : ['--feed', feed]),
      '--data',
      data,
      '--bridge-config',
      counter.bridgeConfig,
      '--http-port',
      String(port),
      ...coreArgs,
      ...kiosk,
    ]
    if (await startWindow(options.electron, args, watch, options, stops)) return true
    options.log('Electron could not open a window here; the till is in the browser.')
  }
  const till = superviseTill({
    nodePath: NODE,
    appRoot: ROOT,
    dataDir: data,
    bridgeConfig: counter.bridgeConfig,
    httpPort: port,
    programs: feed === undefined ? undefined : { home: join(data, 'programs'), feed, lookSeconds: LOOK_SECONDS },
    coreArgs: [...coreArgs, ...kiosk],
    timers: systemTimers,
    log: options.log,
    onScreen: () => {},
    onState: (state) => counter.log.add('power', state === 'up' ? 'The till’s core runs.' : 'The till’s core is down.'),
  })
  stops.push(() => till.stop())
  return false
}

/** False when the window ended before its till was up. */
async function startWindow(electron: string, args: readonly string[], watch: TillWatch, { log, onWindowClosed }: ShopOptions, stops: Stops): Promise<boolean> {
  const window = openWindow(electron, ROOT, args, log)
  const gone = new Promise<void>((done) => window.once('close', () => done()).once('error', () => done()))
  const isUp = watch
    .until('up', () => true, 60_000)
    .then(
      () => true,
      () => false,
    )
  if (!(await Promise.race([isUp, gone.then(() => false)]))) {
    window.kill('SIGKILL')
    return false
  }
  stops.push(async () => {
    window.kill('SIGTERM')
    await gone
  })
  if (onWindowClosed !== undefined) void gone.then(onWindowClosed)
  return true
}

async function newEnrolmentCode(hub: HubAddress, name: string): Promise<string> {
  const response = await fetch(new URL('/api/tills', hub.http), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  return z.object({ code: z.string() }).parse(await response.json()).code
}

const commandOf: Readonly<Record<TillKey, Command>> = {
  take_payment: { type: 'takePayment' },
  cancel_payment: { type: 'cancelPayment' },
  take_weight: { type: 'takeWeight' },
  next_sale: { type: 'continue' },
  empty_basket: { type: 'clearSale' },
}

async function pressTill(till: TillWatch, key: TillKey, log: Counter['log']): Promise<void> {
  const outcome = await till.send(commandOf[key])
  if (outcome === undefined) log.add('till', 'It went down before it could do that.')
  else if (!outcome.ok) log.add('till', `It did not do that. ${errors[outcome.code].say}`)
}

type BenchParts = {
  readonly hub: HubAddress
  readonly lane: OpenLane
  readonly all: readonly OpenLane[]
  /** Those that are open so far; the last is not before all are. */
  readonly benches: readonly ShopLane[]
  readonly edge: Edge | undefined
  readonly bank: Bank
  readonly hubBank: DemoBank
}

function benchPorts({ hub, lane, all, benches, edge, bank, hubBank }: BenchParts): BenchPorts {
  const { counter, till, cutPower } = lane
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  till.onChange(changed)
  counter.onChange(changed)
  if (edge !== undefined) for (const other of all) other.till.onChange(changed)
  return {
    ...counterPorts(counter, changed),
    lanes: edge === undefined ? [] : all.map((one) => lanePort(one, benches, changed)),
    bank: {
      get mood() {
        return bank.mood
      },
      become: (mood) => {
        bank.become(mood)
        changed()
      },
    },
    endBankDay: () => hubBank.endDay(),
    killEdge: () => edge && kill(edge.pidFile),
    clock: systemClock,
    timers: systemTimers,
    shop: { name: till.view?.till.merchant ?? 'Stillpoint', currency: till.view?.till.currency ?? 'EUR' },
    get products() {
      return till.products
    },
    cable: counter.cable,
    power: {
      get state() {
        return till.up ? 'on' : 'coming_back'
      },
      cut: cutPower,
    },
    till: { press: (key) => void pressTill(till, key, counter.log) },
    get links() {
      return { till: till.address ?? '', console: hub.http, tillFrames: true }
    },
    hub: hub.http,
    tillRequest: () => (till.view?.tender.stage === 'awaiting_code' ? till.view.tender.request : null),
    tillReceipt: () => (till.view?.tender.stage === 'approved' ? (till.view.tender.receiptText ?? null) : null),
    log: counter.log,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A lane as every bench shows it. Its cables can be pulled from each. */
function lanePort(lane: OpenLane, benches: readonly ShopLane[], changed: () => void): BenchPorts['lanes'][number] {
  const pulling = (cable: Cable | undefined) => ({
    get pulled() {
      return cable?.pulled === true
    },
    pull() {
      cable?.pull()
      changed()
    },
    plug() {
      cable?.plug()
      changed()
    },
  })
  return {
    name: lane.name,
    cables: { hub: pulling(lane.counter.cable), edge: pulling(lane.edgeCable) },
    get bench() {
      return benches.find(({ name }) => name === lane.name)?.bench ?? ''
    },
    get waiting() {
      const waiting = lane.till.view?.link.waiting
      return { minor: waiting?.amountMinor ?? 0, onlyHereMinor: waiting?.onlyHere?.amountMinor ?? waiting?.amountMinor ?? 0 }
    },
  }
}

function kill(pidFile: string): void {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
  } catch {
    // It is down already.
  }
}

/** The preferred port if it is free, else any that is. */
export function freePort(preferred: number, whose: string, log: (line: string) => void): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' || preferred === 0) return failed(error)
      log(`Port ${preferred} is in use; ${whose} takes another one.`)
      freePort(0, whose, log).then(found, failed)
    })
    probe.listen(preferred, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => found(typeof address === 'object' && address !== null ? address.port : preferred))
    })
  })
}

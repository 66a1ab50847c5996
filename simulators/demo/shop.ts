import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { errors } from '#protocol/errors.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import type { Command } from '#protocol/till-api/api.ts'
import { superviseTill } from '../../terminal/electron/processes.ts'
import { keepRunning } from '../../terminal/electron/supervised-process.ts'
import { readIdentity } from '../../terminal/core/identity.ts'
import { startBench } from '../bench/server.ts'
import type { TillKey } from '../bench/contract.ts'
import type { BenchPorts } from '../bench/ports.ts'
import { counterPorts } from './counter-ports.ts'
import { setUpCounter, type Counter } from './counter.ts'
import { holdFolder } from './lock.ts'
import { watchTill, type TillWatch } from './till-watch.ts'
import { openWindow } from './window.ts'

export const ROOT = resolve(import.meta.dirname, '../..')
const NODE = process.execPath

type Stops = (() => void | Promise<void>)[]

export type ShopOptions = {
  readonly data: string
  /** Preferred ports on 127.0.0.1; 0 for any. A taken one gives way to another, with a word about it. */
  readonly ports: { readonly till: number; readonly bench: number; readonly hub: number }
  /** Electron's program, when the till shall have its window; it then starts the till's processes. */
  readonly electron?: string
  /** A broker of its own in place of the hub's embedded one: its URL with the hub's account. */
  readonly broker?: string
  readonly log: (line: string) => void
  readonly onWindowClosed?: () => void
}

/** A whole shop: hub, one till with its bridge, simulated hardware and the bench. */
export type Shop = {
  readonly hub: HubAddress
  readonly bench: string
  readonly till: TillWatch
  readonly counter: Counter
  /** The till has a window of its own, which supervises its processes. */
  readonly hasWindow: boolean
  /** Kills the till's core and bridge without a word, as a power cut does. They come back by themselves. */
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
    const hub = await startHub(data, options, stops)
    const hubMqtt = new URL(options.broker ?? hub.mqtt)
    const counter = await setUpCounter(data, { host: hubMqtt.hostname, port: Number(hubMqtt.port) })
    stops.push(() => counter.close())
    const tillData = join(data, 'till')
    const till = watchTill(join(tillData, 'screen-address'), systemTimers)
    stops.push(() => till.close())
    const hasWindow = await startTill(tillData, hub, counter, till, options, stops)
    const cutPower = (): void => {
      for (const name of ['core', 'bridge']) kill(join(tillData, `${name}.pid`))
    }
    await till.until('its first view with products', () => till.products.length > 0, 30_000)
    const bench = await startBench(benchPorts({ hub, counter, till, cutPower }), {
      pages: { bench: join(ROOT, '.build/pages/bench'), wallet: join(ROOT, '.build/pages/wallet') },
      port: await freePort(options.ports.bench, 'the bench', log),
    })
    stops.push(() => bench.close())
    tellAddress(data, bench.url, stops)
    return { hub, bench: bench.url, till, counter, hasWindow, cutPower, killHub: () => kill(join(data, 'hub.pid')), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** For whoever plays a scenario at this shop's bench, see bench/play.ts. */
function tellAddress(data: string, bench: string, stops: Stops): void {
  const path = join(data, 'bench-address')
  writeFileSync(path, `${bench}\n`, { mode: 0o600 })
  stops.push(() => rmSync(path, { force: true }))
}

function startHub(data: string, { ports, log, broker }: ShopOptions, stops: Stops): Promise<HubAddress> {
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

/** Starts core and bridge, by the till's window if there is an Electron to open it; answers whether there is. */
async function startTill(data: string, hub: HubAddress, counter: Counter, watch: TillWatch, options: ShopOptions, stops: Stops): Promise<boolean> {
  const port = await freePort(options.ports.till, 'the till', options.log)
  const enrolment = readIdentity(data) === undefined ? ['--hub', hub.http, '--enrol', await newEnrolmentCode(hub)] : []
  const throughCable = new URL(options.broker ?? hub.mqtt)
  const coreArgs = ['--mqtt', `${throughCable.protocol}//127.0.0.1:${counter.cable.port}`, ...enrolment]
  if (options.electron !== undefined) {
    const args = ['--data', data, '--bridge-config', counter.bridgeConfig, '--http-port', String(port), ...coreArgs]
    if (await startWindow(options.electron, args, watch, options, stops)) return true
    options.log('Electron could not open a window here; the till is in the browser.')
  }
  const till = superviseTill({
    nodePath: NODE,
    appRoot: ROOT,
    dataDir: data,
    bridgeConfig: counter.bridgeConfig,
    httpPort: port,
    coreArgs,
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

async function newEnrolmentCode(hub: HubAddress): Promise<string> {
  const response = await fetch(new URL('/api/tills', hub.http), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Till 1' }),
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

function benchPorts({ hub, counter, till, cutPower }: Pick<Shop, 'counter' | 'till' | 'cutPower'> & { hub: HubAddress }): BenchPorts {
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  till.onChange(changed)
  counter.onChange(changed)
  return {
    ...counterPorts(counter, changed),
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
    log: counter.log,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
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

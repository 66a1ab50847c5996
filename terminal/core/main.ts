import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { unhex } from '#protocol/bytes.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { updateStage as updateStageShape, type Health, type UpdateStage } from '#protocol/hub/health.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { addressContext, sealAddress } from '#protocol/node/sealed-address.ts'
import { zstd } from '#protocol/node/packing.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { fromScreen, type Command, type ToScreen, type View } from '#protocol/till-api/api.ts'
import type { DurationMs } from '#protocol/time.ts'
import { CustomerFeed, customerToken } from './customer-feed.ts'
import { openDeviceLink } from './device-link.ts'
import { enrol } from './enrolling.ts'
import { hubCarriers, type HubCarrier } from './hub-access.ts'
import { exporterBeside } from './exporter.ts'
import { openHubLink } from './hub-link.ts'
import { openLaneLink } from './lane-link.ts'
import { createKeyRotation } from './key-rotation.ts'
import { identityOf, readIdentity, type IdentityFile } from './identity.ts'
import { setAside } from './reset.ts'
import { serveScreen, type ScreenServer } from './screen-server.ts'
import { openSqliteStore, scratchStore } from './store-sqlite.ts'
import { SCHEMA_VERSION } from './store-schema.ts'
import { StoreError, type TillStore } from './store.ts'
import { TrainableTill } from './training.ts'

const HELP = `The till's core: journal, payments, outbox. Usually started by the window or the demo, which also start the bridge.

  node terminal/core/main.ts --data DIR --bridge-socket PATH [--http-port N] [--page DIR] [--hub URL --enrol CODE] [--mqtt URL]... [--edge URL] [--kiosk]

  --data DIR            identity and journal of this till
  --bridge-socket PATH  the firmware-bridge's local socket
  --http-port N         the screen's port on 127.0.0.1 (default: any)
  --page DIR            the built screen (default: .build/pages/till)
  --hub URL --enrol CODE  enrols this till first, if it is not enrolled yet
  --mqtt URL            how to reach the hub, if not as named at enrolment: mqtts:// or wss://, on this machine also mqtt:// or ws://;
                        given twice, the second is for when the first cannot be reached
  --edge URL            how to reach the store's edge, if not as the hub says
  --kiosk               shoppers serve themselves: their screens, and none of a cashier's commands, until it is started without this

  Environment: STILLPOINT_SCREEN_TOKEN, STILLPOINT_BRIDGE_TOKEN (both secrets of this launch).
  Prints one line of JSON when ready: {"ready":true,"screen":"http://127.0.0.1:PORT/"}
`

const { values: args } = parseArgs({
  options: {
    data: { type: 'string' },
    'bridge-socket': { type: 'string' },
    'http-port': { type: 'string', default: '0' },
    page: { type: 'string' },
    hub: { type: 'string' },
    enrol: { type: 'string' },
    mqtt: { type: 'string', multiple: true, default: [] },
    edge: { type: 'string' },
    kiosk: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { data, 'bridge-socket': bridgeSocket } = args
if (args.help || data === undefined || bridgeSocket === undefined) {
  process.stderr.write(HELP)
  process.exit(args.help ? 0 : 2)
}

/** `EX_TEMPFAIL`: start me again. Every supervisor of a core does so after any end that it did not ask for. */
const EXIT_TO_RESTART = 75
/** For the answer to the command that makes the core leave. */
const ANSWER_FIRST: DurationMs = 100

const log = (line: string): void => void process.stderr.write(`core: ${line}\n`)
const take = (name: string): string => {
  const value = process.env[name] ?? ''
  Reflect.deleteProperty(process.env, name)
  return value
}
const screenToken = take('STILLPOINT_SCREEN_TOKEN')
const bridgeToken = take('STILLPOINT_BRIDGE_TOKEN')
if (screenToken.length < 16 || bridgeToken.length < 16) {
  log('STILLPOINT_SCREEN_TOKEN and STILLPOINT_BRIDGE_TOKEN must be set, at least 16 characters each')
  process.exit(2)
}

/** What runs: a till, or the reason why none can. */
type Running = { command(command: Command): Outcome<null> | Promise<Outcome<null>>; greet(): void; stop(): void }

let screens: ScreenServer | undefined
/** Said by the launcher (terminal/updates) once a release is whole beside this one. */
let isUpdateReady = false
let isRekeyAsked = false
/** Likewise: what runs here, and what became of others. */
let updateStage: UpdateStage | undefined
const { version: app } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')))
/** What the customer sees is worked out here, so that nothing else ever leaves for their display. */
const customers = new CustomerFeed(systemClock, (message) => {
  screens?.showCustomer(message)
  if (process.connected) process.send?.({ type: 'customer', message })
})
let running: Running | undefined
const addressFile = join(data, 'screen-address')
const customerAddressFile = join(data, 'customer-address')

/** Electron's main relays to its window over this process's IPC channel. */
const show = (message: ToScreen): void => {
  screens?.show(message)
  if (process.connected) process.send?.({ type: 'screen', message })
  customers.told(message)
}

/** No till can run: the screen says why, and an enrolment code is taken if that is what is missing. */
function runBlocked(code: ErrorCode, onEnrol?: (hub: string, code: string) => Promise<Outcome<null>>): Running {
  const view: View = {
    revision: 1,
    till: { id: '', name: '', merchant: 'Stillpoint', currency: 'EUR', recovered: false, signedOut: false, blocked: code },
    sale: { id: '', lines: [], taxes: [], totalMinor: 0, itemCount: 0 },
    tender: { stage: 'none' },
    link: {
      state: 'offline',
      since: systemClock.now(),
      waiting: { payments: 0, amountMinor: 0, entries: 0 },
      allowance: { perPaymentMinor: 0, tillLeftMinor: 0, until: systemClock.now() },
    },
    devices: [],
    notices: [],
    sold: [],
    refunds: [],
    shift: { floatMinor: 0, movedInMinor: 0, movedOutMinor: 0, sales: 0, returns: 0 },
  }
  log(`blocked: ${code}`)
  return {
    command: (command) => (command.type === 'enrol' && onEnrol !== undefined ? onEnrol(command.hub, command.code) : fail(code)),
    greet: () => show({ type: 'view', view }),
    stop: () => {},
  }
}

/** None, with a word, when identity and addresses do not fit together: such a till sells on alone, by its policy. */
function carriersOf(file: IdentityFile): readonly HubCarrier[] {
  const { signer, rootPublicKey } = identityOf(file)
  const [url = file.mqtt.url, webSocketUrl = args.mqtt.length > 0 ? undefined : file.mqtt.webSocketUrl] = args.mqtt
  const access = { password: file.mqtt.password, url, ...(file.mqtt.tls && { tls: file.mqtt.tls }), ...(webSocketUrl !== undefined && { webSocketUrl }) }
  const seed = unhex(file.seed) ?? new Uint8Array(0)
  const carriers = hubCarriers(access, { till: file.till, seed, publicKey: signer.publicKey, rootPublicKey })
  if (carriers.ok) return carriers.value
  log(`the hub cannot be reached as this till was told: ${carriers.detail ?? carriers.code}`)
  return []
}

/** Undefined where the system does not say. */
function diskAt(folder: string): Health['disk'] {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder)
    return { freeBytes: bavail * bsize, allBytes: blocks * bsize }
  } catch {
    return undefined
  }
}

/** The screen says so first; whoever started this core starts it again, and that start salvages what can be read. */
const endDamaged = (): void => void systemTimers.after(ANSWER_FIRST, () => process.exit(1))

function runTill(store: TillStore, file: IdentityFile): Running {
  const till: TrainableTill = new TrainableTill(identityOf(file), {
    clock: systemClock,
    timers: systemTimers,
    crypto: nodeCrypto,
    packing: zstd,
    store,
    show,
    log,
    link: { send: (batch) => link.send(batch), reconnect: () => link.reconnect() },
    printer: { print: (job, document, deadline) => devices.print(job, document, deadline) },
    devices: { order: (order, what, deadline) => devices.order(order, what, deadline) },
    exporter: exporterBeside(data ?? '', log),
    lanes: {
      configure: (...settings) => lanes.configure(...settings),
      say: (message) => lanes.say(message),
      copy: (to, message) => lanes.copy(to, message),
      seal: (...batch) => lanes.seal(...batch),
    },
    addresses: {
      seal: (exportKey, till, requestId, address, done) =>
        void sealAddress(exportKey, addressContext(till, requestId), address).then(done, (error: unknown) => {
          log(`an address could not be sealed: ${error instanceof Error ? error.message : String(error)}`)
          done(undefined)
        }),
    },
    rekeyed: (answer) => {
      const kept = rotation.answered(answer)
      // Whoever asked for it waits for it: this core ends as soon as nobody is served, and the next one signs with it.
      if (kept.ok && isRekeyAsked) isUpdateReady = true
      log(kept.ok ? 'another key is certified: it signs from the next start on' : `another key: ${kept.code} ${kept.detail ?? ''}`)
    },
    updateReady: () => isUpdateReady,
    kiosk: args.kiosk,
    machine: {
      facts: () => ({ app, store: SCHEMA_VERSION, update: updateStage }),
      disk: () => diskAt(data ?? ''),
      rekey: (before) => ((isRekeyAsked = true), rotation.asked(before)),
      report: (message) => link.report(message),
    },
    scratch: () => scratchStore(join(data ?? '', 'training')),
    leave: (reason) => void systemTimers.after(ANSWER_FIRST, () => stop(reason)),
  })
  const devices = openDeviceLink({
    socket: bridgeSocket ?? '',
    token: bridgeToken,
    timers: systemTimers,
    log,
    scan: (text, aim) => void till.scanned(text, aim),
    card: (card) => till.card(card),
    reading: (reading) => till.reading(reading),
    drawer: (open) => till.drawer(open),
    garbage: (kind) => till.garbage(kind),
    health: (health) => till.device(health),
    printed: (job, result, code) => till.printed(job, result, code),
    ordered: (order, result, code) => till.ordered(order, result, code),
  })
  const carriers = carriersOf(file)
  const rotation = createKeyRotation({ crypto: nodeCrypto, clock: systemClock, data: data ?? '', identity: file, send: (wish) => link.send(wish) })
  const random = (): number => randomInt(1_000_000) / 1_000_000
  const lanes = openLaneLink({
    till: file.till,
    tls: carriers.find(({ url }) => url.startsWith('mqtts:'))?.tls,
    url: args.edge,
    timers: systemTimers,
    random,
    log,
    connected: () => till.laneConnected(),
    disconnected: () => till.laneDisconnected(),
    heard: (channel, bytes) => till.laneHeard(channel, bytes),
  })
  const link = openHubLink({
    carriers,
    till: file.till,
    password: file.mqtt.password,
    timers: systemTimers,
    random,
    log,
    connected: () => {
      till.connected()
      rotation.connected()
    },
    disconnected: () => till.disconnected(),
    received: (kind, bytes) => till.received(kind, bytes),
  })
  till.start()
  return {
    command: (command) => till.command(command),
    greet: () => till.greet(),
    stop: () => {
      till.shutDown()
      link.close()
      lanes.close()
      devices.close()
      store.close()
    },
  }
}

async function open(folder: string): Promise<Running> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    const store = openSqliteStore(join(folder, 'journal.sqlite'), endDamaged)
    const enrolWith = async (hub: string, code: string): Promise<Outcome<null>> => {
      const enrolled = await enrol(nodeCrypto, store, folder, hub, code)
      if (!enrolled.ok) return enrolled
      running = runTill(store, enrolled.value)
      running.greet()
      return ok(null)
    }
    const file = readIdentity(folder)
    if (file !== undefined) return runTill(store, file)
    if (store.head() !== undefined) {
      // A reset that a power cut interrupted.
      store.close()
      log(`a journal without an identity: moved to ${setAside(folder, systemClock.now())}`)
      return await open(folder)
    }
    if (args.hub !== undefined && args.enrol !== undefined) {
      const enrolled = await enrol(nodeCrypto, store, folder, args.hub, args.enrol)
      if (enrolled.ok) return runTill(store, enrolled.value)
      log(`enrolment: ${enrolled.code} ${enrolled.detail ?? ''}`)
    }
    return runBlocked('till.not_enrolled', enrolWith)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    log(error.message)
    return runBlocked(error.code)
  }
}

/** Through a gate this core leaves in order to be started again by whoever started it. */
const stop = (through?: 'update' | 'reset'): void => {
  running?.stop()
  if (through === 'reset') log(`reset: identity and journal moved to ${setAside(data, systemClock.now())}`)
  for (const file of [addressFile, customerAddressFile]) rmSync(file, { force: true })
  void (screens?.close() ?? Promise.resolve()).then(() => process.exit(through === undefined ? 0 : EXIT_TO_RESTART))
}
// Before anything is awaited: whoever started this core may be gone while it still enrols, and then nobody would see its screen or restart it.
for (const end of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(end, () => stop())

running = await open(data)
const pages = join(import.meta.dirname, '../../.build/pages')
const page = args.page ?? join(pages, 'till')
const customerPage = join(pages, 'customer-display')
const customerSecret = customerToken(screenToken)
screens = await serveScreen({
  port: Number(args['http-port']),
  page: existsSync(page) ? page : undefined,
  token: screenToken,
  log,
  opened: () => running?.greet(),
  command: (command) => running?.command(command) ?? fail('till.core_restarting'),
  customer: { page: existsSync(customerPage) ? customerPage : undefined, token: customerSecret, opened: () => customers.greet() },
})

process.on('message', (message: unknown) => {
  const from = message as { type?: unknown; message?: unknown }
  if (from.type === 'update_ready') isUpdateReady = true
  if (from.type === 'update_stage') updateStage = updateStageShape.safeParse(from.message).data
  if (from.type === 'screen_opened') running?.greet()
  if (from.type === 'customer_opened') customers.greet()
  if (from.type !== 'screen') return
  const parsed = fromScreen.safeParse(from.message)
  if (!parsed.success) return log('window: a message that is not a command was ignored')
  void Promise.resolve(running?.command(parsed.data.command) ?? fail('till.core_restarting')).then((outcome) =>
    process.send?.({ type: 'screen', message: { type: 'outcome', id: parsed.data.id, outcome } }),
  )
})

// For a person or a tester on this machine: as private as the till's key beside it, and worth nothing after this launch.
const leave = (file: string, address: string): void => {
  rmSync(`${file}.new`, { force: true })
  writeFileSync(`${file}.new`, address, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
leave(customerAddressFile, `${screens.customerUrl}#token=${customerSecret}`)
leave(addressFile, `${screens.url}#token=${screenToken}`)

process.stdout.write(`${JSON.stringify({ ready: true, screen: screens.url })}\n`)

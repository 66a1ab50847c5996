import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fail } from '#protocol/outcome.ts'
import type { Timers } from '#protocol/time.ts'
import type { FromScreen, ToScreen } from '#protocol/till-api/api.ts'
import type { ToCustomer } from '#protocol/till-api/customer.ts'
import { keepRunning, readReadyLine } from './supervised-process.ts'

/** `sun_path` holds 104 bytes with the closing zero on macOS and 108 on Linux. */
const MAX_SOCKET_PATH_BYTES = 103

export type TillOptions = {
  /** The Node that runs core and bridge: always the pinned one. */
  readonly nodePath: string
  /** The folder with terminal/, firmware-bridge/, protocol/ and package.json. */
  readonly appRoot: string
  /** Absolute. Made when it is not there. */
  readonly dataDir: string
  /** The bridge's configuration file. */
  readonly bridgeConfig: string
  /** Where the core serves its screen to a browser. */
  readonly httpPort?: number
  /** Where other releases of the core are kept, and the feed from which they come. Undefined: the core beside this file runs, and no other. */
  readonly programs?: { readonly home: string; readonly feed?: string | undefined; readonly lookSeconds?: number } | undefined
  /** Further arguments of the core, such as `--hub URL --enrol CODE`. */
  readonly coreArgs?: readonly string[]
  readonly timers: Timers
  log(line: string): void
  /** What the screen is to be told. */
  onScreen(message: ToScreen): void
  /** What the customer's display is to be told. */
  onCustomer?(message: ToCustomer): void
  /** Whether the core can take commands. `restarting`: it ended; it comes back by itself. */
  onState(state: 'up' | 'restarting'): void
}

export type TillProcesses = {
  /** For a browser: the screen's address says `#token=` and this. One for the whole launch, so that an open screen finds back after a restart. */
  readonly screenToken: string
  /** Where the core serves its screen, once it has said so. */
  screenAddress(): string | undefined
  /** Hands a command to the core. While there is no core, `onScreen` gets the refusal. */
  send(message: FromScreen): void
  /** A screen was opened or loaded anew: it gets catalogue and view, now and after every restart of the core. */
  screenOpened(): void
  /** Likewise a display for customers. */
  customerOpened(): void
  stop(): Promise<void>
}

/** Starts the till's core and its firmware-bridge, each in a process of its own, and keeps both running. */
export function superviseTill(options: TillOptions): TillProcesses {
  const { nodePath, appRoot, dataDir, timers, log } = options
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const socket = bridgeSocket(dataDir)
  const screenToken = newToken()
  // Half of a start is compiling; after the first one Node finds it done.
  const env = { ...process.env, NODE_OPTIONS: undefined, NODE_COMPILE_CACHE: join(dataDir, 'compiled'), STILLPOINT_BRIDGE_TOKEN: newToken() }
  let address: string | undefined
  let up = false
  let opened = false
  let customerOpened = false

  const bridge = keepRunning(
    {
      name: 'bridge',
      command: nodePath,
      args: [join(appRoot, 'firmware-bridge/main.ts'), '--config', options.bridgeConfig, '--socket', socket.path],
      env,
      pidFile: join(dataDir, 'bridge.pid'),
    },
    // The core finds the bridge by itself and shows its devices as absent meanwhile.
    { onReady() {}, onMessage() {}, onEnded() {} },
    { timers, log },
  )

  const port = options.httpPort === undefined ? [] : ['--http-port', String(options.httpPort)]
  const coreArgs = ['--bridge-socket', socket.path, ...port, ...(options.coreArgs ?? [])]
  const { programs } = options
  const isReady = (line: Readonly<Record<string, unknown>>): void => {
    address = typeof line['screen'] === 'string' ? line['screen'] : undefined
    up = true
    options.onState('up')
    if (opened) core.send({ type: 'screen_opened' })
    if (customerOpened) core.send({ type: 'customer_opened' })
  }
  const core = keepRunning(
    {
      name: programs === undefined ? 'core' : 'launcher',
      command: nodePath,
      args:
        programs === undefined
          ? [join(appRoot, 'terminal/core/main.ts'), '--data', dataDir, ...coreArgs]
          : [join(appRoot, 'terminal/updates/main.ts'), ...launcherArgs(programs, dataDir), '--', ...coreArgs],
      env: { ...env, STILLPOINT_SCREEN_TOKEN: screenToken },
      pidFile: join(dataDir, programs === undefined ? 'core.pid' : 'launcher.pid'),
    },
    {
      onReady: isReady,
      onMessage(message) {
        const from = readFromCore(message)
        if (from?.type === 'core' && from.state === 'up') isReady(readReadyLine(from.ready ?? '') ?? {})
        if (from?.type === 'core' && from.state === 'restarting') {
          up = false
          options.onState('restarting')
        }
        if (from?.type === 'screen') options.onScreen(from.message)
        if (from?.type === 'customer') options.onCustomer?.(from.message)
      },
      onEnded() {
        up = false
        options.onState('restarting')
      },
    },
    { timers, log },
  )

  return {
    screenToken,
    screenAddress: () => address,
    send(message) {
      if (up && core.send({ type: 'screen', message })) return
      // Nothing is kept for later: a payment must not start by itself once the core is back.
      options.onScreen({ type: 'outcome', id: message.id, outcome: fail('till.core_restarting') })
    },
    screenOpened() {
      opened = true
      if (up) core.send({ type: 'screen_opened' })
    },
    customerOpened() {
      customerOpened = true
      if (up) core.send({ type: 'customer_opened' })
    },
    async stop() {
      up = false
      await Promise.all([core.stop(), bridge.stop()])
      socket.remove()
    },
  }
}

const newToken = () => randomBytes(32).toString('base64url')

/** Beside the data where the path fits into a socket address; otherwise in a fresh folder that only this user may enter. */
export function bridgeSocket(dataDir: string, platform: NodeJS.Platform = process.platform): { readonly path: string; remove(): void } {
  if (platform === 'win32') return { path: `\\\\.\\pipe\\stillpoint-${randomBytes(16).toString('hex')}`, remove() {} }
  const beside = join(dataDir, 'bridge.sock')
  if (Buffer.byteLength(beside) <= MAX_SOCKET_PATH_BYTES) return { path: beside, remove: () => rmSync(beside, { force: true }) }
  const path = join(mkdtempSync(join(tmpdir(), 'stillpoint-')), 'bridge.sock')
  return { path, remove: () => rmSync(dirname(path), { recursive: true, force: true }) }
}

const launcherArgs = ({ home, feed, lookSeconds }: NonNullable<TillOptions['programs']>, dataDir: string): readonly string[] => [
  '--home',
  home,
  '--data',
  dataDir,
  ...(feed === undefined ? [] : ['--feed', feed]),
  ...(lookSeconds === undefined ? [] : ['--look', String(lookSeconds)]),
]

/** `core`: the launcher's word about the core that it runs, which ends and starts while the launcher goes on. */
type FromCore =
  | { readonly type: 'screen'; readonly message: ToScreen }
  | { readonly type: 'customer'; readonly message: ToCustomer }
  | { readonly type: 'core'; readonly state: 'up' | 'restarting'; readonly ready?: string }

/** The core is this till's own program, started here from the same source, so only the envelope is looked at. */
function readFromCore(message: unknown): FromCore | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined
  if (message.type === 'core' && 'state' in message) return message as FromCore
  return 'message' in message && (message.type === 'screen' || message.type === 'customer') ? (message as FromCore) : undefined
}

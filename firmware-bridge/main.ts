import { fstatSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { startBridge } from './bridge.ts'
import { readConfig } from './config.ts'
import { tillSocket } from './till-socket.ts'

const HELP = `Usage: STILLPOINT_BRIDGE_TOKEN=… node firmware-bridge/main.ts --config FILE --socket PATH

Talks to the devices named in FILE on behalf of the till that connects to PATH (a Unix domain socket or a Windows named pipe) and says the token.
Prints one line of JSON on stdout when it listens; everything else goes to stderr. Ends with SIGINT, SIGTERM, or with the process that started it.`

const log = (line: string) => void process.stderr.write(`firmware-bridge: ${line}\n`)

/** Ends the process: what is wrong here cannot be put right by starting again. */
function stop(why: string): never {
  log(why)
  process.exit(2)
}

/** Read once and forgotten, so that nothing started from here inherits it. */
function takeToken(): string {
  const token = process.env['STILLPOINT_BRIDGE_TOKEN'] ?? ''
  delete process.env['STILLPOINT_BRIDGE_TOKEN']
  if (token.length < 16 || token.length > 128) stop('STILLPOINT_BRIDGE_TOKEN must hold 16 to 128 characters')
  return token
}

function readOptions(): { readonly config: string; readonly socket: string } {
  const { values } = parseArgs({ options: { config: { type: 'string' }, socket: { type: 'string' }, help: { type: 'boolean' } } })
  if (values.help) {
    process.stdout.write(`${HELP}\n`)
    process.exit(0)
  }
  if (!values.config || !values.socket) stop(`--config and --socket are needed\n${HELP}`)
  return { config: values.config, socket: values.socket }
}

function readConfigFile(file: string) {
  const config = readConfig(readFileSync(file, 'utf8'))
  return config.ok ? config.value : stop(`${file}:\n${config.detail ?? config.code}`)
}

/** Calls `end` when the starting process goes away: its pipe to our stdin closes, or its IPC channel. A terminal or /dev/null is no parent. */
function onParentGone(end: () => void): void {
  if (process.channel) process.on('disconnect', end)
  const stdin = fstatSync(0)
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.on('end', end).on('error', end).resume()
}

async function main(): Promise<void> {
  // The socket is made for this user only; nothing else is written.
  process.umask(0o177)
  const { config: file, socket: path } = readOptions()
  const token = takeToken()
  const config = readConfigFile(file)
  const socket = tillSocket({
    token,
    timers: systemTimers,
    log,
    welcome: () => ({ type: 'welcome', version: 2, devices: bridge.devices() }),
    onMessage: (message) => bridge.handle(message),
  })
  const bridge = startBridge(config, { timers: systemTimers, clock: systemClock, log, send: socket.send })

  const end = () => {
    socket.close()
    bridge.close()
    // A native handle that does not let go must not keep a dead bridge alive.
    process.exit(0)
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  onParentGone(end)

  const listening = await socket.listen(path)
  if (!listening.ok) stop(listening.detail ?? listening.code)
  process.stdout.write(`${JSON.stringify({ type: 'ready', socket: path, devices: config.devices.map(({ id }) => id) })}\n`)
}

main().catch((error: unknown) => stop(error instanceof Error ? error.message : String(error)))

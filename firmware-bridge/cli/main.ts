import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SECOND } from '#protocol/time.ts'
import { readConfig, type BridgeConfig } from '../config.ts'
import { doctorText, examineAll } from './doctor.ts'
import { findAttached, listText, presenceOf } from './list.ts'
import { printTraffic, watchBridge, watchDevices } from './watch.ts'

/** Where `npm start` keeps what its counter's devices are. */
const DEMO_CONFIG = '.data/demo/bridge.json'

const HELP = `npm run bridge -- COMMAND [--config FILE]

The devices of a counter, from beside the till. FILE is a bridge's configuration (default: ${DEMO_CONFIG}, the demo shop's).

  list     what is attached to this machine, what it probably is, and whether each configured device is there
  doctor   tries each configured device and says in plain words what is wrong and how to put it right; exits 1 when something is wrong
             --listen SECONDS   scan, swipe and weigh meanwhile: what comes of it is looked at too
  watch    what passes, one line an event, until interrupted. Cards are masked, payment codes not shown
             opens the devices itself, or, where a bridge has them open already:
             --socket PATH      looks on at that bridge; STILLPOINT_BRIDGE_TOKEN holds the token it was started with

  --json   lines of JSON instead of words
`

class Refusal extends Error {}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

type Args = { readonly config: string | undefined; readonly json: boolean; readonly socket: string | undefined; readonly listen: number }

/** The configuration, or undefined where none was asked for and the demo shop has not written one. */
function configOf({ config }: Args): BridgeConfig | undefined {
  const file = config ?? DEMO_CONFIG
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (config === undefined) return undefined
    throw new Refusal(`${file} cannot be read: ${whyNotRead(error)}`)
  }
  const read = readConfig(text)
  if (read.ok) return read.value
  throw new Refusal(`${file}:\n${read.detail ?? read.code}`)
}

const WHY_NOT_READ: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a folder'],
])

function whyNotRead(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return ('code' in error && WHY_NOT_READ.get(error.code)) || error.message
}

function configNeeded(args: Args): BridgeConfig {
  const config = configOf(args)
  if (!config) throw new Refusal(`Which devices? Give --config FILE, or start the demo shop (npm start), which writes ${DEMO_CONFIG}.`)
  if (config.devices.length === 0) throw new Refusal(`${args.config ?? DEMO_CONFIG} names no devices.`)
  return config
}

async function list(args: Args): Promise<number> {
  const config = configOf(args)
  const attached = await findAttached()
  if (args.json) {
    const configured = config?.devices.map((device) => ({ device: device.id, kind: device.kind, ...presenceOf(device, attached) })) ?? []
    say(JSON.stringify({ ...attached, configured }))
  } else say(listText(attached, config))
  return 0
}

async function doctor(args: Args): Promise<number> {
  const config = configNeeded(args)
  const attached = await findAttached()
  if (args.listen > 0 && !args.json) say(`Use the devices now; they are looked at for ${args.listen} s.`)
  const devices = await examineAll(config, attached, args.listen * SECOND)
  const wrong = devices.some((one) => one.wrong)
  const problems = Object.values(attached.problems)
  say(args.json ? JSON.stringify({ wrong, devices, problems }) : doctorText(devices, problems))
  // What the shop leaves behind names devices that went with it.
  if (wrong && args.config === undefined && !args.json)
    say(`These are the demo shop's devices (${DEMO_CONFIG}): they are there only while it runs (npm start).`)
  return wrong ? 1 : 0
}

async function watch(args: Args): Promise<number> {
  const tell = printTraffic(say, args.json)
  const { promise: interrupted, resolve } = Promise.withResolvers<number>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(0))
  if (args.socket === undefined) {
    const stop = watchDevices(configNeeded(args), tell)
    const code = await interrupted
    stop()
    return code
  }
  const token = process.env['STILLPOINT_BRIDGE_TOKEN'] ?? ''
  if (token === '') throw new Refusal('STILLPOINT_BRIDGE_TOKEN must hold the token that the bridge was started with')
  const { ended, stop } = watchBridge(args.socket, token, tell)
  const code = await Promise.race([
    interrupted,
    ended.then((end) => {
      complain(end.ok ? 'The bridge has ended.' : (end.detail ?? end.code))
      return end.ok ? 0 : 1
    }),
  ])
  stop()
  return code
}

const COMMANDS: ReadonlyMap<string | undefined, (args: Args) => Promise<number>> = new Map([
  ['list', list],
  ['doctor', doctor],
  ['watch', watch],
])

function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      socket: { type: 'string' },
      listen: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    say(HELP)
    return Promise.resolve(0)
  }
  const command = COMMANDS.get(positionals[0])
  if (!command || positionals.length > 1) throw new Refusal(`Which command?\n\n${HELP}`)
  const listen = Number(values.listen)
  if (!Number.isInteger(listen) || listen < 0 || listen > 600) throw new Refusal('--listen is a number of seconds, 0 to 600')
  return command({ config: values.config, socket: values.socket, json: values.json, listen })
}

process.exitCode = await Promise.resolve()
  .then(main)
  .catch((error: unknown) => {
    complain(error instanceof Error ? error.message : String(error))
    return error instanceof Refusal || (error instanceof TypeError && 'code' in error) ? 2 : 1
  })
// A native handle that does not let go must not keep a finished command alive.
process.stdout.write('', () => process.exit())

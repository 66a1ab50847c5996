import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fromBridge, type DeviceHealth, type FromBridge, type ToBridge } from '#protocol/device/messages.ts'

/** The real bridge in a process of its own, with a till's end of its socket: what the tests of this folder talk to. */
export interface BridgeProcess {
  readonly pid: number
  readonly socketPath: string
  /** What whoever connects has to say. */
  readonly token: string
  /** All that it has said, oldest first. */
  readonly messages: readonly FromBridge[]
  /** All that it has written to its log so far. */
  log(): string
  send(message: ToBridge): void
  /** The newest state of a device. */
  health(device: string): DeviceHealth | undefined
  /** Closes its stdin, as the death of its parent would. */
  orphan(): void
  kill(signal: NodeJS.Signals): void
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}

const ROOT = join(import.meta.dirname, '../..')

export type BridgeOptions = {
  /** On top of this process's own. */
  readonly env?: Readonly<Record<string, string>>
  /** Hears what the bridge says as it comes. */
  readonly onMessage?: (message: FromBridge) => void
}

export async function startBridgeProcess(folder: string, config: unknown, { env = {}, onMessage = () => {} }: BridgeOptions = {}): Promise<BridgeProcess> {
  const configPath = join(folder, 'bridge.json')
  const socketPath = join(folder, 'bridge.sock')
  writeFileSync(configPath, JSON.stringify(config))
  const token = 'a token only these two know'
  const child = spawn(process.execPath, [join(ROOT, 'firmware-bridge/main.ts'), '--config', configPath, '--socket', socketPath], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env, STILLPOINT_BRIDGE_TOKEN: token },
  })
  let log = ''
  child.stderr.on('data', (bytes: Buffer) => (log += bytes.toString()))
  const ended = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => code ?? signal ?? '')
  const ready = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  if (!Array.isArray(ready)) throw new Error(`the bridge did not start: ${log}`)

  const messages: FromBridge[] = []
  const till = connect(socketPath)
  till.on('error', () => {})
  createInterface({ input: till }).on('line', (line) => {
    const message = fromBridge.parse(JSON.parse(line))
    messages.push(message)
    onMessage(message)
  })
  await once(till, 'connect')
  const send = (message: ToBridge) => void till.write(`${JSON.stringify(message)}\n`)
  send({ type: 'hello', version: 2, token })

  return {
    pid: child.pid ?? 0,
    socketPath,
    token,
    messages,
    log: () => log,
    send,
    health: (device) =>
      messages
        .flatMap((message) => (message.type === 'welcome' ? message.devices : message.type === 'health' ? [message.health] : []))
        .findLast((health) => health.device === device),
    orphan: () => child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    ended,
  }
}

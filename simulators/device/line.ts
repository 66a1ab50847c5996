import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What a bridge's configuration needs to reach the device. */
export type DeviceTransport =
  | { readonly type: 'serial'; readonly path: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'hid'; readonly path: string }
  /** Input, output and feature reports over TCP, where the system has no virtual HID. */
  | { readonly type: 'hid-tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'http'; readonly url: string; readonly mode: 'snapshot' | 'mjpeg' }

/** The device's end of a cable. */
export interface DeviceLine {
  /** Stays the same across `replug` only with `linkAs` or over TCP. */
  transport(): DeviceTransport
  readonly plugged: boolean
  /** Lost when the cable is out or nobody has the other end open, as on a real line. */
  write(bytes: Uint8Array): void
  /** Pulls the cable: the computer's end is gone at once, with whatever was under way. */
  unplug(): void
  replug(): Promise<void>
  close(): void
}

export type LineOptions = {
  /** A path for a symbolic link that follows the pseudo-terminal, whose own name changes with every plug. */
  readonly linkAs?: string
  /** `pty` is a real serial line to the computer (Linux only); `tcp` a terminal server. */
  readonly kind?: 'pty' | 'tcp'
  readonly onBytes: (bytes: Uint8Array) => void
  /** TCP only: somebody has opened the computer's end; what comes now is a new stream. */
  readonly onConnect?: () => void
}

/** Opens the computer's socket for a simulated device: a pseudo-terminal where the system has them for us, TCP elsewhere. */
export function openLine(options: LineOptions): Promise<DeviceLine> {
  const kind = options.kind ?? (canMakePty() ? 'pty' : 'tcp')
  return kind === 'pty' ? openPtyLine(options) : openTcpLine(options)
}

/** Node cannot unlock a pseudo-terminal by itself; `script` (util-linux) can, and `setpriv` makes it die with us. */
export const canMakePty = (): boolean =>
  process.platform === 'linux' && ['setpriv', 'script'].every((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0)

/** Prints the name of its terminal, makes it raw, says READY; from then on `script` copies bytes between its stdio and the terminal's master side. */
const HOLD_TERMINAL = 'tty; stty raw -echo; echo READY; exec setpriv --pdeathsig KILL sleep 1000000'
const PTY_COMMAND = ['--pdeathsig', 'KILL', 'script', '-qfec', HOLD_TERMINAL, '/dev/null'] as const

type Terminal = { readonly child: ChildProcess; readonly path: string }

async function openPtyLine({ linkAs, onBytes }: LineOptions): Promise<DeviceLine> {
  let terminal: Terminal | undefined
  let path = ''
  const plug = async () => {
    const opened = await openTerminal(onBytes)
    terminal = opened
    path = linkAs ?? opened.path
    if (linkAs) pointLink(linkAs, opened.path)
  }
  const unplug = () => {
    terminal?.child.kill('SIGKILL')
    terminal = undefined
    if (linkAs) rmSync(linkAs, { force: true })
  }
  await plug()
  return {
    transport: () => ({ type: 'serial', path }),
    get plugged() {
      return terminal !== undefined
    },
    write: (bytes) => void terminal?.child.stdin?.write(bytes),
    unplug,
    async replug() {
      if (!terminal) await plug()
    },
    close: unplug,
  }
}

/** Replaces the link in one step, so that nobody ever opens half of a change. */
function pointLink(link: string, target: string): void {
  const fresh = `${link}.new`
  rmSync(fresh, { force: true })
  symlinkSync(target, fresh)
  renameSync(fresh, link)
}

function openTerminal(onBytes: (bytes: Uint8Array) => void): Promise<Terminal> {
  const child = spawn('setpriv', PTY_COMMAND, { stdio: ['pipe', 'pipe', 'ignore'] })
  // A write to a cable that has just been pulled is lost, not an error of ours.
  child.stdin.on('error', () => {})
  return new Promise((resolve, reject) => {
    let preamble = Buffer.alloc(0)
    let path: string | undefined
    child.on('error', reject)
    child.on('exit', () => path === undefined && reject(new Error('no pseudo-terminal')))
    child.stdout.on('data', (bytes: Buffer) => {
      if (child.killed) return
      if (path !== undefined) return onBytes(bytes)
      preamble = Buffer.concat([preamble, bytes])
      const ready = /^(\/dev\/\S+)\s+READY\r?\n/.exec(preamble.toString('latin1'))
      if (!ready?.[1]) return
      path = ready[1]
      resolve({ child, path })
      const rest = preamble.subarray(ready[0].length)
      if (rest.length > 0) onBytes(rest)
    })
  })
}

async function openTcpLine({ onBytes, onConnect }: LineOptions): Promise<DeviceLine> {
  const sockets = new Set<Socket>()
  let port = 0
  let server: Server | undefined
  const plug = async () => {
    const made = createServer((socket) => {
      sockets.add(socket)
      socket.setNoDelay()
      onConnect?.()
      socket.on('data', (bytes) => server === made && onBytes(bytes))
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => made.once('error', reject).listen(port, '127.0.0.1', resolve))
    port = (made.address() as AddressInfo).port
    server = made
  }
  const unplug = () => {
    server?.close()
    server = undefined
    for (const socket of sockets) socket.destroy()
  }
  await plug()
  return {
    transport: () => ({ type: 'tcp', host: '127.0.0.1', port }),
    get plugged() {
      return server !== undefined
    },
    write(bytes) {
      for (const socket of sockets) socket.write(bytes)
    },
    unplug,
    async replug() {
      if (!server) await plug()
    },
    close: unplug,
  }
}

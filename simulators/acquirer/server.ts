import { createServer, type Socket } from 'node:net'
import { systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import { AcquirerBooks, type AcquirerRequest } from './books.ts'
import { readWire, replyTo, requestOf, WireError } from './wire.ts'

/**
 * How it answers the next request. `late`: when the hub has given up. `twice`: once more, as after a switch-over. `wrong_stan`: the answer to something else.
 * `cut`: the line goes in the middle of the answer. `unheard`: the line goes before it was booked. `garbage`: an answer that nobody can read.
 * `part`: half of the sum is approved, as issuers of prepaid cards do.
 */
export const acquirerFaults = ['silence', 'late', 'twice', 'wrong_stan', 'cut', 'unheard', 'garbage', 'part', 'echo_refused'] as const
export type AcquirerFault = (typeof acquirerFaults)[number]

export type AcquirerOptions = {
  /** 0 for any. */
  readonly port?: number
  readonly timers?: Timers
  /** For `late`. */
  readonly lateAfter?: DurationMs
  /** What the card's bank says about a request; undefined approves. On top of the amounts below. */
  readonly decline?: (request: AcquirerRequest) => string | undefined
}

export interface SimulatedAcquirer {
  readonly port: number
  readonly books: AcquirerBooks
  /** Message types in the order in which they came. */
  readonly heard: readonly string[]
  /** Of the requests to come, the first ones are answered so. Echoes are not counted. */
  fault(...faults: readonly AcquirerFault[]): void
  /** Refused with this code, until it is taken back with `undefined`. */
  declineAll(code: string | undefined): void
  /** Hears and books everything, and answers nothing, until it is taken back. */
  beSilent(silent: boolean): void
  /** Nobody can connect any more, and whoever is connected is cut off. */
  goDown(): Promise<void>
  comeUp(): Promise<void>
  close(): Promise<void>
}

/** As test systems of acquirers do it: the last digits of the sum say how the bank decides. 51 ends in “insufficient funds”, and so on. */
const byAmount: ReadonlyMap<number, string> = new Map([
  [9904, '04'],
  [9905, '05'],
  [9941, '41'],
  [9951, '51'],
  [9954, '54'],
  [9961, '61'],
  [9991, '91'],
])

/** An acquirer's host on this machine. */
export async function startAcquirer({ port = 0, timers = systemTimers, lateAfter = 3000, decline }: AcquirerOptions = {}): Promise<SimulatedAcquirer> {
  const books = new AcquirerBooks()
  const heard: string[] = []
  const faults: AcquirerFault[] = []
  const sockets = new Set<Socket>()
  let declined: string | undefined
  let isSilent = false

  function answer(socket: Socket, message: Buffer): void {
    const { type, fields } = readWire(message)
    const request = requestOf(type, fields)
    if (type.startsWith('08')) {
      const refused = faults[0] === 'echo_refused' && faults.shift() !== undefined
      return send(socket, replyTo(type, fields, { code: refused ? '96' : '00' }))
    }
    heard.push(type)
    const fault = faults[0] === 'echo_refused' ? undefined : faults.shift()
    if (fault === 'unheard') return void socket.destroy()
    const reply = replyTo(type, fields, books.take(request, declined ?? decline?.(request) ?? byAmount.get(request.amountMinor % 10_000)))
    if (isSilent) return
    switch (fault) {
      case undefined:
      case 'echo_refused':
        return send(socket, reply)
      case 'silence':
        return
      case 'late':
        return void timers.after(lateAfter, () => send(socket, reply))
      case 'twice':
        send(socket, reply)
        return send(socket, reply)
      case 'wrong_stan':
        return send(
          socket,
          replyTo(type, new Map(fields).set(11, String((Number(request.stan) + 7) % 1_000_000).padStart(6, '0')), { code: '00', approvalCode: 'WRONG1' }),
        )
      case 'part':
        return send(
          socket,
          replyTo(type, new Map(fields).set(4, String(Math.floor(request.amountMinor / 2)).padStart(12, '0')), { code: '10', approvalCode: 'PART01' }),
        )
      case 'garbage':
        return send(socket, Buffer.from(reply.map((byte, index) => (index < 12 ? 0xee : byte))))
      case 'cut':
        socket.write(framed(reply).subarray(0, Math.floor(reply.length / 2)))
        return void socket.destroySoon()
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const message = rest.subarray(2, 2 + rest.readUInt16BE(0))
        rest = rest.subarray(2 + message.length)
        try {
          answer(socket, message)
        } catch (error) {
          if (!(error instanceof WireError)) throw error
          socket.destroy()
        }
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  const listen = (on: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(on, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : on)
      })
    })
  const goDown = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  const bound = await listen(port)
  return {
    port: bound,
    books,
    heard,
    fault: (...next) => void faults.push(...next),
    declineAll: (code) => void (declined = code),
    beSilent: (silent) => void (isSilent = silent),
    goDown,
    comeUp: async () => void (await listen(bound)),
    close: goDown,
  }
}

const framed = (message: Buffer): Buffer => Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message])
function send(socket: Socket, message: Buffer): void {
  if (!socket.destroyed) socket.write(framed(message))
}

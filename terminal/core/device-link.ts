import { createConnection, type Socket } from 'node:net'
import { fromBridge, MAX_LINE_BYTES, type Card, type DeviceHealth, type FromBridge, type ScaleReading, type ToBridge } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import type { Devices, Printer } from './ports.ts'

export type DeviceLinkOptions = {
  readonly socket: string
  readonly token: string
  readonly timers: Timers
  readonly log: (line: string) => void
  /** `aim`: the AIM identifier of the symbology, where the scanner sends it. */
  scan(text: string, aim: string | undefined): void
  card(card: Card): void
  reading(reading: ScaleReading): void
  drawer(open: boolean): void
  garbage(kind: DeviceHealth['kind']): void
  health(health: DeviceHealth): void
  printed(job: string, result: 'printed' | 'failed' | 'unknown', code?: ErrorCode): void
  ordered(order: string, result: 'done' | 'failed' | 'unknown', code?: ErrorCode): void
}

const RETRY: DurationMs = SECOND / 2
/** For the bridge to give an order up by itself, before the till stops waiting for its word. */
const GRACE: DurationMs = 2 * SECOND

/**
 * The till's end of the bridge's socket: connects, says who it is, and takes lines. A bridge that is gone comes back by itself (its supervisor
 * restarts it); until then its devices are absent, and what was under way is `unknown`: it may have been printed or done.
 */
export function openDeviceLink(options: DeviceLinkOptions): Printer & Devices & { close(): void } {
  const devices = new Map<string, DeviceHealth>()
  const jobs = new Set<string>()
  /** Orders without an answer, and how to stop waiting for it. */
  const orders = new Map<string, () => void>()
  let socket: Socket | undefined
  let welcomed = false
  let closed = false
  let cancelRetry: () => void = () => {}

  const write = (message: ToBridge): void => {
    socket?.write(`${JSON.stringify(message)}\n`)
  }

  const take = (message: FromBridge): void => {
    switch (message.type) {
      case 'welcome':
        welcomed = true
        for (const health of message.devices) takeHealth(health)
        return
      case 'health':
        return takeHealth(message.health)
      case 'scan':
        return options.scan(message.text, message.aim)
      case 'card':
        return options.card(message.card)
      case 'reading':
        return options.reading(message.reading)
      case 'drawer':
        return options.drawer(message.open)
      case 'garbage':
        return options.garbage(devices.get(message.device)?.kind ?? 'scanner')
      case 'print_result':
        if (jobs.delete(message.job)) options.printed(message.job, message.result, message.code)
        return
      case 'order_result':
        return endOrder(message.order, message.result, message.code)
    }
  }

  const takeHealth = (health: DeviceHealth): void => {
    devices.set(health.device, health)
    options.health(health)
  }

  const endOrder = (order: string, result: 'done' | 'failed' | 'unknown', code?: ErrorCode): void => {
    const stopWaiting = orders.get(order)
    if (stopWaiting === undefined) return
    stopWaiting()
    orders.delete(order)
    options.ordered(order, result, code)
  }

  const lost = (): void => {
    welcomed = false
    socket = undefined
    for (const health of devices.values()) {
      const absent: DeviceHealth = { device: health.device, kind: health.kind, state: 'absent', code: 'device.absent', counters: health.counters }
      takeHealth(absent)
    }
    for (const job of jobs) options.printed(job, 'unknown', 'device.unknown_result')
    jobs.clear()
    for (const order of orders.keys()) endOrder(order, 'unknown', 'device.absent')
    if (!closed) cancelRetry = options.timers.after(RETRY, connect)
  }

  const connect = (): void => {
    const mine = createConnection(options.socket)
    socket = mine
    readLines(mine, (line) => {
      const message = parse(line)
      if (message === undefined) options.log('bridge: a line that is not a message was ignored')
      else take(message)
    })
    mine.on('connect', () => write({ type: 'hello', version: 2, token: options.token }))
    mine.on('error', () => {
      // 'close' follows and tries again; a bridge that is not up yet is no news.
    })
    mine.on('close', lost)
  }

  connect()
  return {
    print: (job, document, deadline) => {
      const printer = [...devices.values()].some((health) => health.kind === 'printer')
      if (!welcomed || !printer) return false
      jobs.add(job)
      write({ type: 'print', job, document: [...document], deadlineMs: deadline })
      return true
    },
    order: (order, what, deadline) => {
      if (!welcomed) return false
      const giveUp = options.timers.after(deadline + GRACE, () => endOrder(order, 'unknown', 'device.timeout'))
      orders.set(order, giveUp)
      write({ type: 'order', order, what, deadlineMs: deadline })
      return true
    },
    close: () => {
      closed = true
      cancelRetry()
      socket?.destroy()
    },
  }
}

function parse(line: string): FromBridge | undefined {
  try {
    const parsed = fromBridge.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** Splits a socket into lines of at most MAX_LINE_BYTES; a longer one ends the connection, since nothing of ours sends it. */
function readLines(socket: Socket, take: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    rest += chunk
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      take(rest.slice(0, end))
      rest = rest.slice(end + 1)
    }
    if (rest.length > MAX_LINE_BYTES) socket.destroy()
  })
}

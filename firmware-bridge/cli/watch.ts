import { connect } from 'node:net'
import { fromBridge, MAX_LINE_BYTES, type FromBridge } from '#protocol/device/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { startBridge } from '../bridge.ts'
import type { BridgeConfig } from '../config.ts'
import { splitLines } from '../line-splitter.ts'
import { describe } from './traffic.ts'

export type Show = (line: string) => void

/** Ends the watching. */
export type Stop = () => void

/** Opens the devices itself: for a counter whose till is not running, since a serial line has one owner at a time. */
export function watchDevices(config: BridgeConfig, tell: (message: FromBridge) => void): Stop {
  const bridge = startBridge(config, { timers: systemTimers, clock: systemClock, log: () => {}, send: tell })
  return () => bridge.close()
}

/** Looks on at a bridge that runs. Resolves when it ends, and says why. */
export function watchBridge(
  path: string,
  token: string,
  tell: (message: FromBridge) => void,
): { readonly ended: Promise<Outcome<null, 'wire.malformed' | 'device.absent'>>; readonly stop: Stop } {
  const socket = connect(path)
  const { promise, resolve } = Promise.withResolvers<Outcome<null, 'wire.malformed' | 'device.absent'>>()
  const lines = splitLines(MAX_LINE_BYTES)
  let heard = false
  const end = (why: string) => {
    resolve(fail('wire.malformed', why))
    socket.destroy()
  }
  socket.on('connect', () => socket.write(`${JSON.stringify({ type: 'hello', version: 2, token, watch: true })}\n`))
  socket.on('data', (bytes) => {
    const arrived = lines.add(bytes)
    if (!arrived) return end('the bridge sent a line that is too long')
    for (const line of arrived) {
      const message = readMessage(line)
      if (!message) return end('the bridge speaks another version')
      heard = true
      tell(message)
    }
  })
  socket.on('error', (error) => resolve(fail('device.absent', `no bridge listens there: ${error.message}`)))
  socket.on('close', () => resolve(heard ? ok(null) : fail('device.absent', 'the bridge hung up at once: the token is not the one it was started with')))
  return { ended: promise, stop: () => socket.destroy() }
}

function readMessage(line: string): FromBridge | undefined {
  try {
    return fromBridge.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

/** Prints what passes, one line an event, or one line of JSON. Health is told when it changes. */
export function printTraffic(show: Show, json: boolean): (message: FromBridge) => void {
  const said = new Map<string, string>()
  return (message) => {
    const at = new Date(systemClock.now()).toISOString()
    for (const { device, what, text } of describe(message)) {
      if (what === 'health') {
        if (said.get(device) === text) continue
        said.set(device, text)
      }
      show(json ? JSON.stringify({ at, device, what, text }) : `${at.slice(11, 23)}  ${device.padEnd(14)} ${what.padEnd(8)} ${text}`)
    }
  }
}

import type { WeightUnit } from '#protocol/device/messages.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import type { Clock, DurationMs, Timers } from '#protocol/time.ts'
import { openLine, type DeviceTransport, type LineOptions } from './line.ts'
import { scalePan, type ScaleView } from './scale-pan.ts'
import { scaleSpeeches, type ScaleProtocolName } from './scale-protocols.ts'

/**
 * What can go wrong with a scale. `noise`: bytes out of nowhere. `half_frame`, `wrong_checksum`, `unplug_mid_frame`: with the next answer. `slow`, `frozen` (no
 * answer), `nak_storm` (it has nothing but refusals, many of them) and `drifting_zero` last for FAULT_LASTS.
 */
export const scaleFaults = ['noise', 'half_frame', 'wrong_checksum', 'slow', 'frozen', 'unplug_mid_frame', 'nak_storm', 'drifting_zero'] as const
export type ScaleFault = (typeof scaleFaults)[number]

/** Longer than a driver believes a scale that does not answer. */
export const FAULT_LASTS: DurationMs = 3000

export type ScaleOptions = Partial<Pick<LineOptions, 'linkAs' | 'kind'>> & {
  readonly protocol: ScaleProtocolName
  readonly unit: WeightUnit
  readonly timers?: Timers
  readonly clock?: Pick<Clock, 'monotonic'>
}

export interface SimulatedScale {
  transport(): DeviceTransport
  readonly plugged: boolean
  /** What lies on it, in thousandths of its unit; not what it shows while it still swings. */
  readonly milli: number
  readonly tareMilli: number
  /** What its own display shows this moment. */
  view(): ScaleView
  readonly faults: typeof scaleFaults
  /** Puts so much on it instead of what is there: takes about a second to come to rest. */
  put(milli: number): void
  /** Something lies on it or was tared, by a person or by the till. Returns a function that stops it. */
  onChange(listener: () => void): () => void
  /** A key on the scale itself. */
  press(key: 'zero' | 'tare'): void
  /** Resolves when it is over, whether the till asked anything meanwhile or not. */
  fault(kind: ScaleFault): Promise<void>
  unplug(): void
  replug(): Promise<void>
  close(): void
}

/** Bytes leave in pieces of this duration: a line at 4800 baud has five bytes in ten milliseconds. */
const PIECE: DurationMs = 5
/** How often a scale that waits for its pan to rest looks at it, and for how long. */
const LOOK: DurationMs = 40
const PATIENCE: DurationMs = 4000
const SLOW: DurationMs = 400
const STORM = 40
const DRIFT_PER_SECOND = 4

const NOISE = Uint8Array.of(0xff, 0x00, 0x02, 0x81, 0x42, 0xfe, 0x1b, 0x7f, 0x0d)

/** A scale on a real line. It keeps what lies on it, its zero and its tare when the cable is out. */
export async function startScale({ protocol, unit, timers = systemTimers, clock = systemClock, ...line }: ScaleOptions): Promise<SimulatedScale> {
  const division = unit === 'kg' ? 1 : 10
  const pan = scalePan({ clock, division, capacity: unit === 'kg' ? 15_000 : 30_000 })
  const speech = scaleSpeeches[protocol](pan, unit)
  const listeners = new Set<() => void>()
  const lasting = new Set<ScaleFault>()
  let once: { readonly kind: ScaleFault; readonly over: () => void } | undefined
  const pause = (delay: DurationMs) => new Promise<void>((resolve) => void timers.after(delay, resolve))

  const send = async (text: string) => {
    const size = Math.max(1, Math.floor((speech.baudRate / 10) * (PIECE / 1000)))
    for (let at = 0; at < text.length; at += size) {
      await pause(PIECE)
      cable.write(Uint8Array.from(text.slice(at, at + size), (sign) => sign.charCodeAt(0)))
    }
  }
  const answer = async (text: string) => {
    if (lasting.has('frozen')) return
    if (lasting.has('slow')) await pause(SLOW)
    if (lasting.has('nak_storm')) return send(speech.refusal.repeat(STORM))
    // An ACK is too short to be half, or to have a check.
    const fault = text.length > 1 ? once : undefined
    if (fault) once = undefined
    const half = text.slice(0, Math.ceil(text.length / 2))
    await send(fault === undefined ? text : fault.kind === 'wrong_checksum' ? speech.damage(text) : half)
    if (fault?.kind === 'unplug_mid_frame') cable.unplug()
    fault?.over()
  }
  const whenAtRest = async (look: () => string | undefined) => {
    for (let waited = 0; waited < PATIENCE; waited += LOOK) {
      const text = look()
      tellChange()
      if (text !== undefined) return answer(text)
      await pause(LOOK)
    }
  }

  let told = { milli: pan.milli, tareMilli: pan.tareMilli }
  const tellChange = () => {
    const { milli, tareMilli } = pan
    if (milli === told.milli && tareMilli === told.tareMilli) return
    told = { milli, tareMilli }
    for (const listener of listeners) listener()
  }

  let busy: Promise<void> = Promise.resolve()
  const inTurn = (act: () => Promise<void>) => (busy = busy.then(act))
  const cable = await openLine({
    ...line,
    onBytes(bytes) {
      for (const byte of bytes) {
        const heard = speech.hear(byte)
        if (typeof heard === 'string') void inTurn(() => answer(heard))
        else if (heard) void inTurn(() => whenAtRest(heard))
      }
      tellChange()
    },
  })
  const untilOver = async (kind: ScaleFault) => {
    lasting.add(kind)
    if (kind === 'drifting_zero') pan.drift(DRIFT_PER_SECOND)
    await pause(FAULT_LASTS)
    if (kind === 'drifting_zero') pan.drift(0)
    lasting.delete(kind)
  }
  const withNextAnswer = async (kind: ScaleFault) => {
    await Promise.race([new Promise<void>((over) => (once = { kind, over })), pause(FAULT_LASTS)])
    once = undefined
  }

  return {
    transport: () => cable.transport(),
    get plugged() {
      return cable.plugged
    },
    get milli() {
      return pan.milli
    },
    get tareMilli() {
      return pan.tareMilli
    },
    view: () => pan.view(),
    faults: scaleFaults,
    put(milli) {
      pan.milli = milli
      tellChange()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    press(key) {
      pan[key]()
      tellChange()
    },
    async fault(kind) {
      if (kind === 'noise') return inTurn(async () => cable.write(NOISE))
      return kind === 'half_frame' || kind === 'wrong_checksum' || kind === 'unplug_mid_frame' ? withNextAnswer(kind) : untilOver(kind)
    },
    unplug: () => cable.unplug(),
    replug: () => cable.replug(),
    close: () => cable.close(),
  }
}

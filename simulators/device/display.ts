import { systemTimers } from '#protocol/node/clock.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import { displayInterpreter, type DisplayProtocol } from './display-commands.ts'
import { openLine, type DeviceTransport, type LineOptions } from './line.ts'

/**
 * A display never answers, so that most faults are seen only on it. `noise`: bytes from nowhere, as from a bad earth. `garbled`: what comes for a while
 * loses a bit here and there. `slow`: shows what it was sent late. `frozen`: shows what it shows until it is switched off and on
 * (`replug`). `unplug_mid_frame`: in the middle of the next text.
 */
export const displayFaults = ['noise', 'garbled', 'slow', 'frozen', 'unplug_mid_frame'] as const
export type DisplayFault = (typeof displayFaults)[number]

export type DisplayOptions = Partial<Pick<LineOptions, 'linkAs' | 'kind'>> & {
  readonly protocol?: DisplayProtocol
  readonly columns?: number
  readonly timers?: Timers
}

export interface SimulatedDisplay {
  transport(): DeviceTransport
  readonly plugged: boolean
  /** Two lines, each as wide as the display. Dark without its cable, which is also its power. */
  lines(): readonly string[]
  /** Bytes that were no command it knows. */
  unknown(): number
  /** Returns a function that stops it. */
  onChange(listener: () => void): () => void
  readonly faults: readonly DisplayFault[]
  fault(kind: DisplayFault): Promise<void>
  unplug(): void
  replug(): Promise<void>
  close(): void
}

const NOISE = Uint8Array.of(0x1f, 0xff, 0x07, 0xa5, 0x1b, 0x7f, 0x8a)
const GARBLED_BYTES = 60
/** Every so many bytes one is garbled. */
const GARBLED_EVERY = 7
const SLOW_STEP: DurationMs = 150
/** Half of a line of text, with its command. */
const HALF_FRAME = 14

/** A customer display of two lines, on a real line. */
export async function startDisplay(options: DisplayOptions = {}): Promise<SimulatedDisplay> {
  const { protocol = 'escpos', columns = 20, timers = systemTimers, ...line } = options
  const listeners = new Set<() => void>()
  const dark = ['', ''].map(() => ' '.repeat(columns))
  let screen = displayInterpreter(protocol, columns)
  let frozen = false
  let slow = false
  let garbled = 0
  let untilUnplugged: number | undefined
  let told = ''

  const changed = () => {
    const now = String(lines())
    if (now === told) return
    told = now
    for (const listener of listeners) listener()
  }
  const lines = (): readonly string[] => (cable.plugged ? screen.lines() : dark)
  const unplug = () => {
    cable.unplug()
    screen = displayInterpreter(protocol, columns)
    frozen = slow = false
    garbled = 0
    untilUnplugged = undefined
    changed()
  }
  const take = (byte: number) => {
    if (frozen || !cable.plugged) return
    const isGarbled = garbled > 0 && garbled-- % GARBLED_EVERY === 0
    screen.feed(isGarbled ? byte ^ 0x10 : byte)
    if (untilUnplugged !== undefined && --untilUnplugged <= 0) unplug()
  }
  const takeAll = (bytes: Uint8Array) => {
    bytes.forEach(take)
    changed()
  }
  const cable = await openLine({
    ...line,
    onBytes(bytes) {
      if (slow) timers.after(SLOW_STEP, () => takeAll(bytes))
      else takeAll(bytes)
    },
  })
  const acts: Readonly<Record<DisplayFault, () => void>> = {
    noise: () => takeAll(NOISE),
    garbled: () => void (garbled = GARBLED_BYTES),
    slow: () => void (slow = true),
    frozen: () => void (frozen = true),
    unplug_mid_frame: () => void (untilUnplugged = HALF_FRAME),
  }

  return {
    transport: () => cable.transport(),
    get plugged() {
      return cable.plugged
    },
    lines,
    unknown: () => screen.unknown(),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    faults: displayFaults,
    async fault(kind) {
      acts[kind]()
    },
    unplug,
    async replug() {
      await cable.replug()
      changed()
    },
    close: () => cable.close(),
  }
}

import type { DurationMs, Timers } from '#protocol/time.ts'
import { MINUTE, SECOND } from '#protocol/time.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { rounded } from '../measure/percentile.ts'
import { receiptText } from '../device/receipt.ts'
import { residentMb } from '../measure/resident.ts'
import { Random } from '../world/random.ts'
import { openBooks } from './books.ts'
import { counterDevices, openCounter } from './counter.ts'
import { holdBeforeCamera, openDrawer, print, scanAtTheLine, scanOverUsb, show, swipe, weigh, type Scene } from './people.ts'

/**
 * People at the counter pause so many times shorter than they would. What the devices and the bridge do is as fast as ever: a line has its speed, a
 * scale comes to rest, a lost device is looked for again.
 */
export const COMPRESSION = 30

/** In which anything that must happen happens, recovery from a flood included. */
const PATIENCE: DurationMs = 30 * SECOND
const LOOK: DurationMs = 5
/** Of the whole time; until then a process that has just started finds the memory that it works with. */
const WARM_UP = 0.25
/** A process that loses a little with every event loses more than this; the collector's mood is less. */
const MAX_GROWTH_MB = 24
const REST: DurationMs = 1 * SECOND

export type SoakOptions = {
  /** Of the counter's time. */
  readonly minutes: number
  readonly seed: number
  readonly folder: string
  /** The path of libumockdev-preload.so.0, for real HID. */
  readonly preload: string | undefined
}

export type Soaked = { readonly metrics: Readonly<Record<string, number>>; readonly broken: readonly string[] }

/** A busy counter with every kind of trouble. `broken` are the promises that did not hold, in words. */
export async function soak({ minutes, seed, folder, preload }: SoakOptions, timers: Timers = systemTimers): Promise<Soaked> {
  const books = openBooks()
  const counter = await openCounter(folder, preload, books.heard)
  const stopListening = counter.printer.onReceipt(({ receipt }) => books.receipt(receiptText(receipt)))
  const started = systemClock.monotonic()
  const endsAt = started + (minutes * MINUTE) / COMPRESSION
  const isOver = () => systemClock.monotonic() >= endsAt
  const rest = (time: DurationMs) => new Promise<void>((resolve) => void timers.after(time, resolve))
  const until = async (what: string, holds: () => boolean) => {
    const givesUpAt = systemClock.monotonic() + PATIENCE
    while (!holds()) {
      if (systemClock.monotonic() > givesUpAt) return books.broken(`not in time: ${what}`)
      await rest(LOOK)
    }
  }
  const untilReady: Scene['untilReady'] = (device) => until(`${device} is ready`, () => counter.bridge.health(device)?.state === 'ready')
  const everybody = [scanAtTheLine, scanOverUsb, swipe, print, openDrawer, weigh, show, holdBeforeCamera]
  const random = new Random(`soak ${seed}`)
  const scene = { counter, books, pause: (time: DurationMs) => rest(time / COMPRESSION), isOver, until, untilReady }

  let settledMb = 0
  const cancelWarmUp = timers.after((WARM_UP * (endsAt - started)) as DurationMs, () => (settledMb = residentMb(counter.bridge.pid)))
  try {
    await Promise.all(counterDevices.map(untilReady))
    await Promise.all(everybody.map((person) => person({ ...scene, random: random.split(person.name) })))
    await Promise.all(
      counterDevices.map(async (device) => {
        await untilReady(device)
        await until(`${device}: everything that was sent`, () => books.awaited(device) <= 0)
      }),
    )
    await rest(REST)
    const grownMb = residentMb(counter.bridge.pid) - settledMb
    const audit = books.audit()
    return {
      metrics: {
        minutes,
        compressed_by: COMPRESSION,
        seconds: rounded((systemClock.monotonic() - started) / SECOND, 1),
        ...audit.metrics,
        rss_growth_mb: rounded(grownMb, 1),
      },
      broken: grownMb > MAX_GROWTH_MB ? [...audit.broken, `the bridge grew by ${rounded(grownMb, 1)} MB`] : audit.broken,
    }
  } finally {
    cancelWarmUp()
    stopListening()
    await counter.close()
  }
}

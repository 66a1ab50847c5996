import type { Clock, DurationMs } from '#protocol/time.ts'

/** What is seen on the scale's own display. Weights are thousandths of its unit, net of the tare. */
export type ScaleView = { readonly state: 'stable' | 'unstable' | 'under' | 'over'; readonly milli: number }

export type PanOptions = {
  readonly clock: Pick<Clock, 'monotonic'>
  /** The smallest step that it shows, in thousandths. */
  readonly division: number
  /** The most that it weighs, in thousandths; it shows nine divisions more (OIML R 76-1 §4.2.3). */
  readonly capacity: number
}

/** The mechanics and electronics of a scale, which no protocol changes. */
export interface ScalePan {
  /** What lies on it; may be below zero, when something that was there at zero is lifted. */
  milli: number
  readonly tareMilli: number
  view(): ScaleView
  /** Whether it could: not while it moves, and only within 2 % of the capacity (OIML R 76-1 §4.5.1). */
  zero(): boolean
  tare(): boolean
  /** Lets its zero run away, in thousandths a second; 0 ends it. */
  drift(perSecond: number): void
}

/** The pan swings for about a second: its swing fades by e in each of these. */
const FADING: DurationMs = 110
const SWING: DurationMs = 170

export function scalePan({ clock, division, capacity }: PanOptions): ScalePan {
  let load = 0
  let from = 0
  let movedAt = clock.monotonic()
  let zeroAt = 0
  let tare = 0
  let drifting = { perSecond: 0, since: 0, before: 0 }

  const now = () => clock.monotonic()
  const drifted = () => drifting.before + (drifting.perSecond * (now() - drifting.since)) / 1000
  /** A damped oscillation around the load. `resting`: what it comes to, as a scale finds that sets its zero or tare and takes the mean of what swing is left. */
  const sensed = () => {
    const elapsed = now() - movedAt
    const swing = (from - load) * Math.exp(-elapsed / FADING)
    const resting = load + drifted()
    return { resting, gross: resting + swing * Math.cos((2 * Math.PI * elapsed) / SWING), isStill: Math.abs(swing) < 0.4 * division }
  }
  const rounded = (value: number) => Math.round(value / division) * division || 0
  /** Zero tracking follows what creeps by less than half a division (OIML R 76-1 §4.5.7), but not a zero that runs away. */
  const trackZero = ({ resting, isStill }: ReturnType<typeof sensed>) => {
    if (isStill && drifting.perSecond === 0 && tare === 0 && Math.abs(resting - zeroAt) < division / 2) zeroAt = resting
  }

  return {
    get milli() {
      return load
    },
    set milli(next) {
      from = sensed().gross - drifted()
      load = next
      movedAt = now()
    },
    get tareMilli() {
      return tare
    },
    view() {
      const at = sensed()
      trackZero(at)
      const gross = rounded(at.gross - zeroAt)
      const milli = gross - tare
      if (gross > capacity + 9 * division) return { state: 'over', milli }
      if (!at.isStill) return { state: 'unstable', milli }
      return { state: milli < 0 ? 'under' : 'stable', milli }
    },
    zero() {
      const { resting, isStill } = sensed()
      if (!isStill || Math.abs(resting) > capacity / 50) return false
      zeroAt = resting
      tare = 0
      return true
    },
    tare() {
      const { resting, isStill } = sensed()
      if (!isStill || resting - zeroAt < 0) return false
      tare = rounded(resting - zeroAt)
      return true
    },
    drift(perSecond) {
      drifting = { perSecond, since: now(), before: drifted() }
    },
  }
}

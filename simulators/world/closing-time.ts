import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { Scheduler } from './clock.ts'
import type { HubMachine } from './hub-machine.ts'
import type { Random } from './random.ts'
import type { TillMachine } from './till-machine.ts'

export type ClosingPlace = { readonly tills: readonly TillMachine[]; readonly hub: HubMachine; readonly scheduler: Scheduler }

const LOOKS_EVERY: DurationMs = 50
const GIVES_UP_AFTER: DurationMs = 40 * SECOND

/**
 * The last payment of a day: the hub hears of it and holds its money, its answers get lost, the till decides alone, and the cable goes before it can say so. In the
 * morning the hold has run out. `isOver`: nothing goes wrong any more. A coincidence that a world of nights and cables comes upon once in a thousand.
 */
export function lastPaymentOfTheDay(place: ClosingPlace, random: Random, isOver: () => boolean, night: () => void): void {
  const { scheduler, hub } = place
  const machine = random.pick(place.tills)
  const { line, identity } = machine
  line.deaf = true
  const isHeld = (): boolean =>
    machine.view?.tender.stage === 'deciding' &&
    [...hub.disk.rows.payments.values()].some(({ till, state, funds }) => till === identity.till && state === 'INTENDED' && funds === 'held')
  const look = (left: DurationMs): void => {
    if (left > 0 && !isOver() && !isHeld()) return void scheduler.after(LOOKS_EVERY, () => look(left - LOOKS_EVERY))
    line.deaf = false
    if (left <= 0 || isOver()) return
    line.pull()
    // Long enough to decide, and sometimes to give up asking, or to take it back.
    scheduler.after(random.pick([3, 20]) * SECOND, night)
  }
  look(GIVES_UP_AFTER)
}

import { ok, type Outcome } from '#protocol/outcome.ts'
import type { Sale } from '../sale/basket.ts'

/** Changes of a basket that can be undone, one after the other. */
const UNDOABLE = 50

type Become = (sale: Sale) => Outcome<null>

/** What a basket was before its last changes, and what those made of it that were undone. In memory: after a stop nobody knows what the last one was. */
export class BasketPast {
  #earlier: readonly Sale[] = []
  #later: readonly Sale[] = []

  get canUndo(): boolean {
    return this.#earlier.length > 0
  }

  get canRedo(): boolean {
    return this.#later.length > 0
  }

  /** A change that was not an undo: what had been undone before it cannot come back. */
  changed(before: Sale): void {
    this.#earlier = [...this.#earlier, before].slice(-UNDOABLE)
    this.#later = []
  }

  /** The basket that undoing leads to; `become` makes it the till's, and nothing is forgotten if it refuses or throws. Lines get no id a second time. */
  undo(now: Sale, become: Become): Outcome<null> {
    const before = this.#earlier.at(-1)
    if (before === undefined) return ok(null)
    const done = become({ ...before, nextLine: now.nextLine })
    if (!done.ok) return done
    this.#earlier = this.#earlier.slice(0, -1)
    this.#later = [...this.#later, now]
    return done
  }

  redo(now: Sale, become: Become): Outcome<null> {
    const after = this.#later.at(-1)
    if (after === undefined) return ok(null)
    const done = become({ ...after, nextLine: Math.max(now.nextLine, after.nextLine) })
    if (!done.ok) return done
    this.#later = this.#later.slice(0, -1)
    this.#earlier = [...this.#earlier, now].slice(-UNDOABLE)
    return done
  }

  /** Another basket, or another customer. */
  forget(): void {
    this.#earlier = []
    this.#later = []
  }
}

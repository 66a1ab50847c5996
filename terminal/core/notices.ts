import { errors, type ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Notice } from '#protocol/till-api/api.ts'
import { MINUTE, type EpochMs } from '#protocol/time.ts'

const KEPT = 5

/** The few last things that the person at the till should know. Bounded; the same thing again within a minute only refreshes its notice. */
export class Notices {
  readonly #newId: () => Id
  readonly #seenAt = new Map<ErrorCode, EpochMs>()
  #notices: readonly Notice[] = []

  constructor(newId: () => Id) {
    this.#newId = newId
  }

  get all(): readonly Notice[] {
    return this.#notices
  }

  /** True when this kind of trouble is new, or was last seen over a minute ago. */
  add(code: ErrorCode, at: EpochMs, detail?: string): boolean {
    const seen = this.#seenAt.get(code)
    const fresh = seen === undefined || at - seen > MINUTE
    if (fresh) this.#seenAt.set(code, at)
    const notice: Notice = { id: this.#newId(), code, at, ...(detail === undefined ? {} : { detail: detail.slice(0, 200) }) }
    this.#notices = [...this.#notices.filter((old) => old.code !== code), notice].slice(-KEPT)
    return fresh
  }

  /** Selling goes on: remarks and refusals about what went before are over. What somebody must attend to stays until it is dismissed. */
  settle(): void {
    this.#notices = this.#notices.filter(({ code }) => errors[code].tone === 'attention')
  }

  /** A device works again: what it complained of is mended. Whether a receipt came out or a drawer opened is still for a person to see. */
  recovered(): void {
    this.#notices = this.#notices.filter(({ code }) => !code.startsWith('device.') || code.startsWith('device.unknown_'))
  }

  dismiss(id: string): void {
    this.#notices = this.#notices.filter((notice) => notice.id !== id)
  }
}

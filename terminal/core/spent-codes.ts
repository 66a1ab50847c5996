import { DAY, type EpochMs } from '#protocol/time.ts'
import { parseRecord, type TillStore } from './store.ts'

const PREFIX = 'credential/'
type Kept = { readonly counter: number; readonly seenAt: EpochMs }

/**
 * The last counter of each credential that paid here: a code that is not newer was used before. Codes older than their lifetime are refused by their
 * time, so credentials that were not seen for a day are forgotten.
 */
export class SpentCodes {
  readonly #counters = new Map<string, number>()

  constructor(store: TillStore, now: EpochMs) {
    const old: string[] = []
    for (const [name, text] of store.records(PREFIX)) {
      const { counter, seenAt } = parseRecord<Kept>(text)
      if (seenAt < now - DAY) old.push(name)
      else this.#counters.set(name.slice(PREFIX.length), counter)
    }
    if (old.length > 0) store.commit({ remove: old })
  }

  /** 0 for a credential that was not seen. */
  counterOf(credentialId: string): number {
    return this.#counters.get(credentialId) ?? 0
  }

  /** What has to be stored with the intent that spends a code. */
  put(credentialId: string, counter: number, seenAt: EpochMs): Record<string, string> {
    return { [PREFIX + credentialId]: JSON.stringify({ counter, seenAt } satisfies Kept) }
  }

  /** The intent is on the disk. */
  spent(credentialId: string, counter: number): void {
    this.#counters.set(credentialId, counter)
  }
}

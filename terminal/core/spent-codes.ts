import { DAY, type EpochMs } from '#protocol/time.ts'
import { parseRecord, type TillStore } from './store.ts'

const PREFIX = 'credential/'
type Kept = { readonly counter: number; readonly seenAt: EpochMs }

/**
 * The last counter of each credential that paid here: a code that is not newer was used before. Codes older than their lifetime are refused by their
 * time, so credentials that were not seen for a day are forgotten. They are looked up on the disk: a till may see any number of them in a day.
 */
export class SpentCodes {
  readonly #store: Pick<TillStore, 'records' | 'recordsAfter' | 'commit'>
  /** Where the forgetting goes on; the end when it is done for this start. */
  #looked: string | undefined = PREFIX

  constructor(store: Pick<TillStore, 'records' | 'recordsAfter' | 'commit'>) {
    this.#store = store
  }

  /** 0 for a credential that was not seen. */
  counterOf(credentialId: string): number {
    const text = this.#store.records(PREFIX + credentialId).get(PREFIX + credentialId)
    return text === undefined ? 0 : parseRecord<Kept>(text).counter
  }

  /** What has to be stored with the intent that spends a code. */
  put(credentialId: string, counter: number, seenAt: EpochMs): Record<string, string> {
    return { [PREFIX + credentialId]: JSON.stringify({ counter, seenAt } satisfies Kept) }
  }

  /** Forgets some of what is older than a day; to be called now and then. Throws StoreError. */
  forget(now: EpochMs): void {
    if (this.#looked === undefined) return
    const page = [...this.#store.recordsAfter(this.#looked, LOOKED_AT_ONCE)].filter(([name]) => name.startsWith(PREFIX))
    const old = page.filter(([, text]) => parseRecord<Kept>(text).seenAt < now - DAY).map(([name]) => name)
    if (old.length > 0) this.#store.commit({ remove: old })
    this.#looked = page.at(-1)?.[0]
  }
}

const LOOKED_AT_ONCE = 200

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
  readonly #isSpentNextDoor: (credentialId: string, counter: number) => boolean
  /** Where the forgetting goes on; the end when it is done for this start. */
  #looked: string | undefined = PREFIX

  /** `isSpentNextDoor`: whether another lane of the store has said that it took a code, or a later one of its credential. */
  constructor(
    store: Pick<TillStore, 'records' | 'recordsAfter' | 'commit'>,
    isSpentNextDoor: (credentialId: string, counter: number) => boolean = () => false,
  ) {
    this.#store = store
    this.#isSpentNextDoor = isSpentNextDoor
  }

  /** Why a code cannot pay any more; undefined when it was not seen before. */
  usedBefore(credentialId: string, counter: number): 'code.replayed' | 'code.used_next_door' | undefined {
    if (counter <= this.counterOf(credentialId)) return 'code.replayed'
    return this.#isSpentNextDoor(credentialId, counter) ? 'code.used_next_door' : undefined
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

  /** Of what was stored in one commit: the codes that were spent with it. */
  spentIn(put: Readonly<Record<string, string>>): readonly SpentCode[] {
    return Object.entries(put).flatMap(([name, text]) => (name.startsWith(PREFIX) ? [read(name, text)] : []))
  }

  /** At most `limit` codes that were spent here since a time of this till. */
  since(time: EpochMs, limit: number): readonly SpentCode[] {
    const found: SpentCode[] = []
    for (let after = PREFIX; ;) {
      const page = [...this.#store.recordsAfter(after, LOOKED_AT_ONCE)].filter(([name]) => name.startsWith(PREFIX))
      for (const [name, text] of page) if (parseRecord<Kept>(text).seenAt >= time) found.push(read(name, text))
      const last = page.at(-1)
      if (last === undefined || found.length >= limit) return found.slice(0, limit)
      after = last[0]
    }
  }

  /**
   * Forgets some of what is older than a day by the last hub-signed time; to be called now and then. Not by the till's own: a machine whose clock was set
   * ahead while it was off, and set right by the hub afterwards, would have forgotten codes that can still be shown. Throws StoreError.
   */
  forget(hubTime: EpochMs): void {
    if (this.#looked === undefined) return
    const page = [...this.#store.recordsAfter(this.#looked, LOOKED_AT_ONCE)].filter(([name]) => name.startsWith(PREFIX))
    const old = page.filter(([, text]) => parseRecord<Kept>(text).seenAt < hubTime - DAY).map(([name]) => name)
    if (old.length > 0) this.#store.commit({ remove: old })
    this.#looked = page.at(-1)?.[0]
  }
}

const LOOKED_AT_ONCE = 200

export type SpentCode = { readonly credentialId: string; readonly counter: number }
const read = (name: string, text: string): SpentCode => ({ credentialId: name.slice(PREFIX.length), counter: parseRecord<Kept>(text).counter })

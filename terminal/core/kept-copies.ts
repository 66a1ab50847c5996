import { base64url, hex, unbase64url } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { PeerCopy } from '#protocol/lanes/messages.ts'
import { MINUTE, SECOND, type DurationMs } from '#protocol/time.ts'
import { compare, type Place } from './outbox.ts'
import { parseRecord, type TillStore } from './store.ts'

const PREFIX = 'copy/'
const PAGE = 100
/** Of one neighbour: above that it is told nothing, and its screen shows what is on it alone. */
const MAX_BYTES_OF_ONE = 64 * 1024 * 1024
/** Its till would have brought them to the hub itself by now, if it could. */
const BRING_AFTER: DurationMs = 5 * SECOND
const BRING_AGAIN: DurationMs = 15 * SECOND
/** One that the hub cannot take is asked about ever more rarely, and never stands in the way of another. */
const LONGEST_AGAIN: DurationMs = 10 * MINUTE
const BROUGHT_AT_ONCE = 10

type Stored = { readonly lastN: number; readonly sealed: string }
type Copy = {
  readonly name: string
  readonly of: Id
  readonly epoch: number
  readonly firstN: number
  readonly lastN: number
  readonly bytes: number
  /** SHA-256 of the sealed bytes, hex. */
  readonly hash: string
  readonly due: DurationMs
  /** After which pause it is brought again. */
  readonly again: DurationMs
}

const nameOf = (of: Id, epoch: number, firstN: number): string => `${PREFIX}${of}/${String(epoch).padStart(8, '0')}/${String(firstN).padStart(12, '0')}`

/**
 * What this till keeps for its neighbours: pieces of their journals, sealed to the hub, in this till's own store and as durable as its own entries. They go when
 * their till says that the hub has them safe, or when the hub itself says so to whoever brought them. In memory is a list of them, without their bytes.
 */
export class KeptCopies {
  readonly #store: TillStore
  readonly #crypto: Pick<Crypto, 'sha256'>
  readonly #copies = new Map<string, Copy>()

  constructor(store: TillStore, crypto: Pick<Crypto, 'sha256'>) {
    this.#store = store
    this.#crypto = crypto
    for (let after = PREFIX; ;) {
      const page = [...store.recordsAfter(after, PAGE)].filter(([name]) => name.startsWith(PREFIX))
      for (const [name, text] of page) this.#restore(name, text)
      const last = page.at(-1)
      if (last === undefined) return
      after = last[0]
    }
  }

  get isEmpty(): boolean {
    return this.#copies.size === 0
  }

  /** Keeps copies, all in one commit; answers those that are durable now. One that comes again is kept once. Throws StoreError. */
  keep(copies: readonly PeerCopy[], now: DurationMs): readonly PeerCopy[] {
    const room = new Map<Id, number>()
    const taken = copies.filter(({ from, sealed }) => {
      const bytes = (room.get(from) ?? this.#bytesOf(from)) + sealed.length
      if (bytes > MAX_BYTES_OF_ONE) return false
      room.set(from, bytes)
      return true
    })
    const fresh = taken.filter(({ from, epoch, firstN, lastN }) => (this.#copies.get(nameOf(from, epoch, firstN))?.lastN ?? 0) < lastN)
    const put: Record<string, string> = {}
    for (const { from, epoch, firstN, lastN, sealed } of fresh) {
      put[nameOf(from, epoch, firstN)] = JSON.stringify({ lastN, sealed: base64url(sealed) } satisfies Stored)
    }
    if (fresh.length > 0) this.#store.commit({ put })
    for (const { from: of, epoch, firstN, lastN, sealed } of fresh) {
      const name = nameOf(of, epoch, firstN)
      const hash = hex(this.#crypto.sha256(sealed))
      this.#copies.set(name, { name, of, epoch, firstN, lastN, bytes: sealed.length, hash, due: now + BRING_AFTER, again: BRING_AGAIN })
    }
    return taken
  }

  /** The hub has a till's entries safe up to here, as it says itself. Throws StoreError. */
  safe(of: Id, place: Place): void {
    this.#drop((copy) => copy.of === of && compare({ epoch: copy.epoch, n: copy.lastN }, place) <= 0)
  }

  /**
   * The hub has what this file holds, and so it may take what comes after it: it had refused that as long as this was missing, and its pauses have grown long for
   * nothing. Throws StoreError.
   */
  brought(hashHex: string): void {
    const taken = [...this.#copies.values()].find(({ hash }) => hash === hashHex)
    this.#drop(({ hash }) => hash === hashHex)
    for (const copy of this.#copies.values()) if (copy.of === taken?.of) this.#copies.set(copy.name, { ...copy, due: 0, again: BRING_AGAIN })
  }

  /** Files to bring to the hub now, in order: those whose till has not brought their entries itself, one that is no lane any more included. */
  due(now: DurationMs): readonly Uint8Array[] {
    const files: Uint8Array[] = []
    for (const copy of [...this.#copies.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (copy.due > now) continue
      if (files.length === BROUGHT_AT_ONCE) break
      this.#copies.set(copy.name, { ...copy, due: now + copy.again, again: Math.min(2 * copy.again, LONGEST_AGAIN) })
      const text = this.#store.records(copy.name).get(copy.name)
      const sealed = text === undefined ? undefined : unbase64url(parseRecord<Stored>(text).sealed)
      if (sealed !== undefined) files.push(sealed)
    }
    return files
  }

  #restore(name: string, text: string): void {
    const [, of = '', epoch = '', firstN = ''] = name.split('/')
    const { lastN, sealed } = parseRecord<Stored>(text)
    const bytes = unbase64url(sealed) ?? new Uint8Array(0)
    const place = { epoch: Number(epoch), firstN: Number(firstN), lastN }
    this.#copies.set(name, { name, of, ...place, bytes: bytes.length, hash: hex(this.#crypto.sha256(bytes)), due: 0, again: BRING_AGAIN })
  }

  #bytesOf(of: Id): number {
    return [...this.#copies.values()].reduce((sum, copy) => (copy.of === of ? sum + copy.bytes : sum), 0)
  }

  #drop(isGone: (copy: Copy) => boolean): void {
    const remove = [...this.#copies.values()].filter(isGone).map(({ name }) => name)
    if (remove.length === 0) return
    this.#store.commit({ remove })
    for (const name of remove) this.#copies.delete(name)
  }
}

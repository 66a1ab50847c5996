import type { Id } from '#protocol/ids.ts'
import type { LaneMessage, LaneSays } from '#protocol/lanes/messages.ts'
import type { Minor } from '#protocol/money.ts'
import { MINUTE, SECOND, type DurationMs } from '#protocol/time.ts'

/** A code is refused by its age long before this: what was spent longer ago need not be told to anybody. */
export const SPENT_TOLD_FOR: DurationMs = 10 * MINUTE
/** Who says nothing for so long is not there: every lane says something more often than that. */
export const LANE_SILENT: DurationMs = 10 * SECOND
/** Of each lane by itself, so that one which lies cannot push out what another has said. More than a till takes in ten minutes. */
const MAX_SPENT = 4000
const MAX_EXPOSED = 10_000

type Lane = {
  readonly run: number
  readonly n: number
  /** What is known of it is of now: it has answered this till's own question, and nothing is missing since. */
  readonly synced: boolean
  readonly heardAt: DurationMs
  readonly exposure: Map<string, Minor>
}

/** What a message of another lane comes to. `old`: said before, or long ago; it counts for nothing. `gap`: something before it was lost. */
export type Heard = 'taken' | 'old' | 'gap'

/**
 * What the other lanes have said, in memory: a till that starts anew asks again. Bounded, whatever they say. Counters of spent codes only grow and are taken from
 * whoever signs them; everything that can shrink is taken from a lane only once it has answered this till's nonce, so that nobody can play an old day to it.
 */
export class LaneBook {
  /** What this till asks with, all its life: an answer to it cannot be older than this life, and within it the numbers tell. */
  readonly nonce: string
  readonly #lanes = new Map<Id, Lane>()
  readonly #spent = new Map<Id, Map<string, { readonly counter: number; readonly at: DurationMs }>>()

  constructor(nonce: string) {
    this.nonce = nonce
  }

  /** Tills that are not of this store any more owe nothing here, and whatever they said counts no more. */
  keepOnly(tills: ReadonlySet<Id>): void {
    for (const till of this.#lanes.keys()) if (!tills.has(till)) this.#lanes.delete(till)
    for (const till of this.#spent.keys()) if (!tills.has(till)) this.#spent.delete(till)
  }

  take({ from, run, n, says }: LaneMessage, now: DurationMs): Heard {
    const known = this.#lanes.get(from)
    // Also of one that was overtaken on its way: a counter that is behind changes nothing.
    this.#takeSpent(from, says, now)
    if (known !== undefined && (run < known.run || (run === known.run && n <= known.n))) return 'old'
    const follows = known !== undefined && run === known.run && n === known.n + 1
    const isAnswer = says.kind === 'state' && says.answers.includes(this.nonce)
    const synced = isAnswer || (known?.synced === true && follows)
    const exposure = known?.exposure ?? new Map<string, Minor>()
    if (synced) takeExposure(exposure, says)
    this.#lanes.set(from, { run, n, synced, heardAt: now, exposure })
    return synced ? 'taken' : 'gap'
  }

  /** Lanes that were heard lately and answered. */
  present(now: DurationMs): readonly Id[] {
    return [...this.#lanes].filter(([, { synced, heardAt }]) => synced && now - heardAt < LANE_SILENT).map(([till]) => till)
  }

  isSynced(till: Id): boolean {
    return this.#lanes.get(till)?.synced === true
  }

  /** 0 for a credential that no other lane has seen. */
  counterOf(credential: string): number {
    let counter = 0
    for (const spent of this.#spent.values()) counter = Math.max(counter, spent.get(credential)?.counter ?? 0)
    return counter
  }

  /** What a wallet owes at all other lanes, as far as they have said. A lane that is silent since still counts: its payments are no less made. */
  exposureOf(wallet: string): Minor {
    let sum = 0
    for (const { exposure } of this.#lanes.values()) sum += exposure.get(wallet) ?? 0
    return sum
  }

  forget(now: DurationMs): void {
    for (const spent of this.#spent.values()) {
      for (const [credential, { at }] of spent) {
        if (now - at < SPENT_TOLD_FOR) break
        spent.delete(credential)
      }
    }
  }

  #takeSpent(from: Id, says: LaneSays, now: DurationMs): void {
    const told = says.kind === 'spent' ? [[says.credential, says.counter] as const] : says.kind === 'state' ? says.spent : []
    if (told.length === 0) return
    const spent = this.#spent.get(from) ?? new Map<string, { readonly counter: number; readonly at: DurationMs }>()
    this.#spent.set(from, spent)
    for (const [credential, counter] of told) {
      if (counter <= (spent.get(credential)?.counter ?? 0)) continue
      // Set anew, so that the map stays in the order of time.
      spent.delete(credential)
      spent.set(credential, { counter, at: now })
    }
    for (const credential of spent.keys()) {
      if (spent.size <= MAX_SPENT) return
      spent.delete(credential)
    }
  }
}

function takeExposure(known: Map<string, Minor>, says: LaneSays): void {
  if (says.kind === 'state') known.clear()
  const wallets =
    says.kind === 'state' ? says.exposure : says.kind === 'exposure' ? says.wallets : says.kind === 'spent' ? [[says.wallet, says.exposureMinor] as const] : []
  for (const [wallet, minor] of wallets) {
    if (minor === 0) known.delete(wallet)
    else if (known.size < MAX_EXPOSED || known.has(wallet)) known.set(wallet, minor)
  }
}

import { z } from 'zod'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import { unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { healthSchema, MAX_HEALTH_BYTES, REPORT_GAP, type Health } from '#protocol/hub/health.ts'
import type { HealthView } from '#protocol/hub-api/fleet.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import type { Id } from '#protocol/ids.ts'
import { MINUTE, type Clock, type DurationMs, type EpochMs } from '#protocol/time.ts'

/** `launches`: the last that were heard, the newest last. `written`: how many reports of this till were kept; the next takes the place of the oldest. */
const keptHealth = z.strictObject({
  heardAt: epochMs,
  health: healthSchema,
  launches: z.array(z.string()).max(50),
  written: z.int().nonnegative(),
  /** The release that it runs, and since when. */
  running: z.strictObject({ release: z.int(), since: epochMs }),
})
type Kept = z.infer<typeof keptHealth>
/** The last report of a till. */
export type Report = Pick<Kept, 'heardAt' | 'health' | 'running'>

export interface Reports {
  /** Of every till that was ever heard. */
  load(): Promise<void>
  of(till: Id): Report | undefined
  /** What came over a till's topic. Undefined: it is not this till's, or nothing newer than what was known of it. `news`: it says something else. */
  take(till: Id, message: Uint8Array): Promise<'news' | 'same' | undefined>
  /** Newest first. */
  past(till: Id): Promise<readonly HealthView[]>
}

const LAST = 'health/'
const PAST = 'health-past/'
/** Kept of each till: those that said something else than the one before, which is years of a calm one and a day of a restless one. */
const MAX_PAST = 100
const MAX_LAUNCHES = 20
/** A till that only repeats itself is written down so often, so that a hub which was killed knows about when it heard it last. */
const KEEP_EVERY: DurationMs = 15 * MINUTE
const PAGE = 1000

/**
 * How each till is, as it says by itself. Believed with the till's own key; one that was held back or is sent again is dropped: `launch` is another one after each
 * start, and `n` only grows. More often than a till would say it nobody listens. The last is in this process's memory, and on the disk where it says something new.
 */
export function createReports({ store, crypto, clock }: { readonly store: HubStore; readonly crypto: Crypto; readonly clock: Clock }): Reports {
  const last = new Map<Id, Kept>()
  const heardAt = new Map<Id, DurationMs>()
  const keptAt = new Map<Id, EpochMs>()

  async function keep(till: Id, kept: Kept): Promise<void> {
    const slot = `${PAST}${till}/${String(kept.written % MAX_PAST).padStart(3, '0')}`
    const rows = await store.get('documents', [`${LAST}${till}`, slot])
    const versionOf = (id: string): number => rows.find((row) => row.id === id)?.version ?? 0
    const next = { ...kept, written: kept.written + 1 }
    const row = (id: string, body: unknown): DocumentRow => ({ id, version: versionOf(id), dueAt: undefined, body: JSON.stringify(body) })
    const committed = await store.commit({ documents: [row(`${LAST}${till}`, next), row(slot, viewOf(kept))] })
    if (committed !== 'done') return
    last.set(till, next)
    keptAt.set(till, kept.heardAt)
  }

  return {
    async load() {
      for (let after: string | undefined; ;) {
        const rows = await store.documents({ prefix: LAST, after, limit: PAGE })
        for (const { id, body } of rows) {
          // What another version of the hub wrote and this one cannot read is said again by its till in a minute.
          const read = keptHealth.safeParse(JSON.parse(body))
          if (read.success) last.set(id.slice(LAST.length), read.data)
        }
        after = rows.at(-1)?.id
        if (rows.length < PAGE) return
      }
    },
    of: (till) => last.get(till),
    async take(till, message) {
      const now = clock.monotonic()
      if (message.length > MAX_HEALTH_BYTES || now - (heardAt.get(till) ?? -Infinity) < REPORT_GAP / 2) return undefined
      heardAt.set(till, now)
      const [row] = await store.get('tills', [till])
      if (row === undefined || row.revokedAt !== undefined) return undefined
      const opened = openSigned(crypto, message, signedTypes.health, () => unhex(row.publicKey ?? ''))
      if (!opened.ok || opened.value.till !== till) return undefined
      const before = last.get(till)
      if (before !== undefined && !isLater(opened.value, before)) return undefined
      const kept = following(before, opened.value, clock.now())
      last.set(till, kept)
      const isNews = before === undefined || saying(before.health) !== saying(kept.health)
      if (isNews || kept.heardAt - (keptAt.get(till) ?? 0) > KEEP_EVERY) await keep(till, kept)
      return isNews ? 'news' : 'same'
    },
    async past(till) {
      const rows = await store.documents({ prefix: `${PAST}${till}/`, limit: MAX_PAST })
      return rows.flatMap(({ body }) => pastShape.safeParse(JSON.parse(body)).data ?? []).toSorted((one, other) => other.heardAt - one.heardAt)
    },
  }
}

const pastShape = healthSchema.omit({ v: true, till: true, launch: true, n: true }).extend({ heardAt: epochMs })

const isLater = ({ launch, n }: Health, { health, launches }: Kept): boolean => (launch === health.launch ? n > health.n : !launches.includes(launch))

function following(before: Kept | undefined, health: Health, now: EpochMs): Kept {
  const launches = before?.launches ?? []
  const release = health.update?.release ?? 0
  return {
    heardAt: now,
    health,
    launches: launches.at(-1) === health.launch ? launches : [...launches, health.launch].slice(-MAX_LAUNCHES),
    written: before?.written ?? 0,
    running: before?.running.release === release ? before.running : { release, since: now },
  }
}

export function viewOf({ health, heardAt }: Pick<Kept, 'health' | 'heardAt'>): HealthView {
  const { v: _, till: __, launch: ___, n: ____, ...said } = health
  return { ...said, heardAt }
}

/** Without what is another figure each time. */
function saying({ launch, versions, clock, devices, blocked, update, help, leaving, errors }: Health): string {
  return JSON.stringify([
    launch,
    versions,
    clock.doubtful,
    devices.map(({ kind, state, code }) => [kind, state, code]),
    blocked,
    update,
    help?.id,
    leaving,
    errors.at(-1),
  ])
}

import { z } from 'zod'
import { everyDocument } from '../store/every-document.ts'
import type { HubStore } from '../store/hub-store.ts'
import { listedKinds, listedWords, type ListedKind, type ListedView, type ListedWord } from '#protocol/hub-api/risk-rules.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, DurationMs, EpochMs } from '#protocol/time.ts'

/** Pseudonyms and ids of tills; what an id of a document may be made of. */
export const listedKey = z
  .string()
  .max(100)
  .regex(/^[\x21-\x7d]+$/)
const kept = z.strictObject({
  v: z.literal(1),
  kind: z.enum(listedKinds),
  key: listedKey,
  word: z.enum(listedWords),
  reason: z.string(),
  by: z.string(),
  at: epochMs,
  until: epochMs,
})
type Kept = z.infer<typeof kept>

const PREFIX = 'risk-list/'
const PAGE = 500
/** People keep these by hand; what is to be denied by the thousand is the deny list's. */
const MOST = 10_000
const idOf = (kind: ListedKind, key: string): string => `${PREFIX}${kind}/${key}`

/** What people have said about single cards and tills, each until a time. In memory, since it is asked at every payment; a change is durable before it counts. */
export interface Listed {
  start(): Promise<void>
  word(kind: ListedKind, key: string, at: EpochMs): ListedWord | undefined
  /** In force, the newest first. */
  newest(limit: number): readonly ListedView[]
  /** In the place of whatever was said before. */
  say(entry: Omit<ListedView, 'at' | 'until'> & { readonly forMs: DurationMs }): Promise<Outcome<void, 'risk.bad_rules' | 'risk.changed' | 'till.disk_full'>>
  unsay(kind: ListedKind, key: string): Promise<Outcome<void, 'risk.unknown' | 'risk.changed' | 'till.disk_full'>>
}

export function createListed({ store, clock }: { readonly store: Pick<HubStore, 'commit' | 'documents'>; readonly clock: Pick<Clock, 'now'> }): Listed {
  const entries = new Map<string, Kept & { readonly version: number }>()

  async function commit(changes: Parameters<HubStore['commit']>[0]): Promise<Outcome<void, 'risk.changed' | 'till.disk_full'>> {
    const committed = await store.commit(changes)
    return committed === 'done' ? ok(undefined) : fail(committed === 'full' ? 'till.disk_full' : 'risk.changed')
  }

  /** What has ended is taken out when somebody changes something: it has not counted since. */
  async function forgetEnded(): Promise<void> {
    const gone = [...entries].filter(([, { until }]) => until <= clock.now()).slice(0, PAGE)
    if (gone.length === 0) return
    const forgotten = await commit({ documentsGone: gone.map(([id, { version }]) => ({ id, version })) })
    if (forgotten.ok) for (const [id] of gone) entries.delete(id)
  }

  return {
    async start() {
      for await (const { id, version, body } of everyDocument(store, PREFIX)) entries.set(id, { ...kept.parse(JSON.parse(body)), version })
    },
    word(kind, key, at) {
      if (entries.size === 0) return undefined
      const entry = entries.get(idOf(kind, key))
      return entry === undefined || at >= entry.until ? undefined : entry.word
    },
    newest: (limit) =>
      [...entries.values()]
        .filter(({ until }) => until > clock.now())
        .toSorted((a, b) => b.at - a.at)
        .slice(0, limit)
        .map(({ v: _v, version: _version, ...view }) => view),
    async say({ forMs, ...entry }) {
      await forgetEnded()
      const id = idOf(entry.kind, entry.key)
      if (!entries.has(id) && entries.size >= MOST) return fail('risk.bad_rules', `there are ${MOST} already`)
      const at = clock.now()
      const next: Kept = { v: 1, ...entry, at, until: at + forMs }
      const version = entries.get(id)?.version ?? 0
      const done = await commit({ documents: [{ id, version, dueAt: undefined, body: JSON.stringify(next) }] })
      if (done.ok) entries.set(id, { ...next, version: version + 1 })
      return done
    },
    async unsay(kind, key) {
      const id = idOf(kind, key)
      const entry = entries.get(id)
      if (entry === undefined) return fail('risk.unknown', 'nothing is said about it')
      const done = await commit({ documentsGone: [{ id, version: entry.version }] })
      if (done.ok) entries.delete(id)
      return done
    },
  }
}

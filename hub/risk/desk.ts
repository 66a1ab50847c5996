import { serialize } from 'node:v8'
import { RiskEngine, type RiskSource } from './engine.ts'
import type { Judgement } from './judgement.ts'
import { readKept, type RiskKeeping } from './keeping.ts'
import { LABELS, readLabel, type Label } from './labels.ts'
import { decodeRecord, type DecisionRecord } from './record.ts'
import { firstSettings, readSettings, SETTINGS, settingsRow, type RiskSettings } from './settings.ts'
import type { HubStore } from '../store/hub-store.ts'
import { fail, invariant, ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'

export type RiskPorts = {
  readonly clock: Pick<Clock, 'now'>
  readonly store: HubStore
  readonly judgement: Judgement
  readonly kept?: RiskKeeping | undefined
  warn(line: string): void
}

export type HeardLabel = { readonly label: Label; readonly version: number; readonly of: number; readonly record: DecisionRecord }

/** Risk as settling sees it. One writer: nobody else puts rows into the log. */
export interface RiskDesk {
  readonly settings: RiskSettings
  /** Before a turn. At a start it is made from what is kept and the log. */
  engine(): Promise<RiskEngine>
  /** What people and acquirers have said since, of payments that were decided here. */
  labelsDue(now: EpochMs): Promise<readonly HeardLabel[]>
  /** A turn did not ask what it had asked before: what is remembered is dropped for what the log says. */
  afresh(): Promise<RiskEngine>
  committed(): void
  /** One version more, from now on. */
  set(settings: Omit<RiskSettings, 'version' | 'at' | 'by'>, by: string): Promise<Outcome<RiskSettings, 'entry.conflict' | 'till.disk_full'>>
  /** Keeps what the engine remembers. Nothing may be under way. */
  keep(): Promise<void>
}

const PAGE = 2000
const MOST_LABELS = 100
/** Reading so much of the log takes a start about a second. */
const KEEP_EVERY = 100_000

export function createRiskDesk({ clock, store, judgement, kept, warn }: RiskPorts): RiskDesk {
  let engine: RiskEngine | undefined
  let settings: RiskSettings | undefined
  let keptAt = 0
  let keeping: Promise<void> | undefined
  const source = (): RiskSource => ({ judgement, settings: settings ?? firstSettings })

  async function open(): Promise<RiskEngine> {
    const [newest] = await store.documents({ prefix: SETTINGS, limit: 1, newestFirst: true })
    settings ??= newest === undefined ? firstSettings : readSettings(newest)
    const last = await lastSeq(store)
    const saved = readKept(kept?.read())
    // A store that came back from a backup knows less than what was kept beside it.
    const made = new RiskEngine(source, saved !== undefined && saved.seq <= last ? saved : undefined)
    keptAt = made.seq
    let differing = 0
    for (;;) {
      const rows = await store.riskLog(made.seq, PAGE)
      for (const row of rows) if (made.replay(row).differs) differing++
      if (rows.length < PAGE) break
    }
    if (differing > 0) warn(`the features of ${differing} payments are worked out differently than when they were decided`)
    return made
  }

  function keep(): void {
    if (engine === undefined || kept === undefined || engine.seq === keptAt) return
    kept.write(serialize(engine.save()))
    keptAt = engine.seq
  }

  return {
    get settings() {
      return settings ?? firstSettings
    },
    engine: async () => (engine ??= await open()),
    async labelsDue(now) {
      const rows = await store.documentsDue(LABELS, now, MOST_LABELS)
      if (rows.length === 0) return []
      const payments = new Map(
        (
          await store.get(
            'payments',
            rows.map((row) => readLabel(row).payment),
          )
        ).map((payment) => [payment.id, payment]),
      )
      const heard: HeardLabel[] = []
      for (const row of rows) {
        const label = readLabel(row)
        const of = payments.get(label.payment)?.riskSeq
        const record = of === undefined ? undefined : await recordOf(store, of)
        if (of !== undefined && record !== undefined) heard.push({ label, version: row.version, of, record })
      }
      return heard
    },
    afresh: async () => (engine = await open()),
    committed() {
      engine?.committed()
      if (engine === undefined || kept === undefined || keeping !== undefined || engine.seq - keptAt < KEEP_EVERY) return
      keeping = kept
        .behind(store)
        .then((seq) => void (keptAt = seq))
        .catch((error: unknown) => warn(`what risk remembers was not kept: ${String(error)}`))
        .finally(() => (keeping = undefined))
    },
    async set(wanted, by) {
      const next = { ...wanted, version: (settings ?? firstSettings).version + 1, at: clock.now(), by }
      const committed = await store.commit({ documents: [settingsRow(next)] })
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'stale') return fail('entry.conflict', 'somebody else has just changed it')
      settings = next
      return ok(next)
    },
    async keep() {
      await keeping
      keep()
    },
  }
}

/** The log is gapless, so it is found by halving. */
async function lastSeq(store: Pick<HubStore, 'riskLog'>): Promise<number> {
  let [low, high] = [0, 1]
  const exists = async (seq: number): Promise<boolean> => (await store.riskLog(seq - 1, 1)).length > 0
  while (await exists(high)) [low, high] = [high, 2 * high]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await exists(middle)) low = middle
    else high = middle
  }
  return low
}

export async function recordOf(store: Pick<HubStore, 'riskLog'>, seq: number): Promise<DecisionRecord | undefined> {
  const [row] = await store.riskLog(seq - 1, 1)
  const record = row?.seq === seq ? decodeRecord(row.body) : undefined
  invariant(record?.kind !== 'label', 'payments name decisions')
  return record
}

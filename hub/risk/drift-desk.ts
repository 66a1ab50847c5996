import { deserialize, serialize } from 'node:v8'
import { z } from 'zod'
import { DriftMonitor, type Reference, type SavedDrift } from './drift.ts'
import { decodeRecord } from './record.ts'
import type { HubStore } from '../store/hub-store.ts'
import { base64url, unbase64url } from '#protocol/bytes.ts'
import type { DriftState } from '#protocol/hub-api/risk-model.ts'

/** Follows the log of decisions behind everything else, a share at a time, and counts each row once: the counters are kept with the place that they have reached. */
export interface DriftDesk {
  start(): Promise<void>
  /** The bins that are counted in are those of this model; what was decided without one counts with what this one says of it. */
  against(reference: Reference, probabilityOf: (features: Float64Array) => number): void
  wake(): void
  state(reference: Reference): DriftState | undefined
  idle(): Promise<void>
}

const COUNTED = 'risk-standing/drift'
const PAGE = 500
/** Rows until the counters are kept again: what is counted after that is counted again after a crash. */
const KEEP_EVERY = 5000
const kept = z.strictObject({ v: z.literal(1), seq: z.int().nonnegative(), bins: z.string(), counted: z.string() })

export function createDriftDesk({ store, warn }: { readonly store: Pick<HubStore, 'commit' | 'get' | 'riskLog'>; warn(line: string): void }): DriftDesk {
  let monitor: DriftMonitor | undefined
  let saved: { readonly bins: string; readonly counted: SavedDrift } | undefined
  let bins = ''
  let scored: (features: Float64Array) => number = () => 0
  let seq = 0
  let keptSeq = 0
  let rowVersion = 0
  let reading: Promise<void> | undefined

  async function keep(): Promise<void> {
    if (monitor === undefined || seq === keptSeq) return
    const counted = base64url(serialize(monitor.save()))
    const row = { id: COUNTED, version: rowVersion, dueAt: undefined, body: JSON.stringify({ v: 1, seq, bins, counted }) }
    if ((await store.commit({ documents: [row] })) !== 'done') return
    rowVersion += 1
    keptSeq = seq
  }

  async function read(): Promise<void> {
    for (;;) {
      const counting = monitor
      if (counting === undefined) return
      const rows = await store.riskLog(seq, PAGE)
      for (const row of rows) {
        const record = decodeRecord(row.body)
        if (record.kind === 'decision') counting.see(record.at, record.features, record.probability ?? scored(record.features))
        else if (record.isFraud) counting.heard(record.heardAt - record.at)
      }
      seq = rows.at(-1)?.seq ?? seq
      if (seq - keptSeq >= KEEP_EVERY) await keep()
      if (rows.length < PAGE) return
    }
  }

  return {
    async start() {
      const [row] = await store.get('documents', [COUNTED])
      if (row === undefined) return
      const { seq: reached, bins: of, counted } = kept.parse(JSON.parse(row.body))
      rowVersion = row.version
      seq = keptSeq = reached
      // Written by this hub, into its own database.
      saved = { bins: of, counted: deserialize(unbase64url(counted) ?? new Uint8Array(0)) as SavedDrift }
    },
    against({ edges }, probabilityOf) {
      scored = probabilityOf
      const next = JSON.stringify(edges.map((own) => [...own]))
      if (next === bins) return
      bins = next
      monitor = new DriftMonitor(edges, saved?.bins === next ? saved.counted : undefined)
      saved = undefined
    },
    wake() {
      reading ??= read()
        .catch((error: unknown) => warn(`what payments look like could not be counted: ${String(error)}`))
        .finally(() => (reading = undefined))
    },
    state: (reference) => monitor?.state(reference),
    async idle() {
      await reading
    },
  }
}

import type { KnownDecision, PastDecisions } from './known.ts'
import { LABEL_DELAY } from './history.ts'
import { LABELS, readLabel, type Label } from './labels.ts'
import { decodeRecord, wasRefused } from './record.ts'
import { everyDocument } from '../store/every-document.ts'
import type { HubStore } from '../store/hub-store.ts'
import { DAY, type Clock, type DurationMs } from '#protocol/time.ts'

const SHARE = 500
/** A till that was alone for longer than this has told of its payments too late for whoever asks about their days. */
const MOST_LATE: DurationMs = 30 * DAY

/** Over the risk log, and what has been said about its payments since. Reads a share at a time. */
export function pastDecisions(store: Pick<HubStore, 'riskLog' | 'documents'>, clock: Pick<Clock, 'now'>): PastDecisions {
  return {
    async *between(from, to) {
      const labels = await allLabels(store)
      const known = clock.now() - LABEL_DELAY
      for (let after = await seqBefore(store, from); ;) {
        const rows = await store.riskLog(after, SHARE)
        const last = rows.at(-1)
        if (last === undefined) return
        after = last.seq
        const share: KnownDecision[] = []
        for (const { body } of rows) {
          const record = decodeRecord(body)
          if (record.kind === 'label' || record.at < from || record.at >= to) continue
          const { payment, at, amountMinor, currency, features, outcome } = record
          const label = labels.get(payment)
          const isFraud = label?.isFraud ?? (at <= known && !wasRefused(record) ? false : undefined)
          share.push({ payment, at, amountMinor, currency, features, outcome, isFraud, ...(label?.isFraud === true && { labelledAt: label.at }) })
        }
        if (share.length > 0) yield share
        if (last.at >= to + MOST_LATE) return
      }
    },
  }
}

export async function allLabels(store: Pick<HubStore, 'documents'>): Promise<Map<string, Label>> {
  const labels = new Map<string, Label>()
  for await (const row of everyDocument(store, LABELS)) {
    const label = readLabel(row)
    labels.set(label.payment, label)
  }
  return labels
}

/** Where the rows begin that were committed at `from` or later, by halving: rows are committed in the order of the hub's clock, but for what it was put back by. */
export async function seqBefore(store: Pick<HubStore, 'riskLog'>, from: number): Promise<number> {
  const isBefore = async (seq: number): Promise<boolean> => {
    const [row] = await store.riskLog(seq - 1, 1)
    return row !== undefined && row.at < from
  }
  let [low, high] = [0, 1]
  while (await isBefore(high)) [low, high] = [high, 2 * high]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await isBefore(middle)) low = middle
    else high = middle
  }
  return low
}

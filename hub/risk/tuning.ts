import type { RiskDesk } from './desk.ts'
import { LABEL_DELAY } from './history.ts'
import type { Judgement } from './judgement.ts'
import { allLabels, seqBefore } from './past.ts'
import { decodeRecord } from './record.ts'
import { chooseThresholds, type Scored } from './thresholds.ts'
import type { HubStore } from '../store/hub-store.ts'
import { DAY, type Clock, type DurationMs } from '#protocol/time.ts'

type Ports = {
  readonly clock: Pick<Clock, 'now'>
  readonly store: Pick<HubStore, 'riskLog' | 'documents'>
  readonly desk: Pick<RiskDesk, 'settings' | 'set'>
  readonly judgement: Pick<Judgement, 'model'>
  warn(line: string): void
}

const OVER: DurationMs = 30 * DAY
const EVERY: DurationMs = DAY
const SHARE = 500
/** Fewer frauds than these say nothing about costs. */
const LEAST_FRAUDS = 30
const MOST = 200_000

export type Tuned = 'too few frauds' | 'as it was' | 'changed'

/**
 * Once a day: the thresholds that would have cost least over what is known of the last month, by the costs and within the bounds that people set. Only scores of the
 * model in force count, since another one's probabilities are of another making. What was declined has no label unless somebody gave it one, so it is left out: the
 * hub never takes its own refusals for proof.
 */
export async function tune({ clock, store, desk, judgement }: Omit<Ports, 'warn'>): Promise<Tuned> {
  const { settings } = desk
  const until = clock.now() - LABEL_DELAY
  const labels = await allLabels(store)
  const scored: Scored[] = []
  for (let after = await seqBefore(store, until - OVER); scored.length < MOST;) {
    const rows = await store.riskLog(after, SHARE)
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.seq
    for (const { body } of rows) {
      const record = decodeRecord(body)
      if (record.kind === 'label' || record.probability === undefined || record.modelVersion !== judgement.model?.version) continue
      if (record.at < until - OVER || record.at > until) continue
      const label = labels.get(record.payment)
      if (label === undefined && record.outcome === 'decline') continue
      scored.push({ probability: record.probability, isFraud: label?.isFraud === true, amountMinor: record.amountMinor })
    }
  }
  if (scored.filter(({ isFraud }) => isFraud).length < LEAST_FRAUDS) return 'too few frauds'
  const thresholds = chooseThresholds(scored, settings.costs, settings.bounds, OVER / DAY)
  if (JSON.stringify(thresholds) === JSON.stringify(settings.thresholds)) return 'as it was'
  const { version: _version, at: _at, by: _by, ...kept } = settings
  const set = await desk.set({ ...kept, thresholds }, 'hub')
  return set.ok ? 'changed' : 'as it was'
}

export function createTuning(ports: Ports): { wake(): void; idle(): Promise<void> } {
  let last = ports.clock.now()
  let running: Promise<void> | undefined
  return {
    wake() {
      if (running !== undefined || ports.clock.now() - last < EVERY) return
      last = ports.clock.now()
      running = tune(ports)
        .then(() => undefined)
        .catch((error: unknown) => ports.warn(`the thresholds of risk were not tuned: ${String(error)}`))
        .finally(() => (running = undefined))
    },
    idle: () => running ?? Promise.resolve(),
  }
}

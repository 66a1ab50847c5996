import { z } from 'zod'
import { canLearn, type Challenge, type Trained } from './challenger.ts'
import { calibrated } from './calibration.ts'
import { createDriftDesk } from './drift-desk.ts'
import type { PastDecisions } from './known.ts'
import type { ModelInForce } from './judgement.ts'
import { logitOf } from './learning.ts'
import { decodeModel, encodeModel } from './model-file.ts'
import { signedText, type SigningPorts } from './signed-text.ts'
import { trainingSet } from './training-rows.ts'
import type { Train } from './training-thread.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { DocumentRow } from '../store/documents.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { DriftAlert, ModelCard, ModelState, TrainingEnd } from '#protocol/hub-api/risk-model.ts'
import { epochMs } from '#protocol/journal/entry.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, type Clock, type EpochMs } from '#protocol/time.ts'

export type ModelDeskPorts = SigningPorts & {
  readonly store: Pick<HubStore, 'commit' | 'documents' | 'get' | 'riskLog'>
  readonly clock: Pick<Clock, 'now'>
  readonly past: PastDecisions
  readonly train: Train
  /** Another model judges from now on. */
  changed(): void
  warn(line: string): void
}

export type ModelCode = 'risk.unknown' | 'risk.changed' | 'till.disk_full'

/**
 * The model in force, those before it, and the one that is trained each day to take its place. What is in force is one row: it names the champion, and is committed
 * together with a model that was promoted, so there is no moment between. Until then, and whatever becomes of a training, the champion stays.
 */
export interface ModelDesk {
  start(): Promise<void>
  readonly champion: ModelInForce | undefined
  /** Of any that was ever made and is kept. */
  version(version: number): Promise<ModelInForce | undefined>
  card(version: number): Promise<ModelCard | undefined>
  state(): Promise<ModelState>
  /** What drifted, against the model in force. */
  alerts(): readonly DriftAlert[]
  /** Looks what has happened since, and trains once a day. */
  wake(): void
  /** Trains now, whatever was trained today. Resolves when it has ended; a second one meanwhile is the same. */
  train(): Promise<TrainingEnd>
  /** A person puts an earlier model in force, or none (0): from then on no other takes its place by itself, until somebody lets them. */
  putInForce(version: number): Promise<Outcome<void, ModelCode>>
  letTrain(isHeld: boolean): Promise<Outcome<void, ModelCode>>
  /** A model of invented payments, for a hub that has none yet: its card says so. It is numbered 1. */
  adopt(challenge: Omit<Challenge, 'version' | 'champion' | 'edges'>): Promise<Outcome<void, ModelCode | 'risk.nothing_to_learn'>>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  /** Nobody waits for a model that is half trained: tomorrow there is another. */
  stop(): Promise<void>
}

const MODELS = 'risk-model/'
const STANDING = 'risk-standing/model'
const idOf = (version: number): string => `${MODELS}${String(version).padStart(8, '0')}`
const EVERY = DAY
/** For as long as a decision can be asked about, and no longer: each is some tens of kilobytes. */
const KEPT_MODELS = 400
const LISTED = 20

const standingSchema = z.strictObject({
  v: z.literal(1),
  /** 0: none. */
  champion: z.int().nonnegative(),
  isHeld: z.boolean(),
  /** The last number that was given. */
  last: z.int().nonnegative(),
  training: z.strictObject({ at: epochMs, outcome: z.enum(['promoted', 'kept', 'nothing_to_learn', 'failed']) }).optional(),
})
type Standing = z.infer<typeof standingSchema>

export function createModelDesk(ports: ModelDeskPorts): ModelDesk {
  const { store, clock, past, train, changed, warn } = ports
  const drift = createDriftDesk({ store, warn })
  const signed = signedText(ports, signedTypes.model)
  let standing: Standing = { v: 1, champion: 0, isHeld: false, last: 0 }
  let rowVersion = 0
  let champion: Trained | undefined
  let training: Promise<TrainingEnd> | undefined
  let begunAt: EpochMs | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const stopping = new AbortController()

  const asInForce = ({ card, model, calibration }: Trained): ModelInForce => ({ version: card.version, model, calibration })
  let inForce: ModelInForce | undefined

  function take(next: Trained | undefined): void {
    champion = next
    inForce = next && asInForce(next)
    if (next !== undefined) drift.against(next.reference, (features) => calibrated(next.calibration, logitOf(next.model, features)))
    changed()
  }

  function read({ id, body }: DocumentRow): Trained | undefined {
    const opened = signed.open(body)
    if (!opened.ok) warn(`${id}: not signed by this hub, and not used`)
    const kept = opened.ok ? decodeModel(opened.value) : undefined
    // A genuine model under another's number is as little what was signed there.
    return kept !== undefined && id === idOf(kept.card.version) ? kept : undefined
  }

  async function load(version: number): Promise<Trained | undefined> {
    const [row] = version === 0 ? [] : await store.get('documents', [idOf(version)])
    return row && read(row)
  }

  /** One change after the other; what is in memory follows what is durable. */
  function keep(next: Partial<Standing>, documents: readonly DocumentRow[] = []): Promise<Outcome<void, 'risk.changed' | 'till.disk_full'>> {
    const mine = turn.then(async (): Promise<Outcome<void, 'risk.changed' | 'till.disk_full'>> => {
      const after: Standing = { ...standing, ...next }
      const row: DocumentRow = { id: STANDING, version: rowVersion, dueAt: undefined, body: JSON.stringify(after) }
      const committed = await store.commit({ documents: [row, ...documents], documentsGone: await tooOld(after.last) })
      if (committed !== 'done') return fail(committed === 'full' ? 'till.disk_full' : 'risk.changed')
      rowVersion += 1
      standing = after
      return ok(undefined)
    })
    turn = mine.catch(() => undefined)
    return mine
  }

  async function tooOld(last: number): Promise<readonly Pick<DocumentRow, 'id' | 'version'>[]> {
    const gone = last - KEPT_MODELS
    if (gone <= 0 || gone === standing.champion) return []
    return (await store.get('documents', [idOf(gone)])).map(({ id, version }) => ({ id, version }))
  }

  const rowOf = (trained: Trained): DocumentRow => ({ id: idOf(trained.card.version), version: 0, dueAt: undefined, body: signed.seal(encodeModel(trained)) })

  async function trainOnce(): Promise<TrainingEnd> {
    const at = clock.now()
    const ended = async (outcome: TrainingEnd['outcome'], more: Partial<Standing> = {}, rows: readonly DocumentRow[] = []): Promise<TrainingEnd> => {
      const kept = await keep({ ...more, training: { at, outcome } }, rows)
      if (!kept.ok) warn(`the model that was trained could not be kept: ${kept.code}`)
      return { at, outcome: kept.ok ? outcome : 'failed' }
    }
    try {
      const over = champion
      const version = standing.last + 1
      const set = await trainingSet(past, at, stopping.signal)
      // Nobody starts a thread to hear that.
      if (!canLearn(set)) return await ended('nothing_to_learn')
      const judged = over && { version: over.card.version, twin: over.twin }
      const trained = await train({ set, version, now: at, champion: judged, edges: over?.reference.edges }, stopping.signal)
      if (!trained.ok) return await ended('nothing_to_learn')
      // Somebody may have said something while it was trained: then what it was compared with is not what is in force.
      const isPromoted = trained.value.card.wasPromoted && !standing.isHeld && champion === over
      const made: Trained = { ...trained.value, card: { ...trained.value.card, wasPromoted: isPromoted } }
      const end = await ended(isPromoted ? 'promoted' : 'kept', { last: version, ...(isPromoted && { champion: version }) }, [rowOf(made)])
      if (end.outcome === 'promoted') take(made)
      return end
    } catch (error) {
      if (stopping.signal.aborted) return { at, outcome: 'failed' }
      warn(`the model was not trained: ${String(error)}`)
      return await ended('failed')
    }
  }

  function trainNow(): Promise<TrainingEnd> {
    begunAt = clock.now()
    training ??= trainOnce().finally(() => {
      training = undefined
      changed()
    })
    return training
  }

  async function idle(): Promise<void> {
    await training
    await turn
    await drift.idle()
  }

  async function summaries(): Promise<readonly Trained[]> {
    const rows = await store.documents({ prefix: MODELS, limit: LISTED, newestFirst: true })
    return rows.flatMap((row) => read(row) ?? [])
  }

  return {
    async start() {
      const [row] = await store.get('documents', [STANDING])
      await drift.start()
      if (row === undefined) return
      standing = standingSchema.parse(JSON.parse(row.body))
      rowVersion = row.version
      const kept = await load(standing.champion)
      if (kept === undefined && standing.champion !== 0) warn(`risk model ${standing.champion} cannot be used: rules judge alone until one is trained`)
      take(kept)
    },
    get champion() {
      return inForce
    },
    async version(version) {
      if (version === inForce?.version) return inForce
      const kept = await load(version)
      return kept && asInForce(kept)
    },
    async card(version) {
      return (await load(version))?.card
    },
    async state() {
      const made = await summaries()
      return {
        champion: champion?.card,
        challenger: made.find(({ card }) => card.version !== standing.champion && card.version > standing.champion)?.card,
        versions: made.map(({ card: { version, madeAt, wasPromoted, ap } }) => ({ version, madeAt, wasPromoted, ap: ap.value })),
        isHeld: standing.isHeld,
        lastTraining: standing.training,
        isTraining: training !== undefined,
        drift: champion && drift.state(champion.reference),
      }
    },
    alerts: () => (champion && drift.state(champion.reference)?.alerts) ?? [],
    wake() {
      drift.wake()
      const last = Math.max(standing.training?.at ?? -Infinity, begunAt ?? -Infinity)
      if (training === undefined && clock.now() - last >= EVERY) trainNow().catch((error: unknown) => warn(`the model was not trained: ${String(error)}`))
    },
    train: trainNow,
    async putInForce(version) {
      const next = await load(version)
      if (next === undefined && version !== 0) return fail('risk.unknown')
      const kept = await keep({ champion: version, isHeld: true })
      if (kept.ok) take(next)
      return kept
    },
    letTrain: (isHeld) => keep({ isHeld }),
    async adopt(challenge) {
      if (standing.last > 0) return fail('risk.changed', 'there are models already')
      const made = await train({ ...challenge, version: 1, champion: undefined, edges: undefined }, stopping.signal)
      if (!made.ok) return made
      const invented: Trained = { ...made.value, card: { ...made.value.card, isInvented: true } }
      const kept = await keep({ champion: 1, last: 1 }, [rowOf(invented)])
      if (kept.ok) take(invented)
      return kept
    },
    idle,
    async stop() {
      stopping.abort()
      await idle()
    },
  }
}

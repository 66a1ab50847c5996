import { beforeAll, describe, expect, it } from 'vitest'
import { trainChallenger, type Challenge, type Trained } from './challenger.ts'
import { calibrated } from './calibration.ts'
import { featureNames } from './features.ts'
import type { KnownDecision } from './known.ts'
import { logitOf } from './learning.ts'
import { cardAsMarkdown } from './model-card.ts'
import { createModelDesk } from './model-desk.ts'
import { decodeModel, encodeModel } from './model-file.ts'
import { invented, pastOf, usualFraud } from './test-decisions.ts'
import { HELD_OUT, trainingSet } from './training-rows.ts'
import { trainInThread, type Train } from './training-thread.ts'
import { hubKeys, memoryVault } from '../keys.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import type { HubStore } from '../store/hub-store.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { ok } from '#protocol/outcome.ts'
import { DAY } from '#protocol/time.ts'

const START = Date.UTC(2027, 0, 1)
const NOW = START + 60 * DAY
/** Until the end of the second month. From here on another pattern is fraud, too. */
const NEW_PATTERN = START + 40 * DAY
const zOfTerminal = featureNames.indexOf('terminal_ratio_30d')
const isFraud = (row: Float64Array, at: number): boolean => usualFraud(row) || (at >= NEW_PATTERN && (row[zOfTerminal] ?? 0) > 47)
const decisions = invented({ from: START, days: 60, perDay: 300, isFraud })

const challengeAt = async (now: number, over?: Trained): Promise<Challenge> => ({
  set: await trainingSet(pastOf(decisions), now),
  version: (over?.card.version ?? 0) + 1,
  now,
  champion: over && { version: over.card.version, twin: over.twin },
  edges: over?.reference.edges,
})
async function trained(now: number, over?: Trained): Promise<Trained> {
  const made = trainChallenger(await challengeAt(now, over))
  if (!made.ok) throw new Error(made.code)
  return made.value
}

const never = new AbortController().signal
let first: Trained
beforeAll(async () => {
  first = await trained(NEW_PATTERN)
})

describe('a model that is trained', () => {
  it('is the same again for the same payments, from a thread or not, and from what was kept of it', async () => {
    const threaded = await trainInThread(await challengeAt(NEW_PATTERN), never)
    expect(threaded).toEqual({ ok: true, value: first })
    expect(decodeModel(encodeModel(first))).toEqual(first)
  })

  it('says on its card what it learned from, and what was held out of its twin', () => {
    const { card } = first
    expect(card.heldOut).toMatchObject({ from: card.heldOut.until - HELD_OUT, rows: 7 * 300 })
    expect(card.learned.until).toBe(NEW_PATTERN - 7 * DAY)
    expect(card.ap.value).toBeGreaterThan(0.6)
    expect(card.ap.from).toBeLessThanOrEqual(card.ap.value)
    expect(card.ap.to).toBeGreaterThanOrEqual(card.ap.value)
    expect(card.ece).toBeLessThan(0.01)
    expect(card.strongest.slice(0, 3).map(({ feature }) => feature)).toContain('amount')
    const page = cardAsMarkdown(card)
    expect(page).toContain('# Risk model 1')
    expect(page).not.toMatch(/undefined|NaN|\[object/)
  })

  it('says probabilities that come true on payments of later', () => {
    const later = invented({ from: NOW, days: 20, perDay: 300, seed: 9 })
    const said = later.map(({ features }) => calibrated(first.calibration, logitOf(first.model, features)))
    const frauds = later.filter((one) => one.isFraud).length
    expect(Math.abs(said.reduce((sum, one) => sum + one, 0) - frauds) / frauds).toBeLessThan(0.25)
  })

  it('does not know what nobody could know: younger labels and later payments change nothing', async () => {
    const turned = decisions.map((one): KnownDecision =>
      one.at >= NEW_PATTERN - 7 * DAY ? { ...one, isFraud: one.isFraud !== true, features: one.features.map((value) => -value) } : one,
    )
    const set = await trainingSet(pastOf(turned), NEW_PATTERN)
    expect(trainChallenger({ set, version: 1, now: NEW_PATTERN, champion: undefined, edges: undefined })).toEqual({ ok: true, value: first })
  })

  it('takes the champion’s place when a pattern is new, and not when nothing is', async () => {
    const [later, soon] = [await trained(NOW, first), await trained(NEW_PATTERN + DAY, first)]
    expect(later.card).toMatchObject({ wasPromoted: true, against: { version: 1 } })
    expect(later.card.ap.value).toBeGreaterThan((later.card.against?.ap ?? 1) + 0.05)
    expect(soon.card.wasPromoted).toBe(false)
  })

  it('that is no better than a coin judges nothing, although there is no other', async () => {
    const coin = invented({ from: START, days: 30, perDay: 100, seed: 4, isFraud: (row) => row[1] === 7 })
    const shuffled = coin.map((one, k): KnownDecision => ({ ...one, features: coin[(k * 7919) % coin.length]?.features ?? one.features }))
    const made = trainChallenger({ set: await trainingSet(pastOf(shuffled), START + 30 * DAY), version: 1, now: NOW, champion: undefined, edges: undefined })
    expect(made).toMatchObject({ ok: true, value: { card: { wasPromoted: false } } })
  })

  it('is not made of too few frauds', async () => {
    const set = await trainingSet(pastOf(decisions.slice(0, 3000)), START + 17 * DAY)
    const few = { ...set, held: { ...set.held, labels: new Uint8Array(set.held.labels.length) } }
    expect(trainChallenger({ set: few, version: 1, now: NOW, champion: undefined, edges: undefined })).toMatchObject({ code: 'risk.nothing_to_learn' })
  })
})

/** What becomes of a model is the matter here, not how it is made. */
const made: Train = ({ version }) => Promise.resolve(ok({ ...first, card: { ...first.card, version, wasPromoted: true } }))

function open(train: Train = made, store: HubStore = openMemoryStore(memoryDisk()), seed = 1) {
  let now = NEW_PATTERN
  const warned: string[] = []
  const clock = { now: () => now, monotonic: () => now }
  const keys = hubKeys(
    memoryVault(() => new Uint8Array(32).fill(seed++)),
    clock,
  )
  const desk = createModelDesk({
    crypto: nodeCrypto,
    keys,
    store,
    clock,
    past: pastOf(decisions),
    train,
    changed: () => undefined,
    warn: (line) => warned.push(line),
  })
  return { desk, store, warned, pass: (ms: number) => (now += ms) }
}

describe('the model in force', () => {
  it('is trained once a day, is what it was after a start, and is taken back by a person who then holds it', async () => {
    const { desk, store, pass } = open()
    await desk.start()
    expect(desk.champion).toBeUndefined()
    desk.wake()
    desk.wake()
    await desk.idle()
    expect(desk.champion?.version).toBe(1)
    pass(20 * DAY)
    desk.wake()
    await desk.idle()
    desk.wake()
    await desk.idle()
    expect(desk.champion?.version).toBe(2)
    expect(await desk.putInForce(1)).toMatchObject({ ok: true })
    expect(await desk.putInForce(7)).toMatchObject({ code: 'risk.unknown' })
    expect(await desk.train()).toMatchObject({ outcome: 'kept' })

    const again = open(made, store)
    await again.desk.start()
    expect(again.desk.champion).toEqual(desk.champion)
    expect(await again.desk.state()).toMatchObject({ isHeld: true, champion: { version: 1 }, challenger: { version: 3 }, lastTraining: { outcome: 'kept' } })
    expect((await again.desk.version(2))?.model).toEqual((await desk.version(2))?.model)
  })

  it('stays whatever becomes of a training', async () => {
    let fate: 'well' | 'throws' | 'full' = 'well'
    const disk = memoryDisk()
    const store = openMemoryStore(disk)
    const { desk, warned } = open(
      (challenge, enough) => (fate === 'throws' ? Promise.reject(new Error('the training ended with 137')) : made(challenge, enough)),
      {
        ...store,
        commit: (changes) => (fate === 'full' && (changes.documents?.length ?? 0) > 1 ? Promise.resolve('full' as const) : store.commit(changes)),
      },
    )
    await desk.start()
    await desk.train()
    const before = desk.champion
    fate = 'throws'
    expect(await desk.train()).toMatchObject({ outcome: 'failed' })
    fate = 'full'
    expect(await desk.train()).toMatchObject({ outcome: 'failed' })
    expect(desk.champion).toBe(before)
    expect(warned).toHaveLength(2)
    // Killed while it trained: nothing of it is there.
    const again = open(made, store)
    await again.desk.start()
    expect(again.desk.champion?.version).toBe(1)
  })

  it('of a hub without a past may be of invented payments, once, and says so', async () => {
    const { desk } = open()
    await desk.start()
    const challenge = { set: (await challengeAt(NEW_PATTERN)).set, now: NEW_PATTERN }
    expect(await desk.adopt(challenge)).toMatchObject({ ok: true })
    expect(await desk.adopt(challenge)).toMatchObject({ code: 'risk.changed' })
    const { champion } = await desk.state()
    expect(champion).toMatchObject({ version: 1, isInvented: true })
    expect(champion && cardAsMarkdown(champion)).toContain('invented payments')
  })

  it('of whoever else writes into the database is not used', async () => {
    const stranger = open(made, undefined, 100)
    await stranger.desk.start()
    await stranger.desk.train()
    const rows = await stranger.store.documents({ prefix: 'risk-', limit: 10 })
    const { desk, store, warned } = open()
    await store.commit({ documents: rows.map((row) => ({ ...row, version: 0 })) })
    await desk.start()
    expect(desk.champion).toBeUndefined()
    expect(warned[0]).toContain('not signed by this hub')
  })

  it('does not keep a hub from stopping: its thread ends, and the day counts as not trained', async () => {
    const { desk, store, warned } = open(trainInThread)
    await desk.start()
    desk.wake()
    await desk.stop()
    expect(warned).toEqual([])
    expect(await store.get('documents', ['risk-standing/model'])).toEqual([])
  })

  it('of a thread that is ended is none', async () => {
    const ending = new AbortController()
    const trained = trainInThread(await challengeAt(NEW_PATTERN), ending.signal)
    ending.abort()
    await expect(trained).rejects.toThrow()
  })
})

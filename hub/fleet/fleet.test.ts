import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsOf, patience } from './needs.ts'
import { published, publish } from './publishing.ts'
import { counted, mustHalt, standingOf } from './staging.ts'
import { openMemoryStore } from '../store/memory.ts'
import { makeRig, nextId, START, type Rig, type TestTill } from '../test-rig.ts'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Health } from '#protocol/hub/health.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import { updateStandings } from '#protocol/hub-api/fleet.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { HOUR, SECOND } from '#protocol/time.ts'
import { downTopic, healthTopic } from '#protocol/topics.ts'

let folder: string
let rig: Rig
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-'))
  rig = await makeRig({ releases: folder })
})
afterEach(() => rmSync(folder, { recursive: true }))

const LAUNCH = '0123456789abcdef'
let n = 0
const healthOf = (till: string, over: Partial<Health> = {}, now = rig.clock.now()): Health => ({
  v: 1,
  till,
  launch: LAUNCH,
  n: ++n,
  at: now,
  upMs: 1000,
  versions: { app: '0.1.0', store: 2, denied: 0 },
  clock: { offMs: 0, doubtful: false },
  journal: { epoch: 1, entries: 10, waiting: 0 },
  devices: [{ kind: 'printer', state: 'ready', since: now }],
  errors: [],
  ...over,
})
async function say(till: TestTill, over: Partial<Health> = {}, by = till.signer): Promise<Health> {
  rig.clock.advance(3 * SECOND)
  const health = healthOf(till.id, over)
  rig.carrier.deliver(healthTopic(till.id), encodeSigned(by, signedTypes.health, health))
  await rig.hub.idle()
  return health
}
const paperOut = (): Pick<Health, 'devices'> => ({ devices: [{ kind: 'printer', state: 'fault', code: 'device.paper_out', since: rig.clock.now() }] })
const open = async () => (await rig.hub.fleet.state()).needs.map(({ what, takenBy }) => (takenBy === undefined ? what : `${what} ${takenBy}`))
const pass = async (ms: number) => {
  rig.clock.advance(ms)
  await rig.hub.idle()
}
/** What the till was told last. */
function watch(till: TestTill) {
  const signer = rig.keys.signer('ack')
  const bytes = rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till.id, 'watch'))?.payload ?? new Uint8Array(0)
  const opened = openSigned(nodeCrypto, bytes, signedTypes.watch, (keyId) => (keyId === hex(signer.keyId) ? signer.publicKey : undefined))
  return opened.ok ? opened.value.call : opened.code
}

describe('what a till says of itself', () => {
  it('is believed with its own key, and only what is newer than what was known', async () => {
    const [till, other] = [await rig.till(), await rig.till()]
    const heard = async () => (await rig.hub.fleet.state()).tills.find(({ id }) => id === till.id)?.health?.upMs
    const first = await say(till, { upMs: 1 })
    expect(await heard()).toBe(1)
    await say(till, { upMs: 2 }, other.signer)
    await say(till, { upMs: 3, till: other.id })
    await say(till, { upMs: 4, n: first.n })
    rig.clock.advance(3 * SECOND)
    rig.carrier.deliver(healthTopic(till.id), till.batch())
    rig.carrier.deliver(healthTopic(till.id), new Uint8Array(20_000))
    await rig.hub.idle()
    expect(await heard()).toBe(1)
    await say(till, { upMs: 5, launch: 'f'.repeat(16), n: 1 })
    expect(await heard()).toBe(5)
    // Of a start before: whoever kept it cannot show it again.
    await say(till, { upMs: 6 })
    expect(await heard()).toBe(5)
    expect((await rig.hub.fleet.past(till.id))?.past.map(({ upMs }) => upMs)).toEqual([5, 1])
    await rig.hub.revokeTill(till.id)
    await say(till, { upMs: 7, launch: 'e'.repeat(16) })
    expect(await heard()).toBe(5)
  })

  it('is heard no more often than a till would say it, and kept only where it is news', async () => {
    const till = await rig.till()
    await say(till, { upMs: 1 })
    for (let flood = 0; flood < 50; flood++) rig.carrier.deliver(healthTopic(till.id), encodeSigned(till.signer, signedTypes.health, healthOf(till.id)))
    await rig.hub.idle()
    expect((await rig.hub.fleet.state()).tills[0]?.health?.upMs).toBe(1)
    for (let minute = 0; minute < 20; minute++) await say(till, { upMs: 100 + minute })
    expect((await rig.hub.fleet.past(till.id))?.past).toHaveLength(1)
    for (let change = 0; change < 120; change++) await say(till, { versions: { app: '0.1.0', store: 2, denied: change } })
    const { past = [] } = (await rig.hub.fleet.past(till.id)) ?? {}
    expect([past.length, past[0]?.versions.denied, past.at(-1)?.versions.denied]).toEqual([100, 119, 20])
  })
})

describe('what needs a person', () => {
  const seen = (over: Partial<Health>, heardAt = START) => ({
    report: { health: healthOf(nextId(), { at: START, ...over }, START), heardAt },
    link: { state: 'online', since: START - HOUR } as const,
    listeningSince: START - HOUR,
  })
  const whatOf = (over: Partial<Health>, later = 0) => needsOf(seen(over, START + later), START + later).map(({ what }) => what)
  const gone = (since: number) => [{ kind: 'scanner' as const, state: 'absent' as const, code: 'device.absent' as const, since }]
  it.each<[string, Partial<Health>]>([
    ['', {}],
    ['', { devices: gone(START - patience.device + 1) }],
    ['device', { devices: gone(START - patience.device) }],
    ['paper', { devices: [{ kind: 'printer', state: 'fault', code: 'device.paper_out', since: START }] }],
    ['', { clock: { offMs: patience.clock, doubtful: false } }],
    ['clock', { clock: { offMs: -patience.clock - 1, doubtful: false } }],
    ['clock', { clock: { offMs: 0, doubtful: true } }],
    ['', { disk: { freeBytes: 6 * 1024 ** 3, allBytes: 2000 * 1024 ** 3 } }],
    ['disk', { disk: { freeBytes: 4 * 1024 ** 3, allBytes: 2000 * 1024 ** 3 } }],
    ['', { disk: { freeBytes: 1024 ** 3, allBytes: 8 * 1024 ** 3 } }],
    ['blocked', { blocked: 'till.disk_full' }],
    ['', { journal: { epoch: 1, entries: 9, waiting: 3, oldestAt: START - patience.stuck } }],
    ['stuck', { journal: { epoch: 1, entries: 9, waiting: 3, oldestAt: START - patience.stuck - 1 } }],
    ['', { update: { release: 3, trial: false, refused: [{ release: 2, why: 'x' }] } }],
    ['rolledBack', { update: { release: 1, trial: false, refused: [{ release: 2, why: 'x' }] } }],
    ['help', { help: { id: nextId(), at: START, from: 'shopper' } }],
  ])('%s: %j', (what, over) => expect(whatOf(over).join()).toBe(what))

  it('is a till that is gone without a word, and not one that was switched off', () => {
    const offline = { state: 'offline', since: START } as const
    const { report, listeningSince } = seen({})
    const at = (ms: number, over: Partial<Health> = {}) =>
      needsOf({ report: { ...report, health: { ...report.health, ...over } }, link: offline, listeningSince }, START + ms).map(({ what }) => what)
    expect([at(patience.silent), at(patience.silent + 1), at(patience.silent + 1, { leaving: true })]).toEqual([[], ['silent'], []])
    expect(needsOf({ report, link: { state: 'online', since: START }, listeningSince }, START + patience.mute + 1).map(({ what }) => what)).toEqual(['silent'])
    // A hub that has just come up has heard nobody, and that is nobody's fault.
    expect(needsOf({ report, listeningSince: START + HOUR }, START + HOUR + patience.silent)).toEqual([])
    expect(needsOf({ listeningSince: 0 }, START)).toEqual([])
  })

  it('never depends on what a till’s clock says, but for what is read off it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000 * HOUR, max: 1000 * HOUR }), fc.boolean(), (off, isOut) => {
        const devices = isOut ? gone(START - 2 * patience.device) : []
        const shifted = devices.map((device) => ({ ...device, since: device.since + off }))
        const plain = needsOf(seen({ devices }), START)
        const moved = needsOf(seen({ at: START + off, devices: shifted }), START)
        expect(moved).toEqual(plain)
      }),
      { numRuns: 50 },
    )
  })
})

describe('who sees to it', () => {
  it('takes it, notes, and is done; what is still so comes back, what is mended is over', async () => {
    const till = await rig.till()
    rig.sayLink(till, 'online')
    await say(till, paperOut())
    const [need] = (await rig.hub.fleet.state()).needs
    expect(need).toMatchObject({ what: 'paper', device: 'printer', code: 'device.paper_out', tillName: 'Counter 1', till: till.id })
    const id = need?.id ?? ''
    await rig.hub.fleet.act(id, 'take', 'ann')
    await rig.hub.fleet.act(id, 'note', 'ben', 'rolls are in the back')
    expect(await open()).toEqual(['paper ann'])
    expect(await rig.hub.fleet.act(id, 'done', 'ann')).toMatchObject({ ok: true })
    expect([await open(), await rig.hub.fleet.act(id, 'take', 'ben')]).toEqual([[], expect.objectContaining({ code: 'fleet.not_open' })])
    for (let hour = 0; hour < 5; hour++) {
      await say(till, paperOut())
      await pass(HOUR)
    }
    await say(till, paperOut())
    expect(await open()).toEqual(['paper'])
    await say(till)
    const { needs, ended } = await rig.hub.fleet.state()
    expect([needs, ended[0]?.acts.map(({ act, by }) => `${act} ${by ?? ''}`.trim())]).toEqual([[], ['taken ann', 'noted ben', 'done ann', 'again', 'ended']])
    expect(await rig.hub.fleet.act('nobody/paper', 'take', 'ann')).toMatchObject({ code: 'fleet.not_open' })
  })

  it('is known to a hub that was killed and came back', async () => {
    const till = await rig.till()
    await say(till, paperOut())
    const [need] = (await rig.hub.fleet.state()).needs
    await rig.hub.fleet.act(need?.id ?? '', 'take', 'ann')
    rig = await makeRig({ store: openMemoryStore(rig.disk), keys: rig.keys })
    expect(await open()).toEqual(['paper ann'])
  })

  it('answers a call for help: it is heard at once, somebody comes, and it is over', async () => {
    const till = await rig.till()
    expect(watch(till)).toBeUndefined()
    const help = { id: nextId(), at: rig.clock.now(), from: 'cashier' as const }
    await say(till, { help })
    expect([await open(), watch(till)]).toEqual([['help'], { id: help.id, state: 'heard' }])
    const id = (await rig.hub.fleet.state()).needs[0]?.id ?? ''
    await rig.hub.fleet.act(id, 'take', 'ann')
    expect(watch(till)).toEqual({ id: help.id, state: 'taken' })
    await rig.hub.fleet.act(id, 'done', 'ann')
    expect(watch(till)).toEqual({ id: help.id, state: 'over' })
    // The till has not heard it yet.
    await say(till, { help })
    expect(await open()).toEqual([])
    await say(till, { help: { ...help, id: nextId() } })
    expect([await open(), watch(till)]).toEqual([['help'], expect.objectContaining({ state: 'heard' })])
    await say(till)
    expect([await open(), watch(till)]).toEqual([[], expect.objectContaining({ state: 'over' })])
  })
})

const program = (release: number) => ({
  release,
  version: `1.${release}.0`,
  entry: 'core.mjs',
  minimum: 0,
  files: [{ path: 'core.mjs', bytes: 1, sha256: 'ab'.repeat(32) }],
})
const runs = (release: number, trial = false, refused: number[] = []): Pick<Health, 'update'> => ({
  update: { release, trial, refused: refused.map((one) => ({ release: one, why: 'did not come up' })) },
})

describe('a release that is handed out', () => {
  const release = (one: number) =>
    expect(publish({ keys: rig.keys, clock: rig.clock }, folder, { program: program(one), halted: false })).toMatchObject({ ok: true })
  const view = async () => (await rig.hub.fleet.state()).rollout

  it('halts by itself when it fails, is told, and goes on only by a person', async () => {
    const tills = [await rig.till(), await rig.till(), await rig.till()]
    release(1)
    for (const till of tills) await say(till, runs(1))
    release(2)
    const [first, second, third] = tills
    if (first === undefined || second === undefined || third === undefined) throw new Error('three tills')
    await say(first, runs(2, true))
    expect((await view())?.halted).toBe(false)
    await say(first, runs(1, false, [2]))
    expect([await view(), await open()]).toMatchObject([
      { halted: true, release: 2, standings: { rolledBack: 1, notYet: 2 }, acts: [{ act: 'haltedItself' }] },
      ['halted', 'rolledBack'],
    ])
    expect(published(folder)).toMatchObject({ halted: true, release: 2 })
    expect(await rig.hub.fleet.rollout?.widen(1000, 'ann')).toMatchObject({ code: 'fleet.not_possible' })
    // Nobody but a person: neither time nor another report.
    await say(second, runs(1))
    await pass(24 * HOUR)
    expect((await view())?.halted).toBe(true)
    await rig.hub.fleet.rollout?.goOn(rig.hub.fleet.standings, 'ann', 'that till has a broken disk')
    expect(await open()).not.toContain('halted')
    await say(second, runs(2, true))
    expect((await view())?.halted).toBe(false)
    await say(second, runs(2))
    expect(await open()).not.toContain('halted')
    // The next that fails halts it again.
    await say(third, runs(1, false, [2]))
    expect(await view()).toMatchObject({ halted: true, standings: { rolledBack: 2, good: 1 } })
  })

  it('is put back as a higher release with the files of an earlier one', async () => {
    release(1)
    release(2)
    expect(await rig.hub.fleet.rollout?.rollBack(2, 'ann', 'no')).toMatchObject({ code: 'fleet.no_release' })
    expect(await rig.hub.fleet.rollout?.rollBack(1, 'ann', 'receipts are blank')).toMatchObject({ ok: true })
    expect(published(folder)).toMatchObject({ release: 3, version: '1.2.1', files: program(1).files, halted: false, stages: [{ perMille: 1000 }] })
    expect(await view()).toMatchObject({ earlier: [{ release: 2 }, { release: 1 }], acts: [{ act: 'rolledBack', by: 'ann', release: 3 }] })
  })

  it('takes part with more tills, never with fewer', async () => {
    expect(await rig.hub.fleet.rollout?.widen(10, 'ann')).toMatchObject({ code: 'fleet.no_release' })
    publish({ keys: rig.keys, clock: rig.clock }, folder, { program: program(1), perMille: [50, 1000], halted: false })
    expect(await rig.hub.fleet.rollout?.widen(20, 'ann')).toMatchObject({ code: 'fleet.not_possible' })
    expect(await rig.hub.fleet.rollout?.widen(300, 'ann')).toMatchObject({ ok: true })
    expect(published(folder)?.stages).toMatchObject([{ perMille: 300 }])
  })
})

describe('when to halt', () => {
  const counts = fc.record(
    Object.fromEntries(updateStandings.map((name) => [name, fc.nat(2000)])) as Record<(typeof updateStandings)[number], fc.Arbitrary<number>>,
  )
  it('is when more than the share of those that began have failed: never for none, sooner for more, and nothing that is forgiven counts', () => {
    fc.assert(
      fc.property(counts, fc.nat(1000), fc.nat(50), (some, share, forgiven) => {
        const failed = some.rolledBack + some.unwell
        const halts = mustHalt(some, share)
        expect(halts).toBe(failed > 0 && failed / (failed + some.good + some.trial) > share / 1000)
        if (halts) expect(mustHalt({ ...some, unwell: some.unwell + 1 }, share)).toBe(true)
        if (!halts) expect(mustHalt({ ...some, good: some.good + 1 }, share)).toBe(false)
        if (forgiven >= failed) expect(mustHalt(some, share, forgiven)).toBe(false)
        // Tills that have not begun say nothing, however many there are.
        expect(mustHalt({ ...some, notYet: 0 }, share)).toBe(halts)
      }),
      { numRuns: 200 },
    )
    expect(mustHalt(counted(['rolledBack', 'notYet', 'notYet']), 100)).toBe(true)
  })

  it('knows a silence that the release may have made from any other', () => {
    const till = nextId()
    const report = (over: Partial<Health>, since = START) => ({ health: healthOf(till, over, START), heardAt: START, running: { release: 2, since } })
    const standing = (over: Partial<Health>, isSilent: boolean, since?: number) => standingOf(2, report(over, since), { isSilent, isStuck: false })
    expect(standing(runs(2, true), true)).toBe('unwell')
    expect(standing(runs(2), true)).toBe('unwell')
    expect(standing(runs(2), true, START - 2 * HOUR)).toBe('good')
    expect(standing({ update: { release: 1, trial: false, waiting: 2, refused: [] } }, true)).toBe('unwell')
    expect(standing({ update: { release: 1, trial: false, waiting: 2, refused: [] } }, false)).toBe('notYet')
    expect(standing({ ...runs(2), blocked: 'till.disk_full' }, false, START - 2 * HOUR)).toBe('unwell')
    expect(standing({}, true)).toBe('notYet')
    expect(standingOf(2, undefined, { isSilent: true, isStuck: false })).toBe('notYet')
  })
})

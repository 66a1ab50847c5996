import { beforeEach, describe, expect, it } from 'vitest'
import { memoryCopy, type EntryCopy } from './copy.ts'
import { proveHere, type Prove } from './proof.ts'
import { enrolTestTill, makeRig, sale, testSeed, TestTill, type Rig } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { hex } from '#protocol/bytes.ts'
import { encodeBatch } from '#protocol/hub/messages.ts'
import { GENESIS } from '#protocol/journal/chain.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { MINUTE } from '#protocol/time.ts'
import { upTopic } from '#protocol/topics.ts'

const MEBIBYTE = 1024 * 1024

const incident = { kind: 'incident.recorded', body: { code: 'device.absent' } } as const

let rig: Rig
let till: TestTill
beforeEach(async () => {
  rig = await makeRig()
  till = await rig.till()
  for (let n = 0; n < 5; n++) till.write(incident)
})
const inCustody = async () =>
  (await rig.ports.store.entries(0, 1000, MEBIBYTE)).map(({ till: of, epoch, n }) => [of === till.id ? 'till' : 'other', epoch, n].join(' '))
const places = (epoch: number, to: number) => Array.from({ length: to }, (_, index) => `till ${epoch} ${index + 1}`)
const lastAck = () => rig.acks(till).at(-1)
const digest = (message: Uint8Array) => hex(nodeCrypto.sha256(message))

describe('a batch that continues the chain', () => {
  it('is stored byte for byte, and acknowledged as received and safe', async () => {
    await rig.send(till, till.batch())
    const stored = await rig.ports.store.entries(0, 100, MEBIBYTE)
    expect(stored.map(({ bytes, hash }) => [hex(bytes), hex(hash)])).toEqual(till.entries.map(({ bytes, hash }) => [hex(bytes), hex(hash)]))
    expect(lastAck()).toMatchObject({ till: till.id, epoch: 1, received: { n: 6, head: hex(till.head) }, safe: 6, hubEpoch: 1, hubTime: rig.clock.now() })
    expect(lastAck()?.answers).toBe(digest(till.batch()))
    expect(rig.ports.copy.lastSeq).toBe(6)
  })

  it('may come in several pieces, also within one group', async () => {
    await rig.send(till, till.batch(1, 2), till.batch(3, 3), till.batch(4, 6))
    expect(await inCustody()).toEqual(places(1, 6))
    expect(lastAck()?.received.n).toBe(6)
  })

  it('is taken even if its entries say nothing that can be read', async () => {
    till.writeBytes(new Uint8Array([1, 2, 3]))
    await rig.send(till, till.batch())
    expect(await inCustody()).toEqual(places(1, 7))
    expect(await rig.exceptions()).toContainEqual([1, 7, 'entry.malformed'])
  })

  it('is acknowledged with the exceptions of its epoch', async () => {
    till.writeBytes(new Uint8Array([1, 2, 3]))
    await rig.send(till, till.batch())
    await rig.send(till, till.batch(8))
    expect(lastAck()?.exceptions).toContainEqual({ n: 7, code: 'entry.malformed' })
  })
})

describe('a batch that repeats', () => {
  it('stores nothing twice, whatever it overlaps', async () => {
    await rig.send(till, till.batch(1, 4))
    for (const [from, to] of [
      [1, 4],
      [2, 3],
      [1, 6],
      [3, 6],
      [6, 6],
    ] as const) {
      await rig.send(till, till.batch(from, to))
    }
    expect(await inCustody()).toEqual(places(1, 6))
    expect(lastAck()?.received.n).toBe(6)
    expect((await rig.exceptions()).filter(([, , code]) => code !== 'device.absent')).toEqual([])
  })

  it('within one group is taken once', async () => {
    // The first message is taken at once; those that come meanwhile are one group.
    await rig.send(till, till.batch(1, 1), till.batch(1, 4), till.batch(2, 6), till.batch(3, 4), till.batch())
    expect(await inCustody()).toEqual(places(1, 6))
    expect((await rig.exceptions()).filter(([, , code]) => code !== 'device.absent')).toEqual([])
  })

  it('or is empty asks where the hub stands', async () => {
    await rig.send(till, till.batch(1, 3))
    await rig.send(till, till.batch(4, 3))
    expect(rig.acks(till)).toHaveLength(2)
    expect(lastAck()?.received.n).toBe(3)
  })

  it('before the hub knows anything is answered with nothing', async () => {
    await rig.send(till, till.batch(1, 0))
    expect(lastAck()).toMatchObject({ epoch: 1, received: { n: 0, head: hex(GENESIS) }, safe: 0 })
  })
})

describe('a batch with something missing before it', () => {
  it('is not stored, and the answer asks for the rest', async () => {
    await rig.send(till, till.batch(1, 2))
    await rig.send(till, till.batch(4, 6))
    expect(await inCustody()).toEqual(places(1, 2))
    expect(lastAck()?.received.n).toBe(2)
    await rig.send(till, till.batch(3, 6))
    expect(await inCustody()).toEqual(places(1, 6))
  })
})

describe('a batch that contradicts the chain', () => {
  const otherHistory = (keep: number): TestTill => {
    const other = new TestTill(till.id, till.signer)
    for (const { bytes } of till.entries.slice(0, keep)) other.writeBytes(bytes)
    while (other.entries.length < 6) other.write({ kind: 'incident.recorded', body: { code: 'device.timeout' } })
    return other
  }

  it('is a fork at its first entry that differs, and overwrites nothing', async () => {
    await rig.send(till, till.batch())
    const other = otherHistory(3)
    await rig.send(till, other.batch(2, 6))
    const stored = await rig.ports.store.entries(0, 100, MEBIBYTE)
    expect(stored.map(({ hash }) => hex(hash))).toEqual(till.entries.map(({ hash }) => hex(hash)))
    expect(await rig.exceptions()).toContainEqual([1, 4, 'custody.fork'])
    expect(new Set(lastAck()?.exceptions.map(({ code }) => code))).toEqual(new Set(['device.absent']))
    expect(lastAck()?.received).toEqual({ n: 6, head: hex(till.head) })
  })

  it('is a fork where it claims another past, even if it goes on from there', async () => {
    await rig.send(till, till.batch())
    const other = otherHistory(3)
    other.write(incident)
    await rig.send(till, other.batch(7, 7))
    expect(await inCustody()).toEqual(places(1, 6))
    expect(await rig.exceptions()).toContainEqual([1, 6, 'custody.fork'])
  })

  it('is one exception, however often it comes', async () => {
    await rig.send(till, till.batch())
    for (let times = 0; times < 5; times++) await rig.send(till, otherHistory(3).batch(2, 6))
    expect((await rig.exceptions()).filter(([, , code]) => code === 'custody.fork')).toEqual([[1, 4, 'custody.fork']])
  })

  it('within one group stops at the contradiction', async () => {
    await rig.send(till, till.batch(1, 1), till.batch(2, 4), otherHistory(2).batch(1, 6), till.batch(5, 6))
    expect(await inCustody()).toEqual(places(1, 6))
    expect(await rig.exceptions()).toContainEqual([1, 3, 'custody.fork'])
  })
})

describe('a batch of a new epoch', () => {
  const headOf = () => ({ epoch: 1, n: 6, head: hex(till.head) })

  it('is taken when it names the head that the hub has', async () => {
    await rig.send(till, till.batch())
    till.openEpoch(headOf())
    till.write(incident)
    await rig.send(till, till.batch())
    expect(await inCustody()).toEqual([...places(1, 6), 'till 2 1', 'till 2 2'])
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 2, head: hex(till.head) }, safe: 2 })
  })

  it('waits for older entries that it names and the hub lacks', async () => {
    await rig.send(till, till.batch(1, 4))
    const rest = till.batch(5, 6)
    till.openEpoch(headOf())
    await rig.send(till, till.batch())
    expect(lastAck()).toMatchObject({ epoch: 1, received: { n: 4 } })
    await rig.send(till, rest, till.batch())
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 1 } })
  })

  it.each([
    ['names an older entry by another hash', { epoch: 1, n: 4 }],
    ['names another epoch', { epoch: 7, n: 6 }],
    ['names another hash', { head: '00'.repeat(32) }],
    ['names nothing', undefined],
  ])('is a rollback when it %s', async (_, change) => {
    await rig.send(till, till.batch())
    till.openEpoch(change === undefined ? undefined : { ...headOf(), ...change })
    await rig.send(till, till.batch())
    expect(await inCustody()).toEqual(places(1, 6))
    expect(await rig.exceptions()).toContainEqual([1, 6, 'custody.rollback'])
    expect(lastAck()).toMatchObject({ epoch: 1, received: { n: 6 } })
  })

  it('is a rollback when nothing came before it and it names nothing: an epoch that is not the first has a history', async () => {
    till.openEpoch()
    await rig.send(till, till.batch())
    expect(await inCustody()).toEqual([])
    expect(await rig.exceptions()).toEqual([[1, 0, 'custody.rollback']])
  })

  it('is a rollback when it does not begin with epoch.opened', async () => {
    await rig.send(till, till.batch())
    till.epoch = 2
    till.entries.length = 0
    till.write(incident)
    await rig.send(till, till.batch())
    expect(await rig.exceptions()).toContainEqual([1, 6, 'custody.rollback'])
    expect(await inCustody()).toEqual(places(1, 6))
  })

  it('that comes from its middle is a gap', async () => {
    await rig.send(till, till.batch())
    till.openEpoch(headOf())
    till.write(incident)
    await rig.send(till, till.batch(2, 2))
    expect(lastAck()).toMatchObject({ epoch: 1, received: { n: 6 } })
    expect((await rig.exceptions()).filter(([, , code]) => code === 'custody.rollback')).toEqual([])
  })

  it('closes the one before: repeats of it are known, more of it is a rollback', async () => {
    const old = new TestTill(till.id, till.signer)
    for (const { bytes } of till.entries) old.writeBytes(bytes)
    await rig.send(till, till.batch())
    till.openEpoch(headOf())
    await rig.send(till, till.batch())
    await rig.send(till, old.batch(2, 6))
    expect((await rig.exceptions()).filter(([, , code]) => String(code).startsWith('custody'))).toEqual([])
    old.write(incident)
    await rig.send(till, old.batch(6, 7))
    expect(await rig.exceptions()).toContainEqual([1, 7, 'custody.rollback'])
    expect(await inCustody()).toEqual([...places(1, 6), 'till 2 1'])
  })

  it('must be opened by the very first batch of a till too', async () => {
    const other = new TestTill(till.id, till.signer)
    other.write(incident)
    await rig.send(till, other.batch())
    expect(await inCustody()).toEqual([])
    expect(await rig.exceptions()).toContainEqual([1, 0, 'custody.rollback'])
  })
})

describe('a message that is not the till’s', () => {
  it('with a signature by another key is set aside and not answered', async () => {
    await rig.send(till, till.batch(1, 6, signerFromSeed(testSeed())))
    expect(await inCustody()).toEqual([])
    expect(rig.acks(till)).toEqual([])
    expect(await rig.exceptions()).toEqual([[1, 0, 'custody.bad_signature']])
  })

  it('with one changed byte is set aside', async () => {
    const message = till.batch()
    message[200] = (message[200] ?? 0) ^ 1
    await rig.send(till, message)
    expect(await inCustody()).toEqual([])
    expect((await rig.exceptions()).map(([, , code]) => code)).toEqual([expect.stringMatching(/custody.bad_signature|wire.malformed/)])
  })

  it('that is garbage is set aside once', async () => {
    for (let times = 0; times < 3; times++) await rig.send(till, new Uint8Array([times, 2, 3]))
    expect(await rig.exceptions()).toEqual([[1, 0, 'wire.malformed']])
  })

  it('under the topic of another till is set aside', async () => {
    const other = await enrolTestTill(rig.hub, rig.clock)
    await rig.send(other, till.batch())
    expect(await inCustody()).toEqual([])
    expect(await rig.exceptions()).toEqual([[1, 0, 'wire.wrong_till']])
    expect(rig.acks(till)).toEqual([])
  })

  it('of a till that nobody enrolled is only reported', async () => {
    const stranger = new TestTill('01900000-0000-7000-8000-00000000ffff')
    await rig.send(stranger, stranger.batch(1, 0))
    expect(rig.warnings.join()).toContain('custody.unknown_till')
    expect(await rig.exceptions()).toEqual([])
    const registered = await rig.hub.registerTill('not enrolled yet')
    const early = new TestTill(registered.ok ? registered.value.till : '')
    await rig.send(early, early.batch(1, 0))
    expect(rig.acks(early)).toEqual([])
  })
})

describe('an acknowledgement', () => {
  it('says what was settled before, within the epoch, and never more than was received', async () => {
    await rig.send(till, till.batch(1, 2))
    till.write(incident)
    await rig.send(till, till.batch(3, 6))
    const early = lastAck()
    expect(early?.settled).toBeGreaterThanOrEqual(2)
    expect(early?.settled).toBeLessThanOrEqual(6)
    await rig.send(till, till.batch(8))
    expect(lastAck()).toMatchObject({ received: { n: 6 }, settled: 6 })
    await rig.send(till, till.batch(7))
    till.openEpoch({ epoch: 1, n: 7, head: hex(till.head) })
    await rig.send(till, till.batch())
    for (const { received, settled } of rig.acks(till)) expect(settled).toBeLessThanOrEqual(received.n)
    await rig.send(till, till.batch(2))
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 1 }, settled: 1 })
  })

  it('says that nothing more is settled while settling stands still, also just after a restart', async () => {
    let hung = false
    const { keys, ports } = rig
    const prove: Prove = (claims) => (hung ? new Promise(() => undefined) : proveHere(nodeCrypto, (keyId) => keys.issuerKey(keyId))(claims))
    const restart = async () => {
      rig = await makeRig({ keys, store: ports.store, copy: ports.copy, prove })
    }
    const deliver = async (from: number) => {
      const answered = rig.acks(till).length
      rig.carrier.deliver(upTopic(till.id), till.batch(from))
      await until(() => expect(rig.acks(till).length).toBeGreaterThan(answered))
      return lastAck()
    }
    await restart()
    await rig.send(till, till.batch())
    hung = true
    till.write(sale(100, 'SP1:HELLO').intended)
    expect(await deliver(7)).toMatchObject({ received: { n: 7 }, safe: 7, settled: 6 })
    await restart()
    expect(await deliver(8)).toMatchObject({ received: { n: 7 }, safe: 7, settled: 6 })
    hung = false
    await restart()
    await rig.hub.idle()
    expect(await deliver(8)).toMatchObject({ received: { n: 7 }, settled: 7 })
  })

  it('answers the last message that the till signed, to the byte', async () => {
    const last = till.batch(4, 6)
    await rig.send(till, till.batch(1, 2), till.batch(3, 3), last, till.batch(1, 6, signerFromSeed(testSeed())), new Uint8Array([1]))
    expect(lastAck()?.answers).toBe(digest(last))
    const empty = till.batch(7)
    await rig.send(till, empty)
    expect(lastAck()?.answers).toBe(digest(empty))
  })
})

describe('custody under pressure', () => {
  it('drops what it cannot hold, and takes it when it is sent again', async () => {
    while (till.entries.length < 20) till.write(incident)
    await rig.send(till, ...till.entries.map(({ n }) => till.batch(n, n)))
    // The first message is taken at once, and eight may wait.
    expect(await inCustody()).toEqual(places(1, 9))
    await rig.send(till, till.batch(10))
    expect(await inCustody()).toEqual(places(1, 20))
  })

  it('says that it drops at most once a minute', async () => {
    const flood = () => rig.send(till, ...Array.from({ length: 12 }, () => till.batch()))
    const said = () => rig.warnings.filter((line) => line.includes('too many batches')).map((line) => /dropped (\d+)/.exec(line)?.[1])
    await flood()
    await flood()
    expect(said()).toEqual(['1'])
    rig.clock.advance(MINUTE)
    await flood()
    expect(said()).toEqual(['1', '6'])
  })

  it('hears every till, however much one of them sends', async () => {
    const other = await rig.till()
    const message = till.batch(1, 1)
    for (let times = 0; times < 5000; times++) rig.carrier.deliver(upTopic(till.id), message)
    await rig.send(other, other.batch())
    expect(rig.acks(other).at(-1)?.received.n).toBe(1)
    expect(await inCustody()).toContain('other 1 1')
  })

  it('answers a till once for all its batches of a group', async () => {
    await rig.send(till, ...Array.from({ length: 50 }, (_, index) => till.batch((index % 6) + 1, (index % 6) + 1)))
    expect(rig.acks(till).length).toBeLessThanOrEqual(2)
  })

  it('keeps nothing and says nothing when the disk is full', async () => {
    const store = openMemoryStore(memoryDisk())
    let full = false
    const failing = {
      ...store,
      commit: (changes: Parameters<typeof store.commit>[0]) => (full && changes.segments ? Promise.resolve('full' as const) : store.commit(changes)),
    }
    rig = await makeRig({ store: failing })
    till = await rig.till()
    full = true
    await rig.send(till, till.batch())
    expect(rig.acks(till)).toEqual([])
    expect(rig.warnings.join()).toContain('disk is full')
    full = false
    await rig.send(till, till.batch())
    expect(lastAck()?.received.n).toBe(1)
  })
})

describe('the second copy', () => {
  it('that cannot be written holds back `safe` but not `received`, and catches up', async () => {
    const kept = memoryCopy()
    let broken = false
    const copy: EntryCopy = {
      get lastSeq() {
        return kept.lastSeq
      },
      append: (segments) => (broken ? Promise.resolve(false) : kept.append(segments)),
      read: (afterSeq) => kept.read(afterSeq),
      verify: () => kept.verify(),
      close: () => kept.close(),
    }
    rig = await makeRig({ copy })
    till = await rig.till()
    till.write(incident)
    await rig.send(till, till.batch(1, 1))
    broken = true
    await rig.send(till, till.batch(2, 2))
    expect(lastAck()).toMatchObject({ received: { n: 2 }, safe: 1 })
    broken = false
    till.write(incident)
    await rig.send(till, till.batch(3, 3))
    expect(lastAck()).toMatchObject({ received: { n: 3 }, safe: 3 })
    expect(kept.lastSeq).toBe(3)
  })

  it('is filled from the database at the start, and the other way round after a restore', async () => {
    await rig.send(till, till.batch(1, 2), till.batch(3))
    const copy = memoryCopy()
    const { ports, disk } = rig
    await makeRig({ ...ports, copy })
    expect(copy.lastSeq).toBe(6)

    // The database comes back from a backup that has the till but only two of its entries.
    const backup = memoryDisk()
    for (const row of disk.rows.tills.values()) backup.rows.tills.set(row.id, row)
    const restored = openMemoryStore(backup)
    await restored.commit({
      segments: disk.segments.slice(0, 1),
      heads: [{ id: till.id, version: 0, epoch: 1, n: 2, hash: till.entries[1]?.hash ?? GENESIS, seq: 2, receivedAt: 1, floorAt: undefined, acks: [] }],
    })
    rig = await makeRig({ keys: rig.keys, store: restored, copy })
    expect(await inCustody()).toEqual(places(1, 6))
    await rig.send(till, till.batch(7))
    expect(lastAck()).toMatchObject({ received: { n: 6, head: hex(till.head) }, safe: 6, hubEpoch: 7 })
  })

  it('that is found to be damaged behind everything else is filled again, without a new batch', async () => {
    await rig.send(till, till.batch())
    let kept = memoryCopy()
    const copy: EntryCopy = {
      get lastSeq() {
        return kept.lastSeq
      },
      append: (segments) => kept.append(segments),
      read: (afterSeq) => kept.read(afterSeq),
      verify: () => Promise.resolve(false).finally(() => (kept = memoryCopy())),
      close: () => kept.close(),
    }
    rig = await makeRig({ keys: rig.keys, store: rig.ports.store, copy })
    await until(() => expect(copy.lastSeq).toBe(6))
    await rig.send(till, till.batch(7))
    expect(lastAck()).toMatchObject({ received: { n: 6 }, safe: 6 })
  })

  it('of another database stops the hub', async () => {
    await rig.send(till, till.batch())
    const other = await makeRig()
    const stranger = await other.till()
    await other.send(stranger, stranger.batch())
    await expect(makeRig({ ...rig.ports, copy: other.ports.copy })).rejects.toThrow('not of this database')
  })
})

it('hashes nothing it does not know: an entry of another place cannot open an epoch', async () => {
  const forged = encodeBatch(till.signer, {
    till: till.id,
    epoch: 3,
    from: 1,
    previous: GENESIS,
    lastAck: new Uint8Array(0),
    waiting: 0,
    entries: [till.entries[0]?.bytes ?? new Uint8Array(0)],
  })
  await rig.send(till, forged)
  expect(await inCustody()).toEqual([])
  expect(await rig.exceptions()).toEqual([[1, 0, 'custody.rollback']])
})

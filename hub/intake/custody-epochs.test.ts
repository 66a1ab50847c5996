import { beforeEach, describe, expect, it } from 'vitest'
import { makeRig, sale, START, TestTill, type Rig } from '../test-rig.ts'
import { hex } from '#protocol/bytes.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { downTopic } from '#protocol/topics.ts'
import { MINUTE, SECOND } from '#protocol/time.ts'

const incident = { kind: 'incident.recorded', body: { code: 'device.absent' } } as const

let rig: Rig
let till: TestTill
beforeEach(async () => {
  rig = await makeRig()
  till = await rig.till()
  for (let n = 0; n < 9; n++) till.write(incident)
})
const lastAck = () => rig.acks(till).at(-1)
const codes = async () => (await rig.exceptions()).filter(([, , code]) => code !== 'device.absent')
/** SHA-256 of the last acknowledgement, as a till cites it. */
const heard = () => nodeCrypto.sha256(rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till.id, 'ack'))?.payload ?? new Uint8Array(0))
const citing = (from = 1, waiting = 0) => till.batch(from, till.entries.length, till.signer, { lastAck: heard(), waiting })
const at = (n: number) => ({ epoch: till.epoch, n, head: hex(till.entries[n - 1]?.hash ?? new Uint8Array(32)) })
/** The journal as it was at entry n. */
const backup = (n: number) => {
  const copy = new TestTill(till.id, till.signer)
  for (const { bytes } of till.entries.slice(0, n)) copy.writeBytes(bytes)
  return copy
}

describe('a till that was restored', () => {
  it('goes on in a new epoch that names the hub’s head, and a person is told', async () => {
    await rig.send(till, till.batch())
    till.openEpoch(at(10))
    await rig.send(till, till.batch())
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 1 } })
    expect(await codes()).toEqual([[2, 1, 'till.restored']])
  })

  it('is taken when the rest of its old journal was still on its way as it asked', async () => {
    await rig.send(till, till.batch(1, 6))
    const named = at(6)
    const late = till.batch(7, 10)
    const restored = backup(4)
    restored.openEpoch(named)
    await rig.send(till, late, restored.batch())
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 1 } })
    expect((await rig.ports.store.standing()).lastSeq).toBe(11)
    expect(await codes()).toEqual([[2, 1, 'till.restored']])
  })

  it('for a second time, from before an epoch that the hub never heard of, opens that epoch anew', async () => {
    await rig.send(till, till.batch())
    const named = at(10)
    const [first, second] = [backup(4), backup(4)]
    first.openEpoch(named)
    first.write(incident)
    second.openEpoch(named)
    second.write({ kind: 'incident.recorded', body: { code: 'device.timeout' } })
    await rig.send(till, second.batch())
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 2, head: hex(second.head) } })
    await rig.send(till, first.batch(2))
    expect(await codes()).toContainEqual([2, 2, 'custody.fork'])
  })

  it('together with the hub: waits until the hub has all that the till has, and then goes on over what both have lost', async () => {
    await rig.send(till, till.batch())
    const named = at(10)
    const restored = backup(7)
    // The hub comes back from a backup, without its second copy, as it was after the fourth entry.
    const known = rig.disk.rows.tills
    rig = await makeRig({ keys: rig.keys })
    for (const [id, row] of known) rig.disk.rows.tills.set(id, row)
    await rig.send(till, till.batch(1, 4))
    const rest = restored.batch(5, 7)
    restored.openEpoch(named)
    await rig.send(till, restored.batch())
    expect(lastAck()).toMatchObject({ epoch: 1, received: { n: 4 } })
    await rig.send(till, rest, restored.batch())
    expect(lastAck()).toMatchObject({ epoch: 1, received: { n: 7 } })
    expect(await codes()).toEqual([])
    await rig.send(till, restored.batch(1, 1, till.signer, { lastAck: heard() }))
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 1 } })
    expect(await codes()).toEqual([
      [2, 1, 'custody.lost'],
      [2, 1, 'till.restored'],
    ])
    await rig.send(till, till.batch(8, 10))
    expect(await codes()).toContainEqual([1, 8, 'custody.rollback'])
  })
})

describe('a till whose journal is damaged', () => {
  it('names its last good entry, behind the hub’s head', async () => {
    await rig.send(till, till.batch())
    const named = at(6)
    till.openEpoch(named)
    await rig.send(till, till.batch())
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 1 } })
    expect((await rig.ports.store.standing()).lastSeq).toBe(11)
  })

  it('may find that none of it is good', async () => {
    await rig.send(till, till.batch())
    till.openEpoch({ epoch: 1, n: 0, head: '00'.repeat(32) })
    await rig.send(till, till.batch())
    expect(lastAck()).toMatchObject({ epoch: 2, received: { n: 1 } })
  })

  it('cannot name what the hub has otherwise, nor an epoch that is not before its own', async () => {
    await rig.send(till, till.batch())
    const [five, six] = [at(5), at(6)]
    till.openEpoch({ ...six, head: five.head })
    await rig.send(till, till.batch())
    till.epoch = 1
    till.openEpoch({ ...six, epoch: 2 })
    await rig.send(till, till.batch())
    expect(lastAck()).toMatchObject({ epoch: 1, received: { n: 10 } })
    expect(await codes()).toEqual([[1, 10, 'custody.rollback']])
  })
})

describe('the time that an entry gives', () => {
  const later = (ms: number) => {
    rig.clock.advance(ms)
    return rig.clock.now()
  }

  it('below the floor is flagged, within the tolerance and above it is not', async () => {
    await rig.send(till, citing())
    const floor = later(10 * SECOND)
    await rig.send(till, citing(11))
    await rig.send(till, citing(11))
    later(MINUTE)
    const n = till.entries.length
    for (const time of [floor - 2 * SECOND, floor - 2 * SECOND - 1, floor, rig.clock.now() + 3 * MINUTE]) till.write(incident, time)
    await rig.send(till, till.batch(n + 1))
    expect(await codes()).toEqual([
      [1, n + 2, 'entry.backdated'],
      [1, n + 4, 'entry.postdated'],
    ])
  })

  it('is not bound by what a till says while it has a backlog, and the floor outlives the hub’s process', async () => {
    await rig.send(till, citing())
    later(10 * SECOND)
    await rig.send(till, citing(11, 5))
    till.write(incident, START)
    await rig.send(till, citing(11))
    expect(await codes()).toEqual([])
    till.write(incident, rig.clock.now())
    await rig.send(till, citing(12))
    const { keys, ports, clock } = rig
    rig = await makeRig({ keys, store: ports.store, copy: ports.copy, clock, timers: clock })
    till.write(incident, START)
    await rig.send(till, till.batch(13))
    expect(await codes()).toEqual([[1, 13, 'entry.backdated']])
  })

  it('cannot make a stale code fresh', async () => {
    const wallet = await rig.wallet()
    await rig.send(till, citing())
    const stale = sale(100, wallet.show(rig.clock.now()))
    later(10 * MINUTE)
    await rig.send(till, citing(11))
    await rig.send(till, citing(11))
    const before = rig.clock.now() - 10 * MINUTE
    for (const fact of [stale.intended, stale.acceptedOffline, stale.captured]) till.write(fact, before)
    await rig.send(till, till.batch(11))
    expect(await rig.payment(stale.paymentId)).toMatchObject({ exception: 'code.expired', settledAt: undefined })
    expect(await codes()).toContainEqual([1, 11, 'entry.backdated'])
    expect(await rig.purse(wallet)).toEqual([25_000, 0])
  })
})

describe('one till’s garbage', () => {
  it('is in custody whatever it says, and keeps no other entry and no other till from being settled', async () => {
    const other = await rig.till()
    const wallet = await rig.wallet()
    const garbage = [new Uint8Array(0), new Uint8Array([255, 254]), new TextEncoder().encode('{"v":1}'), new TextEncoder().encode('[[[[')]
    for (const bytes of garbage) till.writeBytes(bytes)
    const [mine, theirs] = [sale(100, wallet.show()), sale(200, wallet.show())]
    for (const fact of [mine.intended, mine.acceptedOffline, mine.captured]) till.write(fact)
    for (const fact of [theirs.intended, theirs.acceptedOffline, theirs.captured]) other.write(fact)
    await rig.send(till, new Uint8Array([1]), till.batch())
    await rig.send(other, other.batch())
    expect(lastAck()?.received.n).toBe(till.entries.length)
    expect((await codes()).filter(([, , code]) => code === 'entry.malformed')).toHaveLength(garbage.length)
    for (const { paymentId } of [mine, theirs]) expect(await rig.payment(paymentId)).toMatchObject({ funds: 'posted' })
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex, unbase64url } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, readBatch, type Ack } from '#protocol/hub/messages.ts'
import { chainHash, GENESIS } from '#protocol/journal/chain.ts'
import { decodeEntry, type Entry, type Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { anyCharacter } from '#protocol/node/test-text.ts'
import { DAY, HOUR } from '#protocol/time.ts'
import { Disk } from './disk.ts'
import { makeRig, refund, sale, START as NOW } from '../../hub/test-rig.ts'
import { Authority } from '../../terminal/core/authority.ts'
import { CHECKPOINT_EVERY, readCheckpoint, RECORD_CHECKPOINT } from '../../terminal/core/checkpoint.ts'
import { Draining } from '../../terminal/core/draining.ts'
import { Epochs } from '../../terminal/core/epochs.ts'
import { Integrity } from '../../terminal/core/integrity.ts'
import { openJournal, verify, type Owner } from '../../terminal/core/journal.ts'
import { compare, type Place } from '../../terminal/core/outbox.ts'
import { Payments, type PaymentRecord } from '../../terminal/core/payments.ts'
import { projected } from '../../terminal/core/projection.ts'
import type { Change, StoredEntry, TillStore } from '../../terminal/core/store.ts'

const TILL = '0198c0de-0000-7000-8000-0000000000aa'
const seed = (n: number) => signerFromSeed(new Uint8Array(32).fill(n))
const keys = { root: seed(1), ack: seed(4), till: seed(5) }
const keySet = {
  v: 1 as const,
  version: 1,
  keys: [{ role: 'ack', keyId: hex(keys.ack.keyId), publicKey: hex(keys.ack.publicKey), notBefore: NOW - DAY, notAfter: NOW + DAY }],
}
const incident = (detail: string): Fact => ({ kind: 'incident.recorded', body: { code: 'device.garbage', detail } })

/** A journal that can be spoiled: what is on the disk and what is read differ by `spoil`. */
class Spoilt {
  readonly disk = new Disk()
  readonly #spoil = new Map<string, (entry: StoredEntry) => StoredEntry | undefined>()
  spoil(n: number, how: (entry: StoredEntry) => StoredEntry | undefined, epoch = 1): void {
    this.#spoil.set(`${epoch}/${n}`, how)
  }
  open(): TillStore {
    const inner = this.disk.open()
    const seen = (entry: StoredEntry) => (this.#spoil.get(`${entry.epoch}/${entry.n}`) ?? ((same: StoredEntry) => same))(entry)
    return {
      ...inner,
      readAfter: (place, bytes, count) => {
        const all = inner.readAfter(place, bytes, count + this.#spoil.size)
        return all.flatMap((entry) => seen(entry) ?? []).slice(0, count)
      },
    }
  }
}

/** A till's journal and everything that keeps it, without the till. */
function start(store: TillStore, hubTime = { at: NOW }, owner: Owner = { till: TILL, signer: keys.till }) {
  const authority = new Authority(nodeCrypto, store, owner.till, keys.root.publicKey)
  authority.accept('keys', encodeSigned(keys.root, signedTypes.keySet, keySet))
  const epochs = new Epochs(store)
  const journal = openJournal(owner, nodeCrypto, store, NOW)
  const sent: Uint8Array[] = []
  const link = { send: (batch: Uint8Array) => void sent.push(batch), reconnect: () => {} }
  const draining = new Draining({ ...owner, name: '', rootPublicKey: keys.root.publicKey }, nodeCrypto, store, journal, link, authority, epochs)
  const payments = new Payments(store, draining.safe, draining.settled)
  const told: string[] = []
  const integrity = new Integrity({
    owner,
    crypto: nodeCrypto,
    store,
    journal,
    epochs,
    draining,
    payments,
    now: () => NOW,
    appended: () => draining.step({ type: 'appended', head: journal.head }, 0),
    tell: (code) => void told.push(code),
  })
  /** Answers to what is being sent: the hash that an acknowledgement names. */
  const asked = (batch: Uint8Array | undefined = sent.at(-1)) => hex(nodeCrypto.sha256(batch ?? new Uint8Array(0)))
  /** A till that connects asks where the hub stands. */
  const ask = () => {
    draining.step({ type: 'disconnected' }, 0)
    draining.step({ type: 'connected' }, 0)
    return asked()
  }
  const hubSays = (place: Place, head: string, more: Partial<Ack> = {}) => {
    hubTime.at += 1000
    const ack = { v: 1 as const, till: owner.till, epoch: place.epoch, received: { n: place.n, head }, safe: place.n, settled: place.n, exceptions: [] }
    const answers = more.answers ?? ask()
    const bytes = encodeSigned(keys.ack, signedTypes.ack, { ...ack, hubEpoch: 1, hubTime: hubTime.at, ...more, answers })
    const heard = draining.acknowledged(bytes, 0)
    if (!heard.ok) throw new Error(heard.code)
    return heard.value.contradicts ? integrity.restored(heard.value.ack) : heard.value
  }
  return {
    store,
    journal,
    draining,
    epochs,
    integrity,
    told,
    sent,
    payments,
    hubTime,
    ask,
    asked,
    hubSays,
    write: (...details: string[]) => details.forEach((detail) => journal.append(NOW, [incident(detail)])),
    entries: (epoch: number): Entry[] =>
      store.readAfter({ epoch, n: 0 }, 1e9, 1e6).flatMap((stored) => {
        const entry = decodeEntry(stored.bytes, { till: owner.till, epoch: stored.epoch, n: stored.n })
        return entry.ok && stored.epoch === epoch ? [entry.value] : []
      }),
    /** What a hub takes from this till: everything that drains, in chains without a gap. */
    drain: (): Entry[] => {
      const arrived: Entry[] = []
      let chain = draining.receivedHead?.head ?? hex(GENESIS)
      let next = sent.length
      ask()
      for (; next < sent.length; next++) {
        const read = readBatch(sent[next] ?? new Uint8Array(0))
        if (!read.ok) throw new Error(read.detail)
        const { batch } = read.value
        if (batch.entries.length === 0) break
        if (batch.from === 1) chain = hex(GENESIS)
        expect(hex(batch.previous)).toBe(chain)
        batch.entries.forEach((entry, i) => {
          const decoded = decodeEntry(entry, { till: owner.till, epoch: batch.epoch, n: batch.from + i })
          if (!decoded.ok) throw new Error(decoded.detail)
          arrived.push(decoded.value)
          chain = hex(chainHash(nodeCrypto, Buffer.from(chain, 'hex'), entry))
        })
        const done = hubSays({ epoch: batch.epoch, n: batch.from + batch.entries.length - 1 }, chain, { answers: asked(sent[next]) })
        expect(done).toMatchObject({ contradicts: false })
      }
      return arrived
    },
  }
}

/** Details of incidents, carried or salvaged, in the order in which the hub hears them. */
const heard = (entries: readonly Entry[]): string[] =>
  entries.flatMap((entry) => {
    if (entry.kind === 'incident.recorded') return entry.body.detail ?? ''
    if (entry.kind !== 'entry.salvaged') return []
    const inner = decodeEntry(unbase64url(entry.body.bytes) ?? new Uint8Array(0), { till: TILL, epoch: entry.body.epoch, n: entry.body.n })
    return inner.ok && inner.value.kind === 'incident.recorded' ? `salvaged ${inner.value.body.detail ?? ''}` : []
  })
const flipped = (entry: StoredEntry): StoredEntry => ({ ...entry, bytes: entry.bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) })
const hashOf = (till: ReturnType<typeof start>, n: number, epoch = 1) => hex(till.journal.hashAt({ epoch, n }) ?? GENESIS)

describe('checkpoints', () => {
  test('one is written with every thousand entries and one at a clean stop, signed by the till’s key', () => {
    const disk = new Disk()
    const till = start(disk.open())
    for (let n = 2; n < CHECKPOINT_EVERY; n++) till.write('x')
    expect(disk.records.has(RECORD_CHECKPOINT)).toBe(false)
    till.write('thousandth')
    const read = () => readCheckpoint(nodeCrypto, keys.till.publicKey, TILL, disk.records.get(RECORD_CHECKPOINT) ?? '')
    expect(read()).toEqual(till.journal.head)
    till.write('one more')
    till.journal.checkpoint()
    expect(read()).toEqual(till.journal.head)
    expect(readCheckpoint(nodeCrypto, keys.ack.publicKey, TILL, disk.records.get(RECORD_CHECKPOINT) ?? '')).toBeUndefined()
  })

  test('any text is a checkpoint or none, never a throw', () => {
    fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => readCheckpoint(nodeCrypto, keys.till.publicKey, TILL, text) === undefined))
  })

  test('a start reads what follows the checkpoint and nothing before it', () => {
    const disk = new Disk()
    const first = start(disk.open())
    for (let n = 0; n < 1500; n++) first.write('x')
    const read: number[] = []
    const inner = disk.open()
    const second = start({ ...inner, readAfter: (...asked) => inner.readAfter(...asked).map((entry) => (read.push(entry.n), entry)) })
    read.length = 0
    second.integrity.start()
    expect(Math.min(...read)).toBe(CHECKPOINT_EVERY)
    expect(read.length).toBeLessThan(510)
    for (let ticks = 0; ticks < 5; ticks++) second.integrity.tick()
    expect(new Set(read).size).toBe(1501)
    expect(second.told).toEqual([])
  })
})

describe('a damaged journal', () => {
  test('goes on in a new epoch that names the last good entry, and the hub hears of everything that could be read', () => {
    const spoilt = new Spoilt()
    const before = start(spoilt.open())
    before.write('two', 'three', 'four', 'five')
    spoilt.spoil(3, flipped)
    const till = start(spoilt.open())
    const good = till.journal.hashAt({ epoch: 1, n: 2 })
    till.integrity.start()
    expect(till.told).toEqual(['till.journal_salvaged'])
    expect(till.entries(2)[0]).toMatchObject({ kind: 'epoch.opened', body: { reason: 'damaged', previous: { epoch: 1, n: 2, head: hex(good ?? GENESIS) } } })
    till.write('six')
    const arrived = till.drain()
    expect(arrived.slice(0, 3).map(({ epoch, n }) => [epoch, n])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ])
    expect(heard(arrived)).toEqual(['two', 'salvaged four', 'salvaged five', 'six'])
  })

  test('at a place that the hub has received, names what the hub has', () => {
    const spoilt = new Spoilt()
    const before = start(spoilt.open())
    before.write('two', 'three', 'four')
    before.hubSays({ epoch: 1, n: 3 }, hashOf(before, 3), { safe: 0 })
    const head = hashOf(before, 3)
    spoilt.spoil(2, flipped)
    const till = start(spoilt.open())
    till.integrity.start()
    till.integrity.tick()
    expect(till.entries(2)[0]).toMatchObject({ body: { reason: 'damaged', previous: { epoch: 1, n: 3, head } } })
    expect(heard(till.drain())).toEqual(['salvaged three', 'salvaged four'])
  })

  test('whose newest epoch has not even its opening left goes on where that one did', () => {
    const spoilt = new Spoilt()
    start(spoilt.open()).write('two', 'three', 'four')
    spoilt.spoil(3, flipped)
    start(spoilt.open()).integrity.start()
    spoilt.spoil(1, flipped, 2)
    const till = start(spoilt.open())
    till.integrity.start()
    const head = hashOf(till, 2)
    expect(till.entries(3)[0]).toMatchObject({ kind: 'epoch.opened', body: { reason: 'damaged', previous: { epoch: 1, n: 2, head } } })
    expect(heard(till.drain())).toEqual(['two', 'salvaged four'])
  })

  test('among what is safe at the hub is told, and nothing else happens', () => {
    const spoilt = new Spoilt()
    const before = start(spoilt.open())
    before.write('two', 'three', 'four')
    before.hubSays({ epoch: 1, n: 4 }, hashOf(before, 4))
    before.journal.checkpoint()
    spoilt.spoil(2, flipped)
    const till = start(spoilt.open())
    till.integrity.start()
    for (let ticks = 0; ticks < 5; ticks++) till.integrity.tick()
    expect(till.told).toEqual(['till.journal_corrupt'])
    expect(till.journal.head.epoch).toBe(1)
  })

  test('whatever single entry is spoilt or gone: every other one that the hub lacks reaches it, in chains that hold', () => {
    const spoiling = fc.constantFrom(
      flipped,
      (entry: StoredEntry) => ({ ...entry, hash: new Uint8Array(32) }),
      () => undefined,
    )
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 2, max: 12 }), fc.nat(12), fc.boolean(), spoiling, (length, where, safe, signed, how) => {
        const spoilt = new Spoilt()
        const before = start(spoilt.open())
        for (let n = 2; n <= length; n++) before.write(String(n))
        const known = Math.min(safe, length)
        if (known > 0) before.hubSays({ epoch: 1, n: known }, hashOf(before, known))
        if (signed) before.journal.checkpoint()
        if (where < length) spoilt.spoil(where, how)
        const till = start(spoilt.open())
        till.integrity.start()
        for (let ticks = 0; ticks < 8; ticks++) till.integrity.tick()
        const arrived = new Set(heard(till.drain()).map((text) => text.replace('salvaged ', '')))
        for (let n = known + 1; n <= length; n++) {
          // Behind an entry whose hash is gone the next one proves nothing any more.
          const unprovable = where < length && (n === where || n === where + 1)
          if (n > 1 && !unprovable) expect(arrived).toContain(String(n))
        }
        if (where >= length) expect(till.told).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})

describe('a capture that was damaged on the disk', () => {
  /** A sale of 10.00, of which 3.00 were given back, in entries 2 to 6 of a till that has an account at a real hub. Entry 4 is the capture, but for `between` others. */
  async function sold(between = 0, inCash = false) {
    const rig = await makeRig()
    const account = await rig.till()
    const owner = { till: account.id, signer: account.signer }
    const wallet = await rig.wallet()
    const spoilt = new Spoilt()
    const before = start(spoilt.open(), { at: NOW }, owner)
    const one = sale(1000, wallet.show())
    let record: PaymentRecord | undefined
    const others = Array.from({ length: between }, (_, n) => incident(`${n}`))
    const cash: Fact = { kind: 'payment.taken_in_cash', body: { ...one.captured.body, saleId: one.saleId, tenderedMinor: 1500, changeMinor: 500 } }
    for (const fact of [...(inCash ? [cash] : [one.intended, one.acceptedOffline, ...others, one.captured]), one.completed, refund(one, 300).made]) {
      const { epoch, n } = before.journal.head
      record = projected(() => record, { v: 1, till: owner.till, epoch, n: n + 1, at: NOW, ...fact }) ?? record
      before.journal.append(NOW, [fact], record === undefined ? {} : { payments: [record] })
    }
    const [, , , stored] = before.store.readAfter({ epoch: 1, n: 0 }, 1e9, 9)
    /** Starts again, and everything goes to the hub, which says where it stands. */
    const drained = async () => {
      const till = start(spoilt.open(), before.hubTime, owner)
      till.integrity.start()
      for (let ticks = 0; ticks < 8; ticks++) till.integrity.tick()
      for (let answers = till.ask(), said = ''; said !== answers; answers = till.asked()) {
        await rig.send(account, till.sent.at(-1) ?? new Uint8Array(0))
        said = answers
        for (const { epoch, received, safe, settled } of rig.acks(account).slice(-1)) {
          till.hubSays({ epoch, n: received.n }, received.head, { answers, safe, settled })
        }
      }
      const codes = (await rig.exceptions()).map(([, , code]) => code)
      return { till, codes, payment: await rig.payment(one.paymentId), purse: await rig.purse(wallet) }
    }
    return { spoilt, one, stored, drained }
  }
  const settled = { payment: { state: 'CAPTURED', funds: 'posted', capturedMinor: 1000, refundedMinor: 300 }, purse: [25_000 - 700, 0] }

  test.each([
    ['spoilt', [4], flipped],
    ['gone', [4], () => undefined],
    ['spoilt with what followed from it', [4, 5], flipped],
    ['gone with what was before and behind it', [4, 5], () => undefined],
  ] as const)('%s, comes to the hub from the payment’s row, to the letter as it was', async (_, holes, how) => {
    const { spoilt, one, stored, drained } = await sold()
    for (const n of holes) spoilt.spoil(n, how)
    const { till, codes, payment, purse } = await drained()
    expect({ payment, purse }).toMatchObject(settled)
    expect(payment?.receiptNumber).toBe(one.captured.body.receiptNumber)
    expect(codes).toEqual(['till.journal_salvaged'])
    const carried = till.entries(2).flatMap((entry) => (entry.kind === 'entry.salvaged' && entry.body.n === 4 ? entry.body.bytes : []))
    expect(carried.map((text) => hex(unbase64url(text) ?? GENESIS))).toEqual([hex(stored?.bytes ?? GENESIS)])
    expect(till.payments.get(one.paymentId)).toMatchObject({ state: 'CAPTURED', refundedMinor: 300, last: { epoch: 2 } })
  })

  test('far behind the rest of its payment, is not lost either', async () => {
    const { spoilt, drained } = await sold(450)
    spoilt.spoil(2, flipped)
    spoilt.spoil(454, flipped)
    const { till } = await drained()
    expect(till.entries(2).filter((entry) => entry.kind === 'entry.salvaged' && entry.body.n === 454)).toHaveLength(1)
  })

  test('at the end of the journal, is not lost either', async () => {
    const { spoilt, drained } = await sold()
    for (const n of [4, 5, 6]) spoilt.spoil(n, flipped)
    const { payment, purse } = await drained()
    expect({ payment, purse }).toMatchObject({ payment: { state: 'CAPTURED', funds: 'posted' }, purse: [25_000 - 1000, 0] })
  })

  test('of cash, comes from the payment’s row as well', async () => {
    const { spoilt, drained } = await sold(0, true)
    spoilt.spoil(2, flipped)
    const { codes, payment } = await drained()
    expect(payment).toMatchObject({ state: 'CAPTURED', funds: 'posted', profile: 'cash', capturedMinor: 1000, refundedMinor: 300 })
    expect(codes).toEqual(['till.journal_salvaged'])
  })

  test('that the hub has already, is passed over', async () => {
    const { spoilt, drained } = await sold()
    await drained()
    spoilt.spoil(4, flipped)
    expect(await drained()).toMatchObject(settled)
  })
})

describe('a restored journal', () => {
  const restoredTill = () => {
    const disk = new Disk()
    const first = start(disk.open())
    first.write('two', 'three')
    first.hubSays({ epoch: 1, n: 3 }, hashOf(first, 3))
    const copy = disk.snapshot()
    first.write('four', 'five')
    first.hubSays({ epoch: 1, n: 5 }, hashOf(first, 5))
    const head = hashOf(first, 5)
    disk.restore(copy)
    return { disk, head, hubTime: first.hubTime }
  }

  test('opens a new epoch that names the hub’s head, and carries over what it wrote meanwhile', () => {
    const { disk, head, hubTime } = restoredTill()
    const till = start(disk.open(), hubTime)
    till.integrity.start()
    till.write('other four')
    expect(till.hubSays({ epoch: 1, n: 5 }, head)).toBe(true)
    expect(till.told).toEqual(['till.restored'])
    expect(till.entries(2)[0]).toMatchObject({ kind: 'epoch.opened', body: { reason: 'restored', previous: { epoch: 1, n: 5, head } } })
    till.write('six')
    const arrived = till.drain()
    expect(arrived[0]).toMatchObject({ epoch: 2, n: 1 })
    expect(heard(arrived)).toEqual(['salvaged other four', 'six'])
    expect(till.hubSays({ epoch: 1, n: 5 }, head, { hubTime: 1, answers: '00'.repeat(32) })).toMatchObject({ contradicts: false })
  })

  test('does not take a repeated old acknowledgement for another restore, and begins the epoch where the hub stands', () => {
    const { disk, head, hubTime } = restoredTill()
    const till = start(disk.open(), hubTime)
    expect(till.hubSays({ epoch: 1, n: 5 }, head)).toBe(true)
    expect(till.hubSays({ epoch: 1, n: 5 }, head)).toMatchObject({ contradicts: false })
    expect(till.draining.received).toEqual({ epoch: 2, n: 0 })
    expect(till.journal.head.epoch).toBe(2)
  })

  test('that was stopped at any commit of it goes on where it was', () => {
    for (let commits = 1; commits <= 3; commits++) {
      const { disk, head, hubTime } = restoredTill()
      const cut = start(disk.open(), hubTime)
      for (let n = 0; n < 300; n++) cut.write(`own ${n}`)
      disk.crashAt(commits, 'after')
      try {
        cut.hubSays({ epoch: 1, n: 5 }, head)
      } catch {
        // The power is gone.
      }
      disk.calm()
      const till = start(disk.open(), hubTime)
      till.integrity.start()
      till.hubSays({ epoch: 1, n: 5 }, head)
      while (till.epochs.salvage !== undefined) till.integrity.tick()
      const arrived = heard(till.drain())
      expect(arrived.filter((text) => text.startsWith('salvaged own'))).toEqual(Array.from({ length: 300 }, (_, n) => `salvaged own ${n}`))
      expect(verify(nodeCrypto, till.store, till.epochs, { epoch: 1, n: 0, hash: GENESIS }).damaged).toBeUndefined()
    }
  })

  test('that the hub contradicts again and again lives twice, and stops; after a calm hour it may be restored once more', () => {
    const { disk, head, hubTime } = restoredTill()
    const till = start(disk.open(), hubTime)
    const foreign = (n: number) => ({ place: { epoch: 5 + n, n: 3 }, head: `${n}`.repeat(64) })
    expect(till.hubSays({ epoch: 1, n: 5 }, head)).toBe(true)
    expect(till.hubSays(foreign(1).place, foreign(1).head)).toBe(true)
    expect(till.hubSays(foreign(2).place, foreign(2).head)).toBe(false)
    hubTime.at += HOUR
    expect(till.hubSays(foreign(3).place, foreign(3).head)).toBe(true)
    expect(compare(till.journal.head, { epoch: 9, n: 0 })).toBeGreaterThan(0)
  })

  test('is not taken for two by answers to what it had sent before, however many come', () => {
    const spoilt = new Spoilt()
    const before = start(spoilt.open())
    before.write('two', 'three', 'four', 'five', 'six', 'seven', 'eight')
    before.hubSays({ epoch: 1, n: 3 }, hashOf(before, 3))
    const [five, six, seven] = [5, 6, 7].map((n) => hashOf(before, n))
    const old = before.ask()
    spoilt.spoil(4, flipped)
    const till = start(spoilt.open(), before.hubTime)
    till.integrity.start()
    expect(till.journal.head.epoch).toBe(2)
    const opening = till.ask()
    // The old batch came piece by piece, as others had been sent before it, and the opening behind it.
    for (const [n, head] of [
      [5, five],
      [6, six],
      [7, seven],
    ] as const)
      expect(till.hubSays({ epoch: 1, n }, head ?? '', { answers: old })).toMatchObject({ contradicts: false })
    till.hubSays(till.journal.head, hex(till.journal.head.hash), { answers: opening })
    expect(till.journal.head.epoch).toBe(2)
    expect(till.epochs.contradicted.times).toBe(0)
    expect(till.drain()).toEqual([])
  })

  test('does not count an answer to what was sent just before it opened the epoch', () => {
    const { disk, head, hubTime } = restoredTill()
    const till = start(disk.open(), hubTime)
    const answers = till.ask()
    expect(till.hubSays({ epoch: 1, n: 5 }, head, { answers })).toBe(true)
    for (const n of [6, 7, 8]) expect(till.hubSays({ epoch: 1, n }, `${n}`.repeat(64), { answers })).toMatchObject({ contradicts: false })
    expect(till.journal.head.epoch).toBe(2)
  })

  test('has not heard what it could not store, and does not cite it', () => {
    const disk = new Disk()
    const till = start(disk.open())
    const { received } = till.draining
    disk.full = true
    expect(() => till.hubSays({ epoch: 1, n: 1 }, hashOf(till, 1))).toThrow('full')
    disk.full = false
    expect(till.draining.received).toEqual(received)
    till.ask()
    expect(readBatch(till.sent.at(-1) ?? GENESIS)).toMatchObject({ value: { batch: { from: 1, lastAck: new Uint8Array(0) } } })
  })

  test('changes nothing when nothing can be written', () => {
    const { disk, head, hubTime } = restoredTill()
    const till = start(disk.open(), hubTime)
    disk.full = true
    expect(() => till.hubSays({ epoch: 1, n: 5 }, head)).toThrow('full')
    expect(till.journal.head.epoch).toBe(1)
    disk.full = false
    expect(till.hubSays({ epoch: 1, n: 5 }, head)).toBe(true)
    const noEntries: Change[] = []
    disk.onDurable = (change) => void noEntries.push(change)
    till.integrity.tick()
    expect(noEntries).toEqual([])
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { importJournal } from './journal-import.ts'
import { makeRig, sale, START, testSeed, type Rig, type TestTill, type TestWallet } from './test-rig.ts'
import { EXPORT_ROLE, openSigned } from '#protocol/hub/messages.ts'
import { base64url, hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { HOUR } from '#protocol/time.ts'
import { downTopic } from '#protocol/topics.ts'
import { exportKeyFromSecret, sealJournal } from '#protocol/node/sealed-journal.ts'

let rig: Rig
let till: TestTill
let wallet: TestWallet
beforeEach(async () => {
  rig = await makeRig()
  till = await rig.till()
  wallet = await rig.wallet()
})

/** The key that a till finds in the hub's key set. */
function publicExportKey(): Uint8Array {
  const root = unhex(rig.keys.root.publicKey)
  const set = openSigned(nodeCrypto, rig.keys.keySet(), signedTypes.keySet, () => root)
  const found = set.ok ? set.value.keys.find(({ role }) => role === EXPORT_ROLE) : undefined
  return unhex(found?.publicKey ?? '') ?? new Uint8Array(0)
}

async function sealed(batches: readonly Uint8Array[], key = publicExportKey()): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const all = batches.map((bytes) => ({ bytes, entries: 4 }))
  for await (const part of sealJournal(key, till.id, all)) parts.push(part)
  return Buffer.concat(parts)
}

async function* streamed(file: Uint8Array) {
  for (let at = 0; at < file.length; at += 1000) yield file.subarray(at, at + 1000)
}

/** Two sales, the second in a batch of its own. */
function twoSales(): Uint8Array[] {
  for (const amount of [420, 700]) {
    const one = sale(amount, wallet.show())
    for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
  }
  return [till.batch(1, 5), till.batch(6, 9)]
}

const money = async () => {
  await rig.hub.idle()
  const { money: books, counts } = await rig.hub.overview()
  return { balanced: books.balanced, settled: counts.settled, exceptions: counts.exceptions, purse: await rig.purse(wallet) }
}

describe('importing a journal', () => {
  it('settles what is in it once, however often it is imported, and whatever had come over the link', async () => {
    const batches = twoSales()
    const file = await sealed(batches)
    const taken = { ok: true, value: { till: till.id, entries: 8, stands: { epoch: 1, n: 9 }, complete: true } }
    await rig.send(till, batches[0] ?? new Uint8Array(0))
    expect(await rig.hub.import(streamed(file))).toEqual(taken)
    const once = await money()
    expect(once).toMatchObject({ balanced: true, settled: 2, exceptions: 0, purse: [25_000 - 1120, 0] })
    expect(await rig.hub.import(streamed(file))).toEqual(taken)
    await rig.send(till, ...batches)
    expect(await money()).toEqual(once)
  })

  describe('of a till that has lost the end of an epoch and opened the next one', () => {
    const stored = () => rig.ports.store.standing()
    /** Ten entries are in custody; forty more, ten sales of them, are in the export alone. */
    async function lostAfterExport() {
      for (let n = 0; n < 9; n++) till.write({ kind: 'incident.recorded', body: { code: 'device.absent' } })
      await rig.send(till, till.batch())
      const named = { epoch: 1, n: 10, head: hex(till.head) }
      for (let count = 0; count < 10; count++) {
        const one = sale(100, wallet.show())
        for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
      }
      const lost = till.entries.map(({ bytes }) => bytes)
      const late = [till.batch(9, 30), till.batch(31, 50)]
      till.openEpoch(named)
      await rig.send(till, till.batch())
      return { late, lost }
    }

    it('settles what is only there, once', async () => {
      const { late } = await lostAfterExport()
      expect(await rig.hub.import(streamed(await sealed(late)))).toMatchObject({ ok: true, value: { stands: { epoch: 2, n: 1 }, complete: true } })
      const once = await money()
      expect(once).toMatchObject({ balanced: true, settled: 10, purse: [25_000 - 1000, 0] })
      const { lastSeq } = await stored()
      await rig.hub.import(streamed(await sealed(late)))
      expect([await money(), await stored()]).toMatchObject([once, { lastSeq, settledSeq: lastSeq }])
      till.write({ kind: 'incident.recorded', body: { code: 'device.absent' } })
      await rig.send(till, till.batch(2))
      expect(rig.acks(till).at(-1)).toMatchObject({ epoch: 2, received: { n: 2 } })
      expect((await rig.exceptions()).filter(([, , code]) => String(code).startsWith('custody.'))).toEqual([])
    })

    it('passes over what the new epoch has carried already', async () => {
      const { late, lost } = await lostAfterExport()
      for (const [index, bytes] of lost.entries()) {
        if (index >= 18) till.write({ kind: 'entry.salvaged', body: { epoch: 1, n: index + 1, bytes: base64url(bytes) } })
      }
      await rig.send(till, till.batch(2))
      expect(await money()).toMatchObject({ settled: 8 })
      const { exceptions } = await money()
      await rig.hub.import(streamed(await sealed(late)))
      expect(await money()).toMatchObject({ balanced: true, settled: 10, exceptions, purse: [25_000 - 1000, 0] })
    })

    it('takes nothing that does not continue what is stored, and nothing over the link', async () => {
      const { late } = await lostAfterExport()
      expect(await rig.hub.import(streamed(await sealed(late.slice(1))))).toMatchObject({ ok: true, value: { complete: false } })
      await rig.send(till, ...late)
      expect(await rig.exceptions()).toContainEqual([1, 11, 'custody.rollback'])
      expect(await money()).toMatchObject({ settled: 0 })
    })

    it('holds what is in it to the time that bounded its epoch, and not to that of the next', async () => {
      /** Says that the till has nothing else, and has heard the last answer. */
      const cite = () => {
        rig.clock.advance(HOUR)
        const heard = rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till.id, 'ack'))?.payload ?? new Uint8Array(0)
        return rig.send(till, till.batch(1, 1, till.signer, { lastAck: nodeCrypto.sha256(heard) }))
      }
      await rig.send(till, till.batch())
      await cite()
      const named = { epoch: 1, n: 1, head: hex(till.head) }
      till.write(sale(100, wallet.show()).intended)
      const late = till.batch(2, 2)
      till.openEpoch(named)
      await rig.send(till, till.batch())
      await cite()
      await rig.hub.import(streamed(await sealed([late])))
      const floors = (await rig.ports.store.segments(0, 1e9)).map(({ epoch, n, floorAt }) => [epoch, n, floorAt])
      expect(floors).toEqual([
        [1, 1, undefined],
        [2, 1, START],
        [1, 2, START],
      ])
    })

    it('survives in the second copy', async () => {
      const { late } = await lostAfterExport()
      await rig.hub.import(streamed(await sealed(late)))
      await rig.hub.idle()
      const { lastSeq } = await stored()
      expect(lastSeq).toBe(51)
      rig = await makeRig({ keys: rig.keys, copy: rig.ports.copy })
      expect(await stored()).toMatchObject({ lastSeq })
      expect(await rig.ports.store.get('heads', [till.id])).toMatchObject([{ epoch: 2, n: 1 }])
    })
  })

  it('answers the till as if it had sent the batches itself', async () => {
    await rig.hub.import(streamed(await sealed(twoSales())))
    expect(rig.acks(till).at(-1)).toMatchObject({ received: { n: 9 } })
  })

  it('says that not everything could be taken when entries before it are missing', async () => {
    const [, second] = twoSales()
    expect(await rig.hub.import(streamed(await sealed([second ?? new Uint8Array(0)])))).toMatchObject({
      ok: true,
      value: { stands: undefined, complete: false },
    })
    expect(await money()).toMatchObject({ settled: 0 })
  })

  it('refuses what is not an export, is cut short, is sealed for another hub, or holds something else, and keeps what was whole', async () => {
    const batches = twoSales()
    const file = await sealed(batches)
    const refused = async (bytes: Uint8Array) => {
      const outcome = await rig.hub.import(streamed(bytes))
      return outcome.ok ? 'taken' : outcome.code
    }
    expect(await refused(new TextEncoder().encode('not a journal at all, whatever it is'))).toBe('journal.malformed')
    expect(await refused(await sealed(batches, exportKeyFromSecret(testSeed()).publicKey))).toBe('journal.wrong_key')
    expect(await refused(await sealed([new Uint8Array(50)]))).toBe('journal.malformed')
    expect(await money()).toMatchObject({ settled: 0 })
    expect(await refused(file.subarray(0, file.length - 3))).toBe('journal.malformed')
    expect(await money()).toMatchObject({ settled: 2 })
  })

  it('takes no batch that its till has not signed, and none of an unknown till', async () => {
    till.write(sale(420, wallet.show()).intended)
    const forged = till.batch(1, 2, (await rig.till()).signer)
    expect(await rig.hub.import(streamed(await sealed([forged])))).toMatchObject({ ok: true, value: { complete: false } })
    expect(await money()).toMatchObject({ settled: 0 })
  })

  it('opens files that were sealed for a key of the year before', async () => {
    const file = await sealed(twoSales())
    rig.clock.time += 300 * 24 * 3_600_000
    expect(rig.keys.renew()).toBe(true)
    expect((await importJournal({ keys: rig.keys, offer: () => Promise.resolve({ stands: undefined, taken: false }) }, streamed(file))).ok).toBe(true)
  })
})

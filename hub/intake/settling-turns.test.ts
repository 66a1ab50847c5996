import { base64url } from '#protocol/bytes.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { HOLD_LIFETIME } from './hub-step.ts'
import { proveHere, type ProofClaim } from './proof.ts'
import { makeRig, requestOf, sale, START, TestClock, TestWallet, type Rig, type TestTill } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import { merchantAccount } from '../ledger/names.ts'
import { demoShop } from '../demo-shop.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY, MINUTE } from '#protocol/time.ts'
import { upTopic } from '#protocol/topics.ts'

let rig: Rig
let till: TestTill
let wallet: TestWallet
let sent = 0
beforeEach(async () => {
  rig = await makeRig()
  till = await rig.till()
  wallet = await rig.wallet()
  sent = 0
})

/** Writes these facts and sends them as one batch. */
async function journal(...facts: Fact[]) {
  for (const fact of facts) till.write(fact)
  await rig.send(till, till.batch(sent + 1))
  sent = till.entries.length
}
/** A sale whose exact sum the phone confirmed. */
const bound = (amountMinor: number) => {
  const request = requestOf(till.id, amountMinor).bytes
  return sale(amountMinor, wallet.bound(request), { request })
}
const money = async () => {
  const overview = await rig.hub.overview()
  expect(overview.money.balanced).toBe(true)
  const merchant = overview.money.accounts.find(({ id }) => id === merchantAccount(demoShop.merchant.id, 'EUR'))
  return { merchant: merchant?.posted, pending: merchant?.pending, wallet: await rig.purse(wallet), counts: overview.counts }
}

describe('a hold that nobody claims', () => {
  it('expires after a week, and a capture after that is paid if the wallet still can', async () => {
    const [late, never] = [bound(20_000), sale(300, wallet.show())]
    await journal(late.intended, never.intended)
    rig.clock.advance(HOLD_LIFETIME - 1)
    await rig.hub.idle()
    expect(await money()).toMatchObject({ pending: '20300', counts: { held: 2 } })
    rig.clock.advance(2 * MINUTE)
    await rig.hub.idle()
    expect(await money()).toMatchObject({ pending: '0', wallet: [25_000, 0], counts: { held: 0 } })
    expect((await rig.payment(never.paymentId))?.funds).toBe('expired')
    const told = (await rig.hub.overview()).exceptions.map(({ code, paymentId, detail }) => `${code} ${paymentId} ${detail}`)
    expect(new Set(told)).toEqual(new Set([late, never].map(({ paymentId }) => `payment.hold_expired ${paymentId} last heard of as INTENDED`)))
    await journal(late.acceptedOffline, late.captured)
    expect(await rig.payment(late.paymentId)).toMatchObject({ funds: 'posted', exception: undefined })
    expect(await money()).toMatchObject({ merchant: '20000', wallet: [5000, 0] })
  })
})

describe('settling', () => {
  it('reads the clock once in a turn: a hold that was due is not early again when the clock is put back meanwhile', async () => {
    const { keys, ports } = rig
    const one = sale(300, wallet.show())
    await journal(one.intended)
    const { store } = ports
    const putBack: typeof store = {
      ...store,
      async dueHolds(now, limit) {
        const due = await store.dueHolds(now, limit)
        if (due.length > 0) clock.time -= DAY
        return due
      },
    }
    const clock = new TestClock()
    clock.time += HOLD_LIFETIME + MINUTE
    rig = await makeRig({ keys, clock, store: putBack, copy: ports.copy })
    await rig.hub.idle()
    expect(clock.now()).toBe(START + HOLD_LIFETIME + MINUTE - DAY)
    expect(await rig.payment(one.paymentId)).toMatchObject({ funds: 'expired' })
    expect(await money()).toMatchObject({ pending: '0', wallet: [25_000, 0] })
  })

  it('verifies only intents, and each in the words of its till', async () => {
    const claims: ProofClaim[] = []
    const { keys } = rig
    rig = await makeRig({
      keys,
      prove: (asked) => {
        claims.push(...asked)
        return proveHere(nodeCrypto, (keyId) => keys.issuerKey(keyId))(asked)
      },
    })
    till = await rig.till()
    wallet = await rig.wallet()
    const request = requestOf(till.id, 100)
    const code = wallet.bound(request.bytes)
    const one = sale(100, code, { request: request.bytes })
    await journal(one.intended, one.acceptedOffline, one.captured, one.completed)
    expect(claims).toEqual([{ code, request: base64url(request.bytes), till: till.id, amountMinor: 100, currency: 'EUR', at: START }])
  })

  it('reads no more at once than it has room for, however large a till makes its entries, and goes on until all are judged', async () => {
    const { keys, ports } = rig
    till.write(sale(100, wallet.show()).intended)
    const [size, count] = [100_000, 100]
    for (let n = 0; n < count; n++) till.writeBytes(new Uint8Array(size).fill(n))
    const hung = await makeRig({ keys, store: ports.store, copy: ports.copy, prove: () => new Promise(() => undefined) })
    hung.carrier.deliver(upTopic(till.id), till.batch(1, 2))
    for (let n = 3; n <= count + 2; n += 2) {
      hung.carrier.deliver(upTopic(till.id), till.batch(n, n + 1))
      await until(() => expect(hung.acks(till).at(-1)?.received.n).toBe(Math.min(n + 1, count + 2)))
    }
    const { store } = ports
    const read: number[] = []
    const watched: typeof store = {
      ...store,
      async entries(...asked) {
        const entries = await store.entries(...asked)
        read.push(entries.reduce((sum, { bytes }) => sum + bytes.length, 0))
        return entries
      },
    }
    rig = await makeRig({ keys, store: watched, copy: ports.copy })
    await rig.hub.idle()
    const { settledSeq, lastSeq } = await store.standing()
    expect([lastSeq, settledSeq]).toEqual([count + 2, count + 2])
    expect(Math.max(...read)).toBeLessThan(5 * 1024 * 1024)
  })

  it('goes on where it stopped after a crash between custody and settling: nothing is lost, nothing doubled', async () => {
    const { disk, keys, ports } = rig
    const sales = Array.from({ length: 30 }, () => sale(100, wallet.show()))
    for (const one of sales) for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
    // Proofs never come back: custody is done, settling hangs, the process dies.
    const hung = await makeRig({ keys, store: ports.store, copy: ports.copy, prove: () => new Promise(() => undefined) })
    hung.carrier.deliver(upTopic(till.id), till.batch())
    await until(() => expect(hung.acks(till)).toHaveLength(1))
    expect((await ports.store.standing()).lastSeq).toBe(till.entries.length)
    expect(disk.settledSeq).toBe(0)

    rig = await makeRig({ keys, store: ports.store, copy: ports.copy })
    await rig.hub.idle()
    expect(await money()).toMatchObject({ merchant: '3000', counts: { settled: 30, exceptions: 0, unsettledEntries: 0 } })
    await rig.send(till, till.batch())
    expect(await money()).toMatchObject({ merchant: '3000', counts: { settled: 30 } })
  })
})

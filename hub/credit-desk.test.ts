import { beforeEach, describe, expect, it } from 'vitest'
import { demoShop } from './demo-shop.ts'
import { balanceOf } from './ledger/ledger.ts'
import { creditAccount } from './ledger/names.ts'
import { gift, spend } from './test-credits.ts'
import { openCounter, type Counter } from './test-counter.ts'
import { nextId } from './test-rig.ts'
import { proofOfCredit, readCredit, verifyCredit } from '#protocol/credit/code.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

let counter: Counter
beforeEach(async () => {
  counter = await openCounter()
})
const credits = () => counter.rig.hub.credits
async function left(creditId: string): Promise<number> {
  const [account] = await counter.rig.ports.store.get('accounts', [creditAccount(creditId)])
  return account === undefined ? 0 : Number(balanceOf(account))
}

describe('a gift card that the shop makes', () => {
  it('is signed by the issuer, worth its sum once however often it is asked for, and pays at a till', async () => {
    const creditId = nextId()
    const made = await credits().issue({ creditId, amountMinor: 2500 })
    if (!made.ok) throw new Error(made.code)
    counter.rig.clock.advance(5000)
    expect(await credits().issue({ creditId, amountMinor: 2500 })).toEqual(made)
    expect(await credits().issue({ creditId, amountMinor: 2501 })).toMatchObject({ ok: false, code: 'entry.conflict' })
    expect(await left(creditId)).toBe(2500)
    const read = readCredit(made.value.code)
    expect(read.ok && verifyCredit(nodeCrypto, read.value, counter.rig.ports.keys.signer('issuer').publicKey)).toBe(true)
    const one = spend(creditId, 1000, proofOfCredit(nodeCrypto, made.value.code))
    await counter.journal(counter.till, one.intended, one.held, one.captured, one.completed)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'CAPTURED', funds: 'posted' })
    expect([await left(creditId), (await credits().state()).waiting]).toEqual([1500, []])
    expect((await counter.rig.hub.overview()).money.balanced).toBe(true)
    // Nobody at the hub could go shopping with what it keeps.
    expect(JSON.stringify(await counter.rig.ports.store.get('credits', [creditId]))).not.toContain(made.value.code.slice(5, 30))
  })
})

describe('credit that waits for a person', () => {
  it('is worth something when it is released, once, and pays what it had promised meanwhile', async () => {
    const most = demoShop.credits?.perDayMinor ?? 0
    const [first, second] = [gift(most), gift(2000)]
    await counter.journal(counter.till, ...first.facts, ...second.facts)
    const { waiting } = await credits().state()
    expect(waiting).toMatchObject([{ creditId: second.creditId, amountMinor: 2000, why: 'gift' }])
    const one = spend(second.creditId, 1500)
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RETRY', verdict: 'credit.unknown', funds: 'none' })
    for (const _ of [1, 2]) expect(await credits().release(second.creditId)).toMatchObject({ ok: true, value: { waiting: [] } })
    expect(await left(second.creditId)).toBe(2000)
    expect(await counter.rig.hub.retryPayment(one.paymentId)).toMatchObject({ ok: true })
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERED', funds: 'posted' })
    expect(await left(second.creditId)).toBe(500)
    expect(await credits().release(nextId())).toMatchObject({ ok: false, code: 'credit.unknown' })
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import type { RiskCase } from './case.ts'
import { recordOf } from './desk.ts'
import { explain } from './explain.ts'
import { featureNames } from './features.ts'
import type { Judgement } from './judgement.ts'
import { decodeRecord } from './record.ts'
import { conserve } from '../bank/conservation.ts'
import { demoShop } from '../demo-shop.ts'
import { createHub } from '../hub.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { merchantAccount, reviewAccount } from '../ledger/names.ts'
import { firstTerms } from '../merchants/terms.ts'
import { openMemoryStore } from '../store/memory.ts'
import { recountSettlement } from '../settlement/recount.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { requestOf, sale } from '../test-rig.ts'
import type { Id } from '#protocol/ids.ts'
import { rulesAsClosures, type RiskRule } from '#protocol/risk/rules.ts'
import { DAY, HOUR } from '#protocol/time.ts'

/** So that a test can say by its amount what risk is to think of a payment. */
const rules: RiskRule[] = [
  { id: 'over_ten', says: 'More than 10.00', outcome: 'challenge', when: { feature: 'amount', above: 1000 } },
  { id: 'over_hundred', says: 'More than 100.00', outcome: 'review', when: { feature: 'amount', above: 10_000 } },
  { id: 'over_two_hundred', says: 'More than 200.00', outcome: 'decline', when: { feature: 'amount', above: 20_000 } },
]
const judgement: Judgement = { rules: { version: 3, rules, fire: rulesAsClosures(rules, featureNames) }, model: undefined, listed: () => undefined }
let counter: Counter
beforeEach(async () => {
  counter = await openCounter({ risk: { judgement }, firstTerms: firstTerms(demoShop), terms: { fundsMinor: 2_000_00 } })
})

const now = () => counter.rig.clock.now()
const cases = () => {
  const { risk } = counter.rig.hub
  if (risk === undefined) throw new Error('this hub thinks')
  return risk.cases
}
function bound(amountMinor: number) {
  const { bytes } = requestOf(counter.till.id, amountMinor, now())
  return sale(amountMinor, counter.wallet.bound(bytes, now()), { request: bytes })
}
async function balance(id: string): Promise<number> {
  const [account] = await counter.rig.ports.store.get('accounts', [id])
  return account === undefined ? 0 : Number(balanceOf(account))
}
const merchant = () => balance(merchantAccount(demoShop.merchant.id, 'EUR'))
const underReview = (payment: Id) => balance(reviewAccount(payment))
const verdicts = () => counter.rig.decisions(counter.till).map(({ verdict }) => (verdict.type === 'held' ? 'held' : verdict.code))
async function expectSound(): Promise<void> {
  expect((await conserve(counter.rig.ports.store, now())).faults).toEqual([])
  expect((await recountSettlement(counter.rig.ports.store)).differences).toEqual([])
}
async function reviewed(amountMinor = 15_000) {
  const one = bound(amountMinor)
  await counter.journal(counter.till, one.intended)
  await counter.journal(counter.till, one.held, one.captured, one.completed)
  return one
}
const act = (payment: Id, what: Parameters<ReturnType<typeof cases>['act']>[1]) => cases().act(payment, what)
const caseOf = async (payment: Id): Promise<RiskCase> => {
  const found = await cases().find(payment)
  if (found === undefined) throw new Error('there is a case')
  return found
}

describe('what each outcome does', () => {
  test('approve: the payment is held, and the decision is in the log with the commit that held it', async () => {
    const one = sale(500, counter.wallet.show(now()))
    await counter.journal(counter.till, one.intended)
    expect(verdicts()).toEqual(['held'])
    const payment = await counter.rig.payment(one.paymentId)
    expect(payment).toMatchObject({ risk: 'approve', riskSeq: 1, funds: 'held' })
    expect(await recordOf(counter.rig.ports.store, 1)).toMatchObject({
      payment: one.paymentId,
      outcome: 'approve',
      fired: [],
      rulesVersion: 3,
      modelVersion: 0,
      at: now(),
    })
  })

  test('challenge: a shown code is asked to be confirmed, and the phone’s own confirmation passes', async () => {
    const shown = sale(1500, counter.wallet.show(now()))
    await counter.journal(counter.till, shown.intended)
    const confirmed = bound(1500)
    await counter.journal(counter.till, confirmed.intended)
    expect(verdicts()).toEqual(['risk.confirm', 'held'])
    expect(await cases().list({ limit: 10 })).toEqual([])
  })

  test('decline: nothing is held, nothing is moved, and the till is told', async () => {
    const one = bound(25_000)
    await counter.journal(counter.till, one.intended)
    expect(verdicts()).toEqual(['risk.declined'])
    await counter.journal(counter.till, { kind: 'payment.declined', body: { paymentId: one.paymentId, code: 'risk.declined', decision: 'AAAA' } })
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ risk: 'decline', state: 'DECLINED', funds: 'none' })
    expect(await counter.rig.purse(counter.wallet)).toEqual([2_000_00, 0])
    await expectSound()
  })

  test('review: the sale goes on, and what it brought is kept from the merchant in the commit of its capture', async () => {
    const one = await reviewed()
    expect(verdicts()).toEqual(['held'])
    expect([await merchant(), await underReview(one.paymentId)]).toEqual([0, 15_000])
    expect(await caseOf(one.paymentId)).toMatchObject({ state: 'open', heldMinor: 15_000, wasTaken: false })
    await expectSound()
  })

  test('what a till took alone is not undone: it is paid, there is a case, and the wallet is lent nothing until that is closed', async () => {
    const one = bound(25_000)
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
    expect([await merchant(), await underReview(one.paymentId)]).toEqual([25_000, 0])
    expect(await caseOf(one.paymentId)).toMatchObject({ state: 'open', heldMinor: 0, wasTaken: true, outcome: 'decline' })
    const renewed = await counter.rig.lender.renew(counter.wallet.wallet, Buffer.from(counter.wallet.device.publicKey).toString('hex'))
    const limits = (await counter.rig.lender.find(counter.wallet.wallet))?.lending.credentials.map(({ limitMinor }) => limitMinor)
    expect([renewed.ok, limits?.at(-1)]).toEqual([true, 0])
    await act(one.paymentId, { event: 'decide', by: 'Ann', words: 'the customer came by', outcome: 'legitimate' })
    await counter.pass(HOUR)
    await counter.rig.lender.renew(counter.wallet.wallet, Buffer.from(counter.wallet.device.publicKey).toString('hex'))
    expect((await counter.rig.lender.find(counter.wallet.wallet))?.lending.credentials.at(-1)?.limitMinor).toBeGreaterThan(0)
    await expectSound()
  })

  test('a till that captures in spite of the no: the wallet agreed to it and pays, and a person looks', async () => {
    const one = bound(25_000)
    await counter.journal(counter.till, one.intended)
    await counter.journal(counter.till, one.acceptedOffline, one.captured, one.completed)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ verdict: 'risk.declined', funds: 'posted' })
    expect(await caseOf(one.paymentId)).toMatchObject({ state: 'open', wasTaken: true })
    await expectSound()
  })

  test('a doubled message asks nothing twice', async () => {
    const one = bound(15_000)
    await counter.journal(counter.till, one.intended)
    await counter.rig.send(counter.till, counter.till.batch(1), counter.till.batch(2))
    expect((await counter.rig.ports.store.riskLog(0, 10)).length).toBe(1)
  })
})

describe('cases', () => {
  test('large holds need two people, and no one of them twice', async () => {
    const one = await reviewed()
    const decide = { event: 'decide', by: 'Ann', words: 'known customer', outcome: 'legitimate' } as const
    expect(await act(one.paymentId, decide)).toMatchObject({ ok: true, value: { state: 'proposed', heldMinor: 15_000 } })
    expect(await act(one.paymentId, { event: 'agree', by: 'Ann', outcome: 'legitimate' })).toMatchObject({ ok: false, code: 'case.same_person' })
    expect(await act(one.paymentId, { event: 'agree', by: 'Ben', outcome: 'fraud' })).toMatchObject({ ok: false, code: 'case.changed' })
    expect(await act(one.paymentId, { event: 'agree', by: 'Ben', outcome: 'legitimate' })).toMatchObject({ ok: true, value: { state: 'closed', heldMinor: 0 } })
    // A phone that lost the answer says it again.
    expect(await act(one.paymentId, { event: 'agree', by: 'Ben', outcome: 'legitimate' })).toMatchObject({ ok: true })
    expect([await merchant(), await underReview(one.paymentId)]).toEqual([15_000, 0])
    await expectSound()
  })

  test('fraud: who paid gets back what is left of it, and the label is in the log', async () => {
    const one = await reviewed()
    await act(one.paymentId, { event: 'decide', by: 'Ann', words: 'the phone was stolen', outcome: 'fraud' })
    await act(one.paymentId, { event: 'agree', by: 'Ben', outcome: 'fraud' })
    await counter.rig.hub.idle()
    expect([await merchant(), await underReview(one.paymentId)]).toEqual([0, 0])
    expect(await counter.rig.purse(counter.wallet)).toEqual([2_000_00, 0])
    expect(await caseOf(one.paymentId)).toMatchObject({ refundedMinor: 15_000 })
    const rows = await counter.rig.ports.store.riskLog(0, 10)
    expect(rows.map(({ body }) => decodeRecord(body)).map(({ kind }) => kind)).toEqual(['decision', 'label'])
    await expectSound()
  })

  test('a hold ends by itself, and the case stays', async () => {
    const one = await reviewed()
    await counter.pass(5 * DAY + HOUR)
    cases().wake()
    await cases().idle()
    expect([await merchant(), await underReview(one.paymentId)]).toEqual([15_000, 0])
    expect(await caseOf(one.paymentId)).toMatchObject({ state: 'open', heldMinor: 0 })
    // What it was is worth knowing still, and moves nothing.
    expect(await act(one.paymentId, { event: 'decide', by: 'Ann', words: 'he called', outcome: 'fraud' })).toMatchObject({
      ok: true,
      value: { state: 'closed' },
    })
    expect(await merchant()).toBe(15_000)
    await expectSound()
  })

  test('captured after the case was closed: nothing is held', async () => {
    const one = bound(15_000)
    await counter.journal(counter.till, one.intended)
    await act(one.paymentId, { event: 'decide', by: 'Ann', words: 'known', outcome: 'legitimate' })
    await act(one.paymentId, { event: 'agree', by: 'Ben', outcome: 'legitimate' })
    await counter.journal(counter.till, one.held, one.captured, one.completed)
    expect([await merchant(), await underReview(one.paymentId)]).toEqual([15_000, 0])
    await expectSound()
  })

  test('decided before its capture it needs two people as well: a till that waits with that does not help the first', async () => {
    const one = bound(15_000)
    await counter.journal(counter.till, one.intended)
    const decide = { event: 'decide', by: 'Ann', words: 'known', outcome: 'legitimate' } as const
    expect(await act(one.paymentId, decide)).toMatchObject({ ok: true, value: { state: 'proposed' } })
    await counter.journal(counter.till, one.held, one.captured, one.completed)
    expect([await merchant(), await underReview(one.paymentId)]).toEqual([0, 15_000])
    expect(await act(one.paymentId, { event: 'agree', by: 'Ben', outcome: 'legitimate' })).toMatchObject({ ok: true, value: { state: 'closed' } })
    expect([await merchant(), await underReview(one.paymentId)]).toEqual([15_000, 0])
    await expectSound()
  })
})

test('what is explained is what was decided, and a replay that differs says so', async () => {
  const one = sale(500, counter.wallet.show(now()))
  await counter.journal(counter.till, one.intended)
  const store = openMemoryStore(counter.rig.disk)
  const earlier = { rules: () => Promise.resolve(judgement.rules), model: () => Promise.resolve(undefined) }
  expect(await explain(store, earlier, one.paymentId)).toMatchObject({ outcome: 'approve', differs: [], fired: [], versions: { rules: 3 } })
  const changed = {
    ...earlier,
    rules: () =>
      Promise.resolve({
        version: 3,
        rules,
        fire: rulesAsClosures(
          rules.map((rule) => ({ ...rule, when: { feature: 'amount', above: rule.id === 'over_ten' ? 10 : 99_999 } })),
          featureNames,
        ),
      }),
  }
  expect((await explain(store, changed, one.paymentId))?.differs).toEqual(['the outcome was "approve" and is "challenge"', 'what fired was [] and is [0]'])
  expect((await explain(store, { ...earlier, rules: () => Promise.resolve(undefined) }, one.paymentId))?.differs).toEqual(['rules 3 are not kept'])
})

describe('a hub that starts again', () => {
  test('knows what it knew, bit by bit, wherever it was killed', async () => {
    const { rig, till } = counter
    for (let k = 0; k < 6; k++) {
      till.write(sale(300 + k, counter.wallet.show(now())).intended, now())
      await rig.send(till, till.batch(k === 0 ? 1 : till.entries.length))
      await counter.pass(HOUR)
    }
    const before = await rig.ports.store.riskLog(0, 100)
    // Killed: only the disk is left.
    const store = openMemoryStore(rig.disk)
    const again = createHub({ ...rig.ports, store })
    await again.start()
    const engine = await again.risk?.desk.engine()
    const old = await rig.hub.risk?.desk.engine()
    expect(engine?.save()).toEqual(old?.save())
    expect(rig.warnings).toEqual([])
    expect(before.length).toBe(6)
    await again.stop()
  })

  test('a commit that never came leaves nothing behind: the same entries are decided the same', async () => {
    const { rig, till } = counter
    const store = openMemoryStore(rig.disk)
    let refuse = 1
    const flaky = createHub({
      ...rig.ports,
      store: { ...store, commit: (changes) => (changes.riskLog?.length && refuse-- > 0 ? Promise.resolve('stale') : store.commit(changes)) },
    })
    await flaky.start()
    const one = sale(400, counter.wallet.show(now()))
    till.write(one.intended)
    await rig.send(till, till.batch(1))
    await flaky.idle()
    const rows = await rig.ports.store.riskLog(0, 10)
    expect(rows.map(({ seq }) => seq)).toEqual([1])
    await flaky.stop()
  })

  test('rows are compact', async () => {
    await counter.journal(counter.till, sale(500, counter.wallet.show(now())).intended)
    const [row] = await counter.rig.ports.store.riskLog(0, 1)
    expect(row?.body.length).toBeLessThan(200)
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { approval, declined, TestAcquirer, TestKeyService } from '../acquirers/test-acquirer.ts'
import { caseOf } from '../acquirers/card-case.ts'
import { demoShop } from '../demo-shop.ts'
import { acquirerAccount, lossAccount, uncollectedAccount } from '../ledger/names.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, refund, sale } from '../test-rig.ts'
import { cardRefOf } from '#protocol/card.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY, HOUR, MINUTE } from '#protocol/time.ts'

/** Payments by card at the hub: what tills say, what the acquirer answers, and what the ledger then has. */
let counter: Counter
let acquirer: TestAcquirer
let keyService: TestKeyService
beforeEach(async () => {
  acquirer = new TestAcquirer()
  keyService = new TestKeyService()
  counter = await openCounter({ cards: { acquirer, keyService } })
})

let swipes = 0
function bySwipe(amountMinor: number, ksn = `ffff9876543210${(++swipes).toString(16).padStart(6, '0')}`) {
  const one = sale(amountMinor, '-')
  const instrument = {
    type: 'card',
    maskedPan: '424242******1111',
    expiry: '4912',
    encrypted: { scheme: 'tdes-dukpt-data', ksn, track2: '00112233445566778899aabbccddeeff' },
  } as const
  return { ...one, ksn, intended: { kind: 'payment.intended', body: { ...one.intended.body, instrument } } as const }
}
type Sale = ReturnType<typeof bySwipe>
const journal = async (...facts: Parameters<Counter['journal']> extends [unknown, ...infer F] ? F : never) => {
  await counter.journal(counter.till, ...facts)
  await counter.rig.hub.cardsIdle()
}
const takenAlone = async (one: Sale) => {
  await journal(one.intended, one.acceptedOffline, one.captured, one.completed)
  return one
}
const payment = async (one: Sale) => await counter.rig.payment(one.paymentId)
const card = async (one: Sale) => (await counter.rig.ports.store.get('cards', [one.paymentId])).map(caseOf)[0]
const pass = async (ms: number) => {
  await counter.pass(ms)
  await counter.rig.hub.cardsIdle()
  await counter.rig.hub.idle()
}
const held = async (id: string) => Number((await counter.rig.hub.overview()).money.accounts.find((account) => account.id === id)?.posted ?? 0)
/** What the acquirer has, what the books say that it has, and what the merchant has of it. */
const money = async () => [acquirer.takenMinor, await held(acquirerAccount('test')), (await counter.money()).merchant]
const codes = async () => (await counter.rig.exceptions()).map(([, , code]) => code)

describe('with the hub', () => {
  it('a card is authorised, and its money posted when the acquirer has captured it', async () => {
    const one = bySwipe(400)
    await journal(one.intended)
    expect(counter.rig.decisions(counter.till).map(({ verdict }) => verdict.type)).toEqual(['held'])
    expect(await payment(one)).toMatchObject({ funds: 'held', verdict: 'held', profile: 'card', wallet: undefined })
    await journal(one.held, one.captured, one.completed)
    expect(acquirer.kinds).toEqual(['authorise', 'capture'])
    expect(acquirer.asked[1]?.exchange.of).toMatchObject({ kind: 'authorise', approvalCode: 'A1B2C3' })
    expect(await payment(one)).toMatchObject({ state: 'CAPTURED', funds: 'posted' })
    expect(await money()).toEqual([400, 400, 400])
    expect(await codes()).toEqual([])
  })

  it('a card that is denied is refused without asking anybody', async () => {
    const one = bySwipe(400)
    const { instrument } = one.intended.body
    await counter.rig.hub.policy.deny([{ kind: 'card', id: cardRefOf(nodeCrypto, instrument) }], 'stolen')
    await journal(one.intended)
    expect(counter.rig.decisions(counter.till).map(({ verdict }) => verdict)).toEqual([{ type: 'declined', code: 'policy.denied' }])
    expect(acquirer.kinds).toEqual([])
    await counter.rig.hub.policy.allow({ kind: 'card', id: cardRefOf(nodeCrypto, instrument) }, 'found')
    const again = bySwipe(400)
    await journal(again.intended)
    expect(acquirer.kinds).toEqual(['authorise'])
  })

  it('a refusal says why, and nothing is held', async () => {
    acquirer.script.push(declined('51'))
    const one = bySwipe(400)
    await journal(one.intended)
    expect(counter.rig.decisions(counter.till).map(({ verdict }) => verdict)).toEqual([{ type: 'declined', code: 'acquirer.insufficient_funds' }])
    await journal({ ...one.declined, body: { ...one.declined.body, code: 'acquirer.insufficient_funds' } })
    expect(await payment(one)).toMatchObject({ state: 'DECLINED', funds: 'none' })
    expect(await card(one)).toMatchObject({ secret: undefined, ksn: undefined, dueAt: undefined })
    expect(await money()).toEqual([0, 0, 0])
  })

  it('a hold that the till voids, or never claims, is reversed', async () => {
    const [voided, forgotten] = [bySwipe(400), bySwipe(500)]
    await journal(voided.intended, forgotten.intended)
    await journal(voided.held, voided.voided)
    await pass(8 * DAY)
    expect(acquirer.kinds.filter((kind) => kind === 'reverse')).toHaveLength(2)
    expect(await payment(forgotten)).toMatchObject({ state: 'EXPIRED', funds: 'expired' })
    expect(await counter.rig.ports.store.reversals(5)).toEqual({ count: 0, cards: [] })
    expect(await money()).toEqual([0, 0, 0])
  })

  it('one swipe pays once', async () => {
    const [first, second] = [bySwipe(400, 'ffff9876543210e00001'), bySwipe(400, 'ffff9876543210e00001')]
    await journal(first.intended)
    await journal(second.intended)
    expect(await payment(second)).toMatchObject({ verdict: 'card.used' })
    expect(acquirer.kinds).toEqual(['authorise'])
  })
})

describe('an acquirer that does not answer', () => {
  it.each(['unheard', 'unanswered'] as const)('is told to undo it until it has, and then the money is asked for anew: %s', async (fate) => {
    acquirer.script.push(fate, { type: 'silence' }, declined('96'), { type: 'unsent' })
    const one = await takenAlone(bySwipe(400))
    expect(await payment(one)).toMatchObject({ state: 'CAPTURED', funds: 'none' })
    expect(await counter.rig.ports.store.reversals(5)).toMatchObject({ count: 1 })
    for (let minute = 0; minute < 3; minute++) await pass(MINUTE)
    expect(acquirer.kinds).toEqual(['sale', 'reverse', 'reverse', 'reverse', 'reverse', 'sale'])
    expect(new Set(acquirer.asked.filter(({ exchange }) => exchange.kind === 'sale').map(({ exchange }) => exchange.rrn)).size).toBe(2)
    expect(new Set(acquirer.asked.filter(({ exchange }) => exchange.kind === 'reverse').map(({ exchange }) => exchange.rrn)).size).toBe(1)
    expect(acquirer.asked.map(({ repeat }) => repeat)).toEqual([0, 0, 1, 2, 3, 0])
    expect(await money()).toEqual([400, 400, 400])
  })

  it('is asked again soon by a hub whose clock was an hour ahead and is set right', async () => {
    acquirer.script.push('unheard', { type: 'unsent' })
    await takenAlone(bySwipe(400))
    counter.rig.clock.time -= HOUR
    await pass(MINUTE)
    expect(acquirer.kinds).toEqual(['sale', 'reverse', 'reverse', 'sale'])
    expect(await money()).toEqual([400, 400, 400])
  })

  it('a hub that is killed while it waits reverses when it is back', async () => {
    acquirer.script.push('hang')
    const one = bySwipe(400)
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
    while (acquirer.asked.length === 0) await Promise.resolve()
    const again = await openCounter({ cards: { acquirer, keyService }, store: counter.rig.ports.store, keys: counter.rig.keys, copy: counter.rig.ports.copy })
    await again.rig.hub.cardsIdle()
    expect(acquirer.kinds).toEqual(['sale', 'reverse', 'sale'])
    expect(acquirer.asked[1]?.exchange.of?.rrn).toBe(acquirer.asked[0]?.exchange.rrn)
    expect(acquirer.takenMinor).toBe(400)
  })

  it('a hub that is killed between the answer and its decision asks nobody a second time, and tells the till when it repeats itself', async () => {
    const one = bySwipe(400)
    await journal(one.intended)
    const again = await openCounter({ cards: { acquirer, keyService }, store: counter.rig.ports.store, keys: counter.rig.keys, copy: counter.rig.ports.copy })
    await again.rig.send(counter.till, counter.till.batch(1))
    await again.rig.hub.cardsIdle()
    expect(again.rig.decisions(counter.till).map(({ verdict }) => verdict.type)).toEqual(['held'])
    expect(acquirer.kinds).toEqual(['authorise'])
  })

  it('a payment that nobody here knows is given up for good when it is undone', async () => {
    acquirer.script.push('unanswered')
    const one = bySwipe(400)
    await journal(one.intended, one.unknown)
    expect(counter.rig.decisions(counter.till).map(({ verdict }) => verdict)).toEqual([{ type: 'declined', code: 'acquirer.no_answer' }])
    await journal({ ...one.declined, body: { ...one.declined.body, code: 'acquirer.no_answer' } })
    expect(acquirer.kinds).toEqual(['authorise', 'reverse'])
    expect(await money()).toEqual([0, 0, 0])
  })
})

describe('taken alone, and refused later', () => {
  it('is asked for again by a schedule that suits cards', async () => {
    acquirer.script.push(declined('51'), declined('51'))
    const one = await takenAlone(bySwipe(400))
    expect(await payment(one)).toMatchObject({ state: 'RETRY', exception: 'acquirer.insufficient_funds', attempts: 0 })
    expect(await codes()).toEqual(['payment.late_decline'])
    await pass(5 * HOUR)
    expect(acquirer.kinds).toHaveLength(1)
    await pass(2 * HOUR)
    expect(await payment(one)).toMatchObject({ state: 'RETRY', attempts: 1 })
    await pass(25 * HOUR)
    expect(await payment(one)).toMatchObject({ state: 'RECOVERED', funds: 'posted' })
    expect(await money()).toEqual([400, 400, 400])
  })

  it.each(['41', '54', '14', 'R0', '94'])('is never asked for again after %s, but by a person', async (code) => {
    acquirer.script.push(declined(code))
    const one = await takenAlone(bySwipe(400))
    expect(await payment(one)).toMatchObject({ state: 'RECOVERY', nextAttemptAt: undefined })
    await pass(90 * DAY)
    expect(acquirer.kinds).toEqual(['sale'])
    expect(await counter.rig.hub.retryPayment(one.paymentId)).toMatchObject({ ok: true })
    await counter.rig.hub.cardsIdle()
    expect(await payment(one)).toMatchObject({ state: 'RECOVERED', funds: 'posted' })
  })

  it('is written off into an account that bears the loss, which gets smaller when the goods come back', async () => {
    acquirer.script.push(declined('41'))
    const one = await takenAlone(bySwipe(400))
    expect(await counter.rig.hub.writeOff(one.paymentId, 'card stolen')).toMatchObject({ ok: true })
    await counter.rig.hub.cardsIdle()
    const loss = lossAccount('merchant', demoShop.merchant.id, 'EUR')
    expect([await held(loss), (await counter.money()).merchant]).toEqual([400, 0])
    expect(await card(one)).toMatchObject({ secret: undefined, ksn: undefined })
    await journal(refund(one, 150).made)
    expect([await held(loss), await held(uncollectedAccount(demoShop.merchant.id, 'EUR')), (await counter.money()).merchant]).toEqual([250, 250, 0])
    expect(acquirer.kinds).toEqual(['sale'])
  })
})

describe('money goes back', () => {
  it('in parts as refunds, as a whole as a reversal of what was captured', async () => {
    const [parts, whole] = [await takenAlone(bySwipe(400)), await takenAlone(bySwipe(300))]
    await journal(refund(parts, 150).made)
    expect(await money()).toEqual([550, 550, 550])
    await journal(whole.voided, refund(parts, 250).made)
    expect(acquirer.kinds.toSorted()).toEqual(['refund', 'refund', 'reverse', 'sale', 'sale'])
    expect(await money()).toEqual([0, 0, 0])
  })

  it('that the acquirer refuses is a person’s to ask for again', async () => {
    const one = await takenAlone(bySwipe(400))
    acquirer.script.push(declined('05'))
    await journal(refund(one, 150).made)
    expect(await money()).toEqual([400, 250, 250])
    expect(await codes()).toEqual(['acquirer.declined'])
    const { hub } = counter.rig
    const detail = () => hub.payment(one.paymentId)
    expect((await detail())?.refusedRefund).toEqual({ amountMinor: 150, code: '05' })
    expect(await hub.retryPayment(one.paymentId)).toMatchObject({ ok: false, code: 'entry.illegal_transition' })
    // Two people press at once: it is given back once.
    const pressed = await Promise.all([hub.refundAgain(one.paymentId, 'its bank was called'), hub.refundAgain(one.paymentId, 'so was I')])
    expect(pressed.map(({ ok }) => ok)).toContain(true)
    await hub.cardsIdle()
    expect(await money()).toEqual([250, 250, 250])
    expect((await detail())?.refusedRefund).toBeUndefined()
    expect((await detail())?.steps.filter(({ event }) => event === 'hub.refund_asked_again')).toHaveLength(pressed.filter(({ ok }) => ok).length)
    expect(await hub.refundAgain(one.paymentId, 'once more')).toMatchObject({ ok: false, code: 'refund.nothing_refused' })
    expect(acquirer.kinds.filter((kind) => kind === 'refund')).toHaveLength(2)
  })

  it('by the acquirer’s own hand: what a chargeback took is not given back once more when a refund that was refused is asked for again', async () => {
    const one = await takenAlone(bySwipe(400))
    acquirer.script.push(declined('05'))
    await journal(refund(one, 150).made)
    const said = { id: nextId(), payment: one.paymentId, amountMinor: 200, reason: '10.4', reference: 'A-1', evidenceUntil: counter.rig.clock.now() + DAY }
    expect(await counter.rig.hub.settlement.chargebacks.open(said, 'ann')).toMatchObject({ ok: true })
    expect((await counter.rig.hub.payment(one.paymentId))?.refusedRefund).toEqual({ amountMinor: 150, code: '05' })
    await counter.rig.hub.refundAgain(one.paymentId, 'its bank was called')
    await counter.rig.hub.cardsIdle()
    expect(acquirer.asked.filter(({ exchange }) => exchange.kind === 'refund').map(({ exchange }) => exchange.amountMinor)).toEqual([150, 150])
    expect(await money()).toEqual([250, 50, 50])
  })

  it('before it came: less is asked for', async () => {
    acquirer.script.push(declined('51'))
    const one = await takenAlone(bySwipe(400))
    await journal(refund(one, 100).made)
    await pass(7 * HOUR)
    expect(acquirer.asked.map(({ exchange }) => exchange.amountMinor)).toEqual([400, 300])
    expect(await money()).toEqual([300, 300, 300])
  })

  it('while it is being asked for: the rest goes back', async () => {
    acquirer.script.push('unanswered', declined('96'))
    const one = await takenAlone(bySwipe(400))
    await journal(one.voided)
    await pass(MINUTE)
    expect(acquirer.kinds).toEqual(['sale', 'reverse', 'reverse'])
    expect(await money()).toEqual([0, 0, 0])
  })
})

describe('what is kept of a card', () => {
  it('after an answer is no track, and after the end nothing; the swipe’s key is destroyed', async () => {
    acquirer.script.push(declined('51'), approval)
    const one = await takenAlone(bySwipe(400))
    expect(acquirer.asked[0]?.secret).toMatchObject({ is: 'track' })
    expect(await card(one)).toMatchObject({ secret: { is: 'number', sealed: 'sealed' }, ksn: undefined })
    expect(keyService.forgotten).toEqual([one.ksn])
    await pass(7 * HOUR)
    expect(acquirer.asked[1]?.secret).toMatchObject({ is: 'number' })
    expect(await card(one)).toMatchObject({ secret: undefined })
  })
})

it('a hub without an acquirer takes no cards, and says so', async () => {
  counter = await openCounter()
  const one = bySwipe(400)
  await counter.journal(counter.till, one.intended)
  expect(counter.rig.decisions(counter.till).map(({ verdict }) => verdict)).toEqual([{ type: 'declined', code: 'card.not_taken' }])
  const alone = bySwipe(400)
  await counter.journal(counter.till, alone.intended, alone.acceptedOffline, alone.captured, alone.completed)
  expect(await counter.rig.payment(alone.paymentId)).toMatchObject({ state: 'RECOVERY', funds: 'none', exception: 'card.not_taken' })
})

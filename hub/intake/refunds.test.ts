import { beforeEach, describe, expect, it } from 'vitest'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, refund, sale, type TestTill } from '../test-rig.ts'
import { MINUTE } from '#protocol/time.ts'

let counter: Counter
/** Another till of the shop. */
let other: TestTill
beforeEach(async () => {
  counter = await openCounter()
  other = await counter.rig.till()
})

const captured = async (amountMinor: number) => {
  const one = sale(amountMinor, counter.wallet.show())
  await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
  return one
}
const answers = () =>
  counter.rig.refundDecisions(other).map(({ refundId, verdict }) => [refundId, verdict.type === 'approved' ? verdict.amountMinor : verdict.code])
const codes = async () => (await counter.rig.exceptions()).map(([, , code]) => code)

describe('a refund by the till that captured', () => {
  it('gives back a part, several parts, and at last everything', async () => {
    const one = await captured(1000)
    const [first, second, rest] = [refund(one, 300), refund(one, 100), refund(one, 600)]
    await counter.journal(counter.till, first.made)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'CAPTURED', refundedMinor: 300, funds: 'posted' })
    expect(await counter.money()).toMatchObject({ merchant: 700, wallet: [24_300, 0] })
    await counter.journal(counter.till, second.made, rest.made)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'REFUNDED', refundedMinor: 1000 })
    expect(await counter.money()).toMatchObject({ merchant: 0, wallet: [25_000, 0], counts: { settled: 1, exceptions: 0 } })
    const detail = await counter.detail(one.paymentId)
    expect(detail?.payment.refundedMinor).toBe(1000)
    expect(detail?.refunds).toMatchObject([
      { id: first.refundId, how: 'by its till', amountMinor: 300, verdict: 'approved' },
      { id: second.refundId, amountMinor: 100 },
      { id: rest.refundId, amountMinor: 600 },
    ])
    expect(detail?.entries.map(({ kind }) => kind).slice(-3)).toEqual(['payment.refunded', 'payment.refunded', 'payment.refunded'])
    expect(
      detail?.postings
        .filter(({ id }) => id.endsWith('/refund'))
        .map(({ amountMinor }) => amountMinor)
        .toSorted(),
    ).toEqual(['100', '300', '600'])
  })

  it('juspay/hyperswitch#13182: 120 are never refunded on 100, in one piece or in several', async () => {
    const [one, two] = [await captured(100), await captured(100)]
    await counter.journal(counter.till, refund(one, 120).made, refund(two, 60).made, refund(two, 60).made)
    expect(await codes()).toEqual(['refund.exceeds_captured', 'refund.exceeds_captured'])
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'CAPTURED', refundedMinor: 0 })
    expect(await counter.rig.payment(two.paymentId)).toMatchObject({ state: 'CAPTURED', refundedMinor: 60 })
    expect(await counter.money()).toMatchObject({ merchant: 140, wallet: [24_860, 0] })
    expect((await counter.detail(two.paymentId))?.refunds.map(({ verdict }) => verdict)).toEqual(['approved', 'refund.exceeds_captured'])
  })

  it('may take the merchant below zero, and never a wallet', async () => {
    const one = await captured(1000)
    const { store } = counter.rig.ports
    await counter.journal(counter.till, refund(one, 1000).made)
    const [merchant] = (await counter.rig.hub.overview()).money.accounts
    expect(merchant).toMatchObject({ posted: '0' })
    const rules = (await store.accounts(10)).map(({ id, rule }) => [id.split('/')[0], rule])
    expect(rules).toContainEqual(['merchant', 'none'])
    expect(rules).toContainEqual(['wallet', 'debits_must_not_exceed_credits'])
  })

  it('with the same id again is the same refund; with other words a conflict', async () => {
    const one = await captured(1000)
    const { made, refundId } = refund(one, 300)
    await counter.journal(counter.till, made, made, refund(one, 301, refundId).made)
    await counter.journal(other, refund(one, 300, refundId).asked)
    expect(await codes()).toEqual(['entry.conflict', 'entry.conflict'])
    expect(await counter.money()).toMatchObject({ merchant: 700 })
    expect(answers()).toEqual([])
  })

  it('by another till, in another currency, or of nothing is set aside', async () => {
    const one = await captured(1000)
    await counter.journal(other, refund(one, 300).made)
    const { made } = refund(one, 300)
    const { made: ofNothing } = refund({ paymentId: nextId(), captured: one.captured }, 300)
    await counter.journal(counter.till, { ...made, body: { ...made.body, currency: 'USD' } }, ofNothing)
    expect(await codes()).toEqual(['entry.conflict', 'entry.currency_mismatch', 'entry.illegal_transition'])
    expect(await counter.money()).toMatchObject({ merchant: 1000 })
  })
})

describe('a refund that another till asks for', () => {
  it('odoo/odoo PR 75246: is answered with a signed word that is bound to that very request, and the money has moved', async () => {
    const one = await captured(1000)
    const asked = refund(one, 400)
    await counter.journal(other, asked.asked)
    const [decision] = counter.rig.refundDecisions(other)
    const request = other.entries.at(-1)
    expect(decision).toEqual({
      v: 1,
      till: other.id,
      refundId: asked.refundId,
      requested: Buffer.from(request?.hash ?? []).toString('hex'),
      verdict: { type: 'approved', paymentId: one.paymentId, amountMinor: 400, currency: 'EUR' },
      hubTime: counter.rig.clock.now(),
    })
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'CAPTURED', refundedMinor: 400 })
    expect(await counter.money()).toMatchObject({ merchant: 600, wallet: [24_400, 0], counts: { settled: 1 } })
    const detail = await counter.detail(one.paymentId)
    expect(detail?.refunds).toMatchObject([{ how: 'on request', verdict: 'approved' }])
    expect(detail?.steps).toMatchObject([{ event: 'hub.refunded' }])
    expect(detail?.entries.at(-1)?.kind).toBe('refund.requested')
  })

  it('is declined by name: an unknown receipt, another currency, too much, nothing captured', async () => {
    const [one, voided] = [await captured(1000), await captured(500)]
    await counter.journal(counter.till, voided.voided)
    const { asked } = refund(one, 100)
    await counter.journal(
      other,
      { ...asked, body: { ...asked.body, refundId: nextId(), of: 'R-NONE' } },
      { ...asked, body: { ...asked.body, refundId: nextId(), currency: 'USD' } },
      refund(one, 1001).asked,
      refund(voided, 1).asked,
      refund(one, 1000).asked,
      refund(one, 1).asked,
    )
    expect(answers().map(([, verdict]) => verdict)).toEqual([
      'refund.unknown_receipt',
      'refund.wrong_currency',
      'refund.exceeds_captured',
      'refund.not_captured',
      1000,
      'refund.exceeds_captured',
    ])
    expect(await codes()).toEqual([])
    expect(await counter.money()).toMatchObject({ merchant: 0, wallet: [25_000, 0] })
  })

  it('is answered the same again, whatever was refunded since, until the till has journaled it', async () => {
    const one = await captured(1000)
    const asked = refund(one, 600)
    await counter.journal(other, asked.asked)
    counter.rig.clock.advance(MINUTE)
    await counter.journal(counter.till, refund(one, 400).made)
    await counter.journal(other, asked.asked)
    await counter.rig.send(other, other.batch())
    // Each time freshly signed, since the key of the first may have run out.
    const [first, ...again] = counter.rig.refundDecisions(other).map(({ hubTime: _, ...decision }) => decision)
    expect(again).toEqual([first, first])
    await counter.journal(other, asked.answered(true))
    await counter.rig.send(other, other.batch())
    expect(counter.rig.refundDecisions(other)).toHaveLength(3)
    expect(await codes()).toEqual([])
    expect(await counter.money()).toMatchObject({ merchant: 0 })
  })

  it('that the till answered otherwise than the hub, or never asked for, is set aside', async () => {
    const one = await captured(1000)
    const [asked, never] = [refund(one, 600), refund(one, 1)]
    await counter.journal(other, asked.asked, asked.answered(false), never.answered(true))
    await counter.journal(counter.till, asked.answered(true))
    expect(await codes()).toEqual(['entry.illegal_transition', 'entry.illegal_transition', 'entry.illegal_transition'])
    await counter.journal(other, asked.answered(true), asked.answered(true))
    expect(await codes()).toHaveLength(3)
  })

  it('juspay/hyperswitch#13182: two tills and the till that captured race for one payment: one gets it, the rest is told so', async () => {
    const one = await captured(100)
    const third = await counter.rig.till()
    const requests = [refund(one, 60), refund(one, 60)]
    for (const [index, till] of [other, third].entries()) till.write(requests[index]?.asked ?? refund(one, 1).asked)
    counter.till.write(refund(one, 60).made)
    // All three are in custody before the first of them is judged, and are judged in one turn.
    counter.rig.carrier.deliver(`sp/1/till/${other.id}/up`, other.batch())
    counter.rig.carrier.deliver(`sp/1/till/${third.id}/up`, third.batch())
    await counter.rig.send(counter.till, counter.till.batch())
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ refundedMinor: 60 })
    expect(await counter.money()).toMatchObject({ merchant: 40 })
    expect(counter.rig.refundDecisions(other)).toMatchObject([{ verdict: { type: 'approved', amountMinor: 60 } }])
    expect(counter.rig.refundDecisions(third)).toMatchObject([{ verdict: { type: 'declined', code: 'refund.exceeds_captured' } }])
    expect(await codes()).toEqual(['refund.exceeds_captured'])
  })

  it('of a sale that was paid in parts comes from the first part that has enough left', async () => {
    const one = sale(300, counter.wallet.show())
    const two = sale(500, counter.wallet.show(), { saleId: one.saleId })
    const receiptNumber = one.captured.body.receiptNumber
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, two.intended, two.acceptedOffline, {
      ...two.captured,
      body: { ...two.captured.body, receiptNumber },
    })
    await counter.journal(other, refund(one, 400).asked, refund(one, 300).asked, refund(one, 200).asked)
    expect(answers().map(([, verdict]) => verdict)).toEqual([400, 300, 'refund.exceeds_captured'])
    expect(await counter.rig.payment(two.paymentId)).toMatchObject({ refundedMinor: 400 })
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ refundedMinor: 300, state: 'REFUNDED' })
  })

  it.each([
    ['of one till, which was put back to a backup', true],
    ['of two tills whose numbers begin alike, or one of which forges them', false],
  ])('of a receipt number that is on two sales pays neither customer, and a person is told: %s', async (_, sameTill) => {
    const stranger = await counter.rig.wallet()
    const [one, two] = [sale(400, counter.wallet.show()), sale(400, stranger.show())]
    const at = sameTill ? counter.till : await counter.rig.till()
    const body = { ...two.captured.body, receiptNumber: one.captured.body.receiptNumber }
    await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured)
    await counter.journal(at, two.intended, two.acceptedOffline, { ...two.captured, body })
    await counter.journal(other, refund(one, 400).asked)
    expect(answers().map(([, verdict]) => verdict)).toEqual(['refund.ambiguous_receipt'])
    expect([await counter.rig.purse(counter.wallet), await counter.rig.purse(stranger)]).toEqual([
      [24_600, 0],
      [24_600, 0],
    ])
    expect(await codes()).toEqual(['refund.ambiguous_receipt'])
    await counter.journal(counter.till, refund(one, 400).made)
    expect(await counter.rig.purse(counter.wallet)).toEqual([25_000, 0])
  })

  it('in the very turn of the capture is approved', async () => {
    const one = sale(300, counter.wallet.show())
    for (const fact of [one.intended, one.acceptedOffline, one.captured]) counter.till.write(fact)
    other.write(refund(one, 300).asked)
    counter.rig.carrier.deliver(`sp/1/till/${counter.till.id}/up`, counter.till.batch())
    await counter.rig.send(other, other.batch())
    expect(answers().map(([, verdict]) => verdict)).toEqual([300])
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { retryDelays } from './retry-schedule.ts'
import type { Hub } from '../hub.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { nextId, refund, sale, START } from '../test-rig.ts'
import { DAY, HOUR, MINUTE } from '#protocol/time.ts'

/** Captured payments whose money the wallet did not have, over virtual time. */
let counter: Counter
let hub: Hub
beforeEach(async () => {
  counter = await openCounter({ terms: { fundsMinor: 0 } })
  hub = counter.rig.hub
})

const captured = async (amountMinor: number, code = counter.wallet.show()) => {
  const one = sale(amountMinor, code)
  await counter.journal(counter.till, one.intended, one.acceptedOffline, one.captured, one.completed)
  return one
}
const codes = async () => (await counter.rig.exceptions()).map(([, , code]) => code)
const stepsOf = async (id: string) => (await counter.detail(id))?.steps.map(({ event }) => event)

describe('a captured payment without money', () => {
  it('odoo/odoo PR 261521: is at risk, visibly and not settled, and tried again by the schedule until the money is there', async () => {
    const one = await captured(400)
    expect(await codes()).toEqual(['payment.late_decline'])
    const { atRisk, counts } = await hub.overview()
    expect(counts).toMatchObject({ atRisk: 1, settled: 0 })
    expect(atRisk).toEqual([
      {
        id: one.paymentId,
        till: 'Counter 1',
        state: 'RETRY',
        claimMinor: 400,
        currency: 'EUR',
        code: 'hub.insufficient_funds',
        since: START,
        attempts: 0,
        nextAttemptAt: START + HOUR,
      },
    ])
    await counter.pass(HOUR + MINUTE)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RETRY', attempts: 1 })
    await counter.fund(counter.wallet, 400)
    await counter.pass(5 * HOUR)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RETRY', funds: 'none' })
    await counter.pass(2 * HOUR)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERED', funds: 'posted', exception: undefined })
    expect(await stepsOf(one.paymentId)).toEqual(['hub.declined_late', 'hub.attempt_failed', 'hub.recovered'])
    expect(await counter.money()).toMatchObject({ merchant: 400, wallet: [0, 0], counts: { atRisk: 0, settled: 1, exceptions: 1 } })
    await counter.pass(30 * DAY)
    expect(await counter.money()).toMatchObject({ merchant: 400 })
  })

  it('is a person’s after the last attempt, who tries or writes off', async () => {
    const [one, two] = [await captured(400), await captured(500)]
    const times: number[] = []
    for (let attempts = 0; attempts < retryDelays.length;) {
      await counter.pass(10 * MINUTE)
      const now = (await counter.rig.payment(one.paymentId))?.attempts ?? 0
      if (now > attempts) times.push(counter.rig.clock.now() - START)
      attempts = now
    }
    const due = retryDelays.map((_, index) => retryDelays.slice(0, index + 1).reduce((sum, delay) => sum + delay, 0))
    // The hub looks at its clock once a minute, and so late is each attempt at most, and all after it.
    for (const [index, at] of due.entries()) expect(times[index]).toBeOneOf([at, at + 10 * MINUTE])
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERY', nextAttemptAt: undefined, attempts: 5 })
    expect(await codes()).toEqual(['payment.late_decline', 'payment.late_decline', 'payment.given_up', 'payment.given_up'])
    await counter.fund(counter.wallet, 400)
    await counter.pass(60 * DAY)
    expect(await counter.money()).toMatchObject({ merchant: 0, counts: { atRisk: 2 } })

    expect(await hub.retryPayment(two.paymentId)).toMatchObject({ ok: false, code: 'hub.insufficient_funds' })
    expect(await hub.retryPayment(one.paymentId)).toMatchObject({ ok: true })
    expect(await hub.writeOff(two.paymentId, 'moved away')).toMatchObject({ ok: true })
    expect(await counter.rig.payment(two.paymentId)).toMatchObject({ state: 'WRITTEN_OFF', funds: 'none', exception: 'hub.insufficient_funds' })
    expect((await counter.detail(two.paymentId))?.steps.at(-1)).toMatchObject({ event: 'hub.wrote_off', detail: 'moved away' })
    expect(await counter.money()).toMatchObject({ merchant: 400, counts: { atRisk: 0 } })
    for (const { paymentId } of [one, two]) {
      expect(await hub.retryPayment(paymentId)).toMatchObject({ ok: false, code: 'entry.illegal_transition' })
      expect(await hub.writeOff(paymentId, 'again')).toMatchObject({ ok: false, code: 'entry.illegal_transition' })
    }
  })

  it('is tried at once when a person says so, and not written off while the hub still tries', async () => {
    const one = await captured(400)
    expect(await hub.writeOff(one.paymentId, 'too early')).toMatchObject({ ok: false, code: 'entry.illegal_transition' })
    expect(await hub.retryPayment(one.paymentId)).toMatchObject({ ok: false, code: 'hub.insufficient_funds' })
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ attempts: 0, nextAttemptAt: START + HOUR })
    await counter.fund(counter.wallet, 400)
    expect(await hub.retryPayment(one.paymentId)).toMatchObject({ ok: true })
    expect(await stepsOf(one.paymentId)).toEqual(['hub.declined_late', 'hub.recovered'])
    expect(await counter.money()).toMatchObject({ merchant: 400 })
    for (const id of [nextId(), 'nonsense']) expect(await hub.retryPayment(id)).toMatchObject({ ok: false, code: 'payment.unknown' })
  })

  it('odoo/odoo PR 75246: is paid twice by nobody: the schedule and two impatient persons race', async () => {
    const one = await captured(400)
    await counter.fund(counter.wallet, 1200)
    counter.rig.clock.advance(HOUR + MINUTE)
    const all = await Promise.all([hub.retryPayment(one.paymentId), hub.retryPayment(one.paymentId), hub.idle()])
    expect(all.filter((done) => done?.ok === true).length).toBeLessThanOrEqual(1)
    expect(await counter.money()).toMatchObject({ merchant: 400, wallet: [800, 0] })
  })

  it('that no wallet agreed to goes to a person at once, and is never paid whoever tries', async () => {
    const code = counter.wallet.show()
    await counter.fund(counter.wallet, 1000)
    const [, twice] = [await captured(100, code), await captured(100, code)]
    const forged = await captured(100, 'SP1:FORGED')
    for (const [{ paymentId }, why] of [[twice, 'hub.duplicate_code'] as const, [forged, 'code.malformed'] as const]) {
      expect(await counter.rig.payment(paymentId)).toMatchObject({ state: 'RECOVERY', exception: why })
      expect(await hub.retryPayment(paymentId)).toMatchObject({ ok: false, code: why })
      expect(await stepsOf(paymentId)).toEqual(['hub.declined_late', 'hub.gave_up'])
    }
    expect(await counter.money()).toMatchObject({ merchant: 100, wallet: [900, 0], counts: { atRisk: 2 } })
  })
})

describe('a refund of a payment that was never paid', () => {
  it('takes off what is asked for and moves no money; the rest is collected later', async () => {
    const one = await captured(400)
    await counter.journal(counter.till, refund(one, 150).made)
    expect((await hub.overview()).atRisk).toMatchObject([{ claimMinor: 250, nextAttemptAt: START + HOUR }])
    await counter.fund(counter.wallet, 300)
    await counter.pass(HOUR + MINUTE)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERED', capturedMinor: 400, refundedMinor: 150 })
    expect(await counter.money()).toMatchObject({ merchant: 250, wallet: [50, 0] })
    await counter.journal(counter.till, refund(one, 251).made, refund(one, 250).made)
    expect(await codes()).toEqual(['payment.late_decline', 'refund.exceeds_captured'])
    expect(await counter.money()).toMatchObject({ merchant: 0, wallet: [300, 0] })
  })

  it('of all of it, or a void, ends the claim', async () => {
    const [one, two] = [await captured(400), await captured(500)]
    await counter.journal(counter.till, refund(one, 400).made, two.voided)
    expect((await counter.rig.payment(one.paymentId))?.state).toBe('REFUNDED')
    expect((await counter.rig.payment(two.paymentId))?.state).toBe('VOIDED')
    await counter.fund(counter.wallet, 1000)
    await counter.pass(30 * DAY)
    expect(await counter.money()).toMatchObject({ merchant: 0, wallet: [1000, 0], counts: { atRisk: 0 } })
  })

  it('after it was written off moves no money either', async () => {
    const one = await captured(400, 'SP1:FORGED')
    await hub.writeOff(one.paymentId, 'gone')
    await counter.journal(counter.till, refund(one, 400).made)
    expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'REFUNDED', funds: 'none' })
    expect(await counter.money()).toMatchObject({ merchant: 0 })
  })
})

it('a hold that expired before the capture came is collected like any other late payment', async () => {
  await counter.fund(counter.wallet, 400)
  const one = sale(400, counter.wallet.show())
  await counter.journal(counter.till, one.intended)
  await counter.pass(8 * DAY)
  const spent = sale(100, counter.wallet.show())
  await counter.journal(counter.till, spent.intended, spent.acceptedOffline, spent.captured, one.acceptedOffline, one.captured)
  expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RETRY', exception: 'hub.insufficient_funds' })
  await counter.fund(counter.wallet, 100)
  await counter.pass(HOUR + MINUTE)
  expect(await counter.rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERED', funds: 'posted' })
  expect(await counter.money()).toMatchObject({ merchant: 500, wallet: [0, 0] })
})

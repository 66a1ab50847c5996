import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApi, type Api } from './server.ts'
import { rightFor } from '../sign-in/rights.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { sale } from '../test-rig.ts'
import type { DryRunShown, RulesState } from '#protocol/hub-api/risk-rules.ts'
import type { ModelState } from '#protocol/hub-api/risk-model.ts'
import { DAY } from '#protocol/time.ts'

let counter: Counter
let api: Api
beforeAll(async () => {
  counter = await openCounter({ risk: {} })
  api = await openApi({ hub: counter.rig.hub, timers: counter.rig.clock, port: 0, pages: 'nowhere', demoWallets: undefined, warn: () => undefined })
})
afterAll(() => api.close())

async function ask<T>(path: string, body?: object): Promise<{ readonly status: number; readonly told: T }> {
  const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(new URL(path, api.url), init)
  return { status: response.status, told: (await response.json()) as T }
}
/** What the hub says to a shown code of so much. */
async function verdictOn(amountMinor: number): Promise<unknown> {
  const { intended } = sale(amountMinor, counter.wallet.show())
  await counter.journal(counter.till, intended)
  return (await counter.rig.ports.store.get('payments', [intended.body.paymentId]))[0]?.verdict
}
const rule = { id: 'large', says: 'A large amount', outcome: 'decline', cel: 'amount > 2000' }

describe('rules over HTTP', () => {
  it('judge payments from the moment that they are in force until they are taken back', async () => {
    expect(await verdictOn(25_00)).toBe('held')
    const { told: shown } = await ask<DryRunShown>('/api/risk/rules/try', { rules: [rule] })
    expect(shown.proposed).toMatchObject({ payments: 1, rules: [{ id: 'large', fired: 1, sumMinor: 25_00 }] })
    expect(await verdictOn(25_00)).toBe('held')
    expect(await ask<RulesState>('/api/risk/rules/put', { digest: shown.digest, note: 'tried', by: 'Ada' })).toMatchObject({
      status: 200,
      told: { version: 1 },
    })
    expect(await verdictOn(25_00)).toBe('risk.declined')
    expect(await verdictOn(15_00)).toBe('held')
    expect(await ask<RulesState>('/api/risk/rules/back', { version: 0, note: 'too hard', by: 'Ada' })).toMatchObject({ told: { version: 2, rules: [] } })
    expect(await verdictOn(25_00)).toBe('held')
  })

  it('may be overruled for one wallet, for a time', async () => {
    const listed = { kind: 'card', key: counter.wallet.wallet, word: 'blocked', reason: 'stolen', days: 2, by: 'Ada' }
    expect(await ask<RulesState>('/api/risk/lists', listed)).toMatchObject({ told: { lists: [{ word: 'blocked', by: 'Ada' }] } })
    expect(await verdictOn(1_00)).toBe('risk.declined')
    await counter.pass(3 * DAY)
    expect(counter.rig.hub.risk?.rules.listed.word('card', counter.wallet.wallet, counter.rig.clock.now())).toBeUndefined()
    expect((await ask<RulesState>('/api/risk/rules')).told.lists).toEqual([])
  })

  it('take what was refused for neither fraud nor a false alarm: nobody will ever know', async () => {
    await counter.pass(8 * DAY)
    const { told } = await ask<DryRunShown>('/api/risk/rules/try', { rules: [rule] })
    expect(told.proposed).toMatchObject({ payments: 6, labelled: 4, rules: [{ fired: 4, legitimate: 3 }] })
  })

  it.each([
    ['/api/risk/rules/try', { rules: [{ ...rule, cel: 'amount >' }] }, 'risk.bad_expression'],
    ['/api/risk/rules/try', { rules: [rule, rule] }, 'risk.bad_rules'],
    ['/api/risk/rules/try', { rules: Array(201).fill(rule) }, 'wire.malformed'],
    ['/api/risk/rules/put', { digest: 'x', note: 'tried', by: 'Ada' }, 'risk.changed'],
    ['/api/risk/rules/put', { digest: 'x', note: 'tried' }, 'wire.malformed'],
    ['/api/risk/rules/back', { version: 99, note: 'why', by: 'Ada' }, 'risk.unknown'],
    ['/api/risk/lists', { kind: 'card', key: 'a b~', word: 'blocked', reason: 'why', days: 2, by: 'Ada' }, 'wire.malformed'],
    ['/api/risk/lists/end', { kind: 'card', key: 'nobody', by: 'Ada' }, 'risk.unknown'],
    ['/api/risk/model/put', { version: 7, by: 'Ada' }, 'risk.unknown'],
  ])('%s refuses %j with %s', async (path, body, code) => {
    expect(await ask(path, body)).toMatchObject({ told: { code } })
  })

  it('says that there is no model, and why none was trained', async () => {
    expect((await ask<ModelState>('/api/risk/model/train', { by: 'Ada' })).told).toMatchObject({
      lastTraining: { outcome: 'nothing_to_learn' },
      isTraining: false,
    })
    expect((await ask('/api/risk/models/1/card')).status).toBe(404)
  })

  it('are for administrators to change, and for everybody to try out', () => {
    for (const what of ['rules/put', 'rules/back', 'model/train', 'model/put', 'model/hold']) expect(rightFor(`POST /api/risk/${what}`)).toBe('administer')
    expect(rightFor('POST /api/risk/rules/try')).toBe('look')
    expect(rightFor('POST /api/risk/lists')).toBe('operate')
  })
})

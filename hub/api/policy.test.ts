import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openApi, type Api } from './server.ts'
import type { PolicyKeeping } from '../policy/policies.ts'
import { asks } from '../wallets/test-phone.ts'
import { makeRig, sale, type Rig, type TestTill } from '../test-rig.ts'
import { hex } from '#protocol/bytes.ts'
import type { PolicyPreview, PolicyRulesView, PolicyState } from '#protocol/hub-api/policy.ts'
import { encodeSigned, openSigned, type Policy } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { downTopic, upTopic, type DownKind } from '#protocol/topics.ts'
import { DAY, HOUR } from '#protocol/time.ts'

let rig: Rig
let api: Api
let text: string | undefined
let lines: string[]
const keeping: PolicyKeeping = {
  policy: {
    read: () => text,
    write: (next) => {
      text = next
    },
  },
  denied: { read: () => [...lines], append: (line) => void lines.push(line) },
}
beforeEach(async () => {
  text = undefined
  lines = []
  rig = await makeRig({ policyKeeping: keeping })
  api = await openApi({ hub: rig.hub, timers: rig.clock, port: 0, pages: 'nowhere', demoWallets: rig.wallets, warn: () => undefined })
})
afterEach(() => api.close())

const ask = async <T>(path: string, body?: object): Promise<T> => {
  const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return (await (await fetch(new URL(path, api.url), init)).json()) as T
}
const state = () => ask<PolicyState>('/api/policy')
function said<T extends 'sp.policy' | 'sp.deny'>(till: TestTill, kind: DownKind, typ: T) {
  const bytes = rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till.id, kind))?.payload ?? new Uint8Array(0)
  const signer = rig.keys.signer('policy')
  const opened = openSigned(nodeCrypto, bytes, typ, (id) => (id === hex(signer.keyId) ? signer.publicKey : undefined))
  if (!opened.ok) throw new Error(opened.code)
  return opened.value
}
const policyOf = (till: TestTill): Policy => said(till, 'policy', 'sp.policy')
async function holds(till: TestTill, denied = 0): Promise<void> {
  const { version, issuedAt } = policyOf(till)
  rig.carrier.deliver(upTopic(till.id), encodeSigned(till.signer, 'sp.holds', { v: 1, till: till.id, denied, policy: { version, issuedAt } }))
  await rig.hub.idle()
}
const change = (rules: PolicyRulesView, offline: Partial<PolicyRulesView['offline']>): PolicyRulesView => ({
  ...rules,
  offline: { ...rules.offline, ...offline },
})

describe('a policy', () => {
  test('is shown with its worst case, signed for all tills as a higher version, and there after a restart', async () => {
    const till = await rig.till()
    const before = await state()
    expect(before.worst).toMatchObject({ lossMinor: 1000_00, tillMinor: 1000_00, instrumentMinor: 200_00, shownCodeMinor: 50_00, instruments: 5 })
    const rules = change(before.rules, { perTillMinor: 300_00 })
    const preview = await ask<PolicyPreview>('/api/policy/preview', rules)
    expect([preview.worst.lossMinor, preview.worst.untilOldEndMinor, preview.now.worst.lossMinor]).toEqual([300_00, 700_00, 1000_00])
    expect(policyOf(till).version).toBe(before.version)
    const after = await ask<PolicyState>('/api/policy/sign', rules)
    expect(after.version).toBeGreaterThan(before.version)
    expect(policyOf(till)).toMatchObject({ version: after.version, offline: { perTillMinor: 300_00 } })
    await holds(till)
    expect((await state()).worst.untilOldEndMinor).toBe(0)
    const again = await makeRig({ policyKeeping: keeping })
    expect((await again.hub.policy.state()).version).toBe(after.version)
  })

  test('that makes no sense is refused', async () => {
    const { rules } = await state()
    const steps = [
      { afterMs: HOUR, capsPpm: 100 },
      { afterMs: 2 * HOUR, capsPpm: 200 },
    ]
    expect(await ask('/api/policy/sign', change(rules, { steps }))).toMatchObject({ code: 'wire.malformed' })
    expect(await ask('/api/policy/sign', change(rules, { perTillMinor: -1 }))).toMatchObject({ code: 'wire.malformed' })
  })

  test('shares the store’s cap: another till gets its part when the first has said that it has less', async () => {
    const first = await rig.till()
    const { rules } = await state()
    await ask('/api/policy/sign', { ...rules, storeMinor: 900_00 })
    await holds(first)
    expect(policyOf(first).storeSlice).toEqual({ storeMinor: 900_00, sliceMinor: 900_00 })
    const second = await rig.till()
    expect([policyOf(first), policyOf(second)].map(({ storeSlice }) => storeSlice?.sliceMinor)).toEqual([450_00, 0])
    await holds(first)
    expect([policyOf(first), policyOf(second)].map(({ storeSlice }) => storeSlice?.sliceMinor)).toEqual([450_00, 450_00])
    await rig.hub.revokeTill(second.id)
    rig.clock.advance(6 * HOUR)
    // Who took it away may still spend it.
    expect(policyOf(first).storeSlice?.sliceMinor).toBe(450_00)
  })
})

describe('what a till took alone', () => {
  const takes = async (till: TestTill, amountMinor: number, version: number) => {
    const wallet = await rig.wallet()
    const one = sale(amountMinor, wallet.show(rig.clock.now()))
    const accepted = { kind: 'payment.accepted_offline', body: { ...one.acceptedOffline.body, policyVersion: version } } as const
    for (const fact of [one.intended, accepted, one.captured]) till.write(fact, rig.clock.now())
    await rig.send(till, till.batch())
    return one.paymentId
  }
  const codes = async () => (await rig.exceptions()).map(([, , code]) => code)

  test('is flagged where its policy did not allow it, and judged by the version that it names', async () => {
    const till = await rig.till()
    const { version, rules } = await state()
    await takes(till, 40_00, version)
    expect(await codes()).toEqual([])
    const { version: tighter } = await ask<PolicyState>('/api/policy/sign', change(rules, { perPaymentMinor: 30_00 }))
    await takes(till, 40_00, version)
    expect(await codes()).toEqual([])
    await takes(till, 40_00, tighter)
    await takes(till, 10_00, 77)
    expect(await codes()).toEqual(['policy.payment_cap', 'policy.unknown_version'])
  })

  test('shows what other rules would have done about it', async () => {
    const till = await rig.till()
    const { version, rules } = await state()
    await takes(till, 40_00, version)
    await takes(till, 20_00, version)
    const { alone, now } = await ask<PolicyPreview>('/api/policy/preview', change(rules, { perPaymentMinor: 30_00 }))
    expect(alone).toEqual({ accepted: { payments: 1, sumMinor: 20_00 }, refused: [{ code: 'policy.payment_cap', payments: 1, sumMinor: 40_00 }] })
    expect(now.alone.accepted).toEqual({ payments: 2, sumMinor: 60_00 })
  })
})

describe('a lost phone', () => {
  test('is denied by its owner: no hold, no refill, and every till hears of it', async () => {
    const till = await rig.till()
    await holds(till)
    expect(said(till, 'deny', 'sp.deny')).toMatchObject({ version: 1, size: 0, content: { type: 'whole' } })
    const wallet = await rig.wallet()
    expect(await asks(rig.walletDesk, wallet, { type: 'lost', phone: '00'.repeat(32) })).toMatchObject({ code: 'hub.unknown_wallet' })
    expect(await asks(rig.walletDesk, wallet, { type: 'lost', phone: hex(wallet.device.publicKey) })).toMatchObject({ ok: true })
    const { denied } = await state()
    expect(denied).toMatchObject({ size: 1, newest: [{ kind: 'wallet', id: wallet.wallet }] })
    expect(said(till, 'deny', 'sp.deny')).toMatchObject({ version: denied.version, content: { type: 'delta', from: 1 } })
    expect(policyOf(till).denyList).toMatchObject({ version: denied.version, size: 1, maxAgeMs: 2 * DAY })
    const one = sale(10_00, wallet.show(rig.clock.now()))
    till.write(one.intended, rig.clock.now())
    await rig.send(till, till.batch())
    expect(rig.decisions(till)).toMatchObject([{ verdict: { type: 'declined', code: 'policy.denied' } }])
    expect(await asks(rig.walletDesk, wallet, { type: 'refresh' })).toMatchObject({ code: 'policy.denied' })
    await ask('/api/denied/allow', { name: { kind: 'wallet', id: wallet.wallet }, reason: 'found' })
    expect((await state()).denied.size).toBe(0)
    expect(await asks(rig.walletDesk, wallet, { type: 'refresh' })).toMatchObject({ ok: true })
  })
})

test('a policy that holds for an hour is signed anew while it holds, on a hub that is up', async () => {
  const till = await rig.till()
  const { rules } = await state()
  await rig.hub.policy.sign({ ...rules, validForMs: HOUR })
  for (let minutes = 0; minutes < 3 * 60; minutes += 10) {
    rig.clock.advance(HOUR / 6)
    await rig.hub.idle()
    expect(policyOf(till).validUntil).toBeGreaterThan(rig.clock.now() + HOUR / 3)
  }
})

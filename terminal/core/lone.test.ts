import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { base64url } from '#protocol/bytes.ts'
import { compactTreesBytes } from '#protocol/risk/compact-trees.ts'
import { LONE_FEATURES, loneFeatures } from '#protocol/risk/lone.ts'
import { openTestTill, POLICY, sellApple, testWallet, type TestTill } from './test-till.ts'

/** Refuses who has paid here more than once: a model that can be seen through. */
const model = compactTreesBytes({
  features: LONE_FEATURES,
  bias: 0,
  feature: new Uint8Array(7).fill(loneFeatures.indexOf('seen_here')),
  threshold: Float32Array.from([1, Infinity, Infinity, Infinity, Infinity, Infinity, Infinity]),
  leaf: Int16Array.from([-1, 0, 0, 0, 1, 0, 0, 0]),
})
const policy = { ...POLICY, risk: { model: base64url(model ?? new Uint8Array(0)), refuseAbove: 0, standing: { payments: 5, frauds: 0, run: 0 } } }

let t: TestTill
beforeEach(() => {
  t = openTestTill({ policy })
  t.goOnline()
  t.till.disconnected()
})
afterEach(() => {
  t.close()
  rmSync(t.folder, { recursive: true })
})

function pay(wallet: ReturnType<typeof testWallet>): string {
  if (t.view().tender.stage === 'none' || t.view().tender.stage === 'approved') sellApple(t)
  const scanned = t.till.scanned(wallet.show())
  return scanned.ok ? t.view().tender.stage : scanned.code
}

test('a lone till refuses what its model finds too risky, and goes on with another way to pay', () => {
  const wallet = testWallet(t)
  expect([pay(wallet), pay(wallet), pay(wallet)]).toEqual(['approved', 'approved', 'policy.too_risky'])
  expect(t.entries().at(-1)).toMatchObject({ kind: 'payment.rejected', body: { code: 'policy.too_risky' } })
  expect(pay(testWallet(t))).toBe('approved')
})

test('with the hub answering the model is not asked', () => {
  const wallet = testWallet(t)
  expect([pay(wallet), pay(wallet)]).toEqual(['approved', 'approved'])
  t.goOnline()
  expect(pay(wallet)).toBe('deciding')
})

test('the journal remembers for it: a till that was switched off and on again says the same', () => {
  const wallet = testWallet(t)
  expect([pay(wallet), pay(wallet)]).toEqual(['approved', 'approved'])
  t = t.reopen()
  t.goOnline()
  t.till.disconnected()
  expect(pay(wallet)).toBe('policy.too_risky')
})

import { expect, test } from 'vitest'
import { demoPast } from '../demo-past.ts'
import { openCounter, type Counter } from '../test-counter.ts'
import { sale, type TestTill } from '../test-rig.ts'
import type { PolicyKeeping } from './policies.ts'
import { unbase64url } from '#protocol/bytes.ts'
import { openSigned, type Policy } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { readCompactTrees } from '#protocol/risk/compact-trees.ts'
import { downTopic } from '#protocol/topics.ts'
import { DAY } from '#protocol/time.ts'

const forgetful: PolicyKeeping = { policy: { read: () => undefined, write: () => {} }, denied: { read: () => [], append: () => {} } }

function policyOf({ rig }: Counter, till: TestTill): Policy {
  const bytes = rig.carrier.sent.findLast(({ topic }) => topic === downTopic(till.id, 'policy'))?.payload ?? new Uint8Array(0)
  const opened = openSigned(nodeCrypto, bytes, 'sp.policy', () => rig.keys.signer('policy').publicKey)
  if (!opened.ok) throw new Error(opened.code)
  return opened.value
}

test('a hub that has seen too little says so, and decides by caps alone', async () => {
  const { rig } = await openCounter({ policyKeeping: forgetful })
  expect(await rig.hub.policy.curve()).toEqual({ bad: 0, needed: 20 })
})

test('a person picks a point of the curve, and it is in what tills get, with what is known of each', async () => {
  const counter = await openCounter({ policyKeeping: { ...forgetful, inventedPast: demoPast } })
  const { rig, till, wallet, journal, pass } = counter
  const [good, poor] = [sale(10_00, wallet.show()), sale(149_00, wallet.show())]
  await journal(till, good.intended, good.held, good.captured, good.completed)
  await journal(till, poor.intended, poor.acceptedOffline, poor.captured, poor.completed)

  const { curve } = await rig.hub.policy.curve()
  expect(curve).toMatchObject({ invented: true, bytes: unbase64url(curve?.model ?? '')?.length })
  expect(readCompactTrees(unbase64url(curve?.model ?? '') ?? new Uint8Array(0))).toBeDefined()
  const point = curve?.points[3]
  if (curve === undefined || point === undefined) throw new Error('there is a curve')
  expect(point.lossMinor).toBeLessThan(curve.badMinor)

  const { rules } = await rig.hub.policy.state()
  expect(policyOf(counter, till).risk).toBeUndefined()
  const risk = { model: curve.model, refuseAbove: point.refuseAbove }
  // What a person is shown before he signs is what tills would do.
  const { all, now } = await rig.hub.policy.preview({ ...rules, risk: { ...risk, refuseAbove: -(2 ** 31) } })
  expect(all.refused).toContainEqual({ code: 'policy.too_risky', payments: 1, sumMinor: 10_00 })
  expect(now.all.refused.map(({ code }) => code)).not.toContain('policy.too_risky')

  const state = await rig.hub.policy.sign({ ...rules, risk })
  expect(state.rules.risk).toEqual(risk)
  expect(policyOf(counter, till).risk).toMatchObject(risk)

  await pass(8 * DAY)
  await rig.hub.policy.sign({ ...rules, risk })
  // Asks the store after what is known of tills, and so answers later.
  await rig.hub.policy.preview(rules)
  await rig.hub.policy.sign({ ...rules, risk })
  expect(policyOf(counter, till).risk?.standing).toMatchObject({ payments: 2, frauds: 1, run: 1 })
})

import { beforeEach, expect, it } from 'vitest'
import { makeRig, sale, type Rig, type TestTill } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import { SECOND } from '#protocol/time.ts'
import { upTopic } from '#protocol/topics.ts'

let rig: Rig
let till: TestTill
beforeEach(async () => {
  rig = await makeRig()
  till = await rig.till()
  const wallet = await rig.wallet()
  for (let n = 0; n < 3; n++) {
    const made = sale(100, wallet.show())
    for (const fact of [made.intended, made.acceptedOffline, made.captured]) till.write(fact)
  }
})
const settled = async () => (await rig.ports.store.standing()).settledSeq
/** A part of a backlog that has more behind it, as a till sends it. */
const send = (from: number, to: number, waiting: number) => rig.carrier.deliver(upTopic(till.id), till.batch(from, to, till.signer, { waiting }))
const acknowledged = (n: number) => until(() => expect(rig.acks(till).at(-1)?.received.n).toBe(n))

it('settling leaves the machine to custody while a till drains, but not for long', async () => {
  send(1, 4, 6)
  await acknowledged(4)
  expect(await settled()).toBe(0)
  rig.clock.advance(SECOND)
  await until(async () => expect(await settled()).toBe(4))
  send(5, 7, 3)
  await acknowledged(7)
  expect(await settled()).toBe(4)
  await rig.hub.idle()
  expect(await settled()).toBe(7)
})

it('settling does not wait for a till that has nothing more', async () => {
  send(1, 10, 0)
  await until(async () => expect(await settled()).toBe(10))
})

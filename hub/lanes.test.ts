import { expect, it } from 'vitest'
import { makeRig, type Rig, type TestTill } from './test-rig.ts'
import { signedTypes } from '#protocol/cose.ts'
import { openSigned, type LaneSettings } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { downTopic } from '#protocol/topics.ts'

const said = (rig: Rig, till: TestTill): LaneSettings[] =>
  rig.carrier.sent
    .filter(({ topic, retain }) => topic === downTopic(till.id, 'lanes') && retain)
    .map(({ payload }) => {
      const opened = openSigned(nodeCrypto, payload, signedTypes.lanes, () => rig.keys.signer('policy').publicKey)
      if (!opened.ok) throw new Error(opened.code)
      return opened.value
    })

const EDGE = { url: 'mqtts://edge.example:7430', publicKey: 'ab'.repeat(32), mdns: false }

it('every till hears who the others are, and whenever that changes, under a higher version', async () => {
  const rig = await makeRig()
  const first = await rig.till()
  const second = await rig.till()
  expect(
    said(rig, first)
      .at(-1)
      ?.tills.map(({ till }) => till),
  ).toEqual([first.id, second.id])
  expect(said(rig, second).at(-1)).toEqual(said(rig, first).at(-1))
  await rig.hub.configureEdge({ version: 1, edge: EDGE })
  expect(said(rig, first).at(-1)?.edge).toEqual(EDGE)
  await rig.hub.revokeTill(second.id)
  expect(
    said(rig, first)
      .at(-1)
      ?.tills.map(({ till }) => till),
  ).toEqual([first.id])
  await rig.hub.configureEdge({ version: 2, edge: undefined })
  expect(said(rig, first).at(-1)?.edge).toBeUndefined()
  const versions = said(rig, first).map(({ version }) => version)
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
})

it('nothing is said anew when nothing has changed', async () => {
  const rig = await makeRig()
  const till = await rig.till()
  await rig.hub.configureEdge({ version: 1, edge: EDGE })
  const before = said(rig, till).length
  await rig.hub.configureEdge({ version: 1, edge: EDGE })
  expect(said(rig, till)).toHaveLength(before)
})

import { Readable } from 'node:stream'
import { beforeEach, expect, test } from 'vitest'
import { importJournal } from './journal-import.ts'
import { PacketGauge } from '#protocol/node/packet-gauge.ts'
import { enrolmentRequest, enrolTestTill, makeRig, testSeed, type Rig, type TestTill } from './test-rig.ts'
import { utf8 } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import { encodeEntry, MAX_ENTRY_BYTES } from '#protocol/journal/entry.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { asJson, asText, expectBears } from '#protocol/node/test-fuzz.ts'
import { exportKeyFromSecret, sealJournal } from '#protocol/node/sealed-journal.ts'
import { upTopic } from '#protocol/topics.ts'

/** Everything by which the world reaches a hub, on a whole hub: what is nonsense changes nothing, and what comes after it is still heard. */

let rig: Rig
let till: TestTill
beforeEach(async () => {
  rig = await makeRig()
  till = await enrolTestTill(rig.hub, rig.clock)
})
const opened = { kind: 'epoch.opened', body: { reason: 'enrolled' } } as const
const acks = (): number => rig.carrier.sent.filter(({ topic }) => topic.endsWith('/ack')).length

/** The till's whole journal, sent as it should be, is acknowledged. */
async function stillHears(): Promise<void> {
  const before = acks()
  if (till.entries.length === 0) till.write(opened)
  rig.carrier.deliver(upTopic(till.id), till.batch())
  await rig.hub.idle()
  expect(acks()).toBeGreaterThan(before)
}

test('enrolment bears any body', async () => {
  const samples = [utf8(JSON.stringify(enrolmentRequest(signerFromSeed(testSeed()), `${'0'.repeat(16)}-${rig.keys.root.keyId}`)))]
  await expectBears({ take: asJson((body) => rig.hub.enrol(body)), samples })
  await stillHears()
})

test('custody bears any bytes on the topic of a till', async () => {
  till.write(opened)
  const take = async (input: Uint8Array): Promise<void> => {
    rig.carrier.deliver(upTopic(till.id), input)
    await rig.hub.idle()
  }
  await expectBears({ take, samples: [till.batch()] })
  await stillHears()
})

test('settling bears any entry that its till has signed', async () => {
  const take = async (input: Uint8Array): Promise<void> => {
    till.writeBytes(input.subarray(0, MAX_ENTRY_BYTES))
    rig.carrier.deliver(upTopic(till.id), till.batch(till.entries.length))
    await rig.hub.idle()
  }
  await expectBears({ take, samples: [encodeEntry({ till: till.id, epoch: 1, n: 2 }, rig.clock.now(), opened)] })
  rig.carrier.sent.length = 0
  till.write({ kind: 'incident.recorded', body: { code: 'till.busy' } })
  rig.carrier.deliver(upTopic(till.id), till.batch(till.entries.length))
  await rig.hub.idle()
  expect(acks()).toBe(1)
})

test('the link bears any topic', async () => {
  const take = asText(async (topic) => {
    rig.carrier.deliver(topic, utf8('online'))
    await rig.hub.idle()
  })
  await expectBears({ take, samples: [utf8(upTopic(till.id)), utf8(upTopic(till.id).replace('/up', '/link'))] })
  await stillHears()
})

test('the import of a journal bears any file', async () => {
  const exportKey = exportKeyFromSecret(new Uint8Array(32).fill(7))
  const sealed: Uint8Array[] = []
  for await (const part of sealJournal(exportKey.publicKey, till.id, [{ bytes: till.batch(), entries: 1 }])) sealed.push(part)
  const offered: number[] = []
  const ports = {
    keys: { exportKey: () => exportKey },
    offer: (_till: Id, batch: Uint8Array) => Promise.resolve({ stands: undefined, taken: offered.push(batch.length) > 0 }),
  }
  await expectBears({ take: (input) => importJournal(ports, Readable.from([Buffer.from(input)])), samples: [Buffer.concat(sealed)] })
  expect(new Set(offered)).toEqual(new Set([till.batch().length]))
})

test('a broker’s gauge bears any packets, in any pieces, and always says the same of them', async () => {
  const accepts = (...parts: readonly Uint8Array[]): boolean => {
    const gauge = new PacketGauge(1000)
    return parts.every((part) => gauge.accepts(part))
  }
  const take = (input: Uint8Array): void => {
    const half = input.length >> 1
    expect(accepts(input.subarray(0, half), input.subarray(half))).toBe(accepts(input))
  }
  // PUBLISH with one byte of topic, then PINGREQ.
  await expectBears({ take, samples: [Uint8Array.of(0x30, 4, 0, 1, 0x61, 0x62, 0xc0, 0)] })
})

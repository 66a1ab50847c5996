import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { hex, utf8 } from './bytes.ts'
import { deviceHealth, fromBridge, printDocument, toBridge } from './device/messages.ts'
import { errorCodes } from './errors.ts'
import { batchOfVersion1 } from './hub/golden.ts'
import { healthSchema, watchSchema } from './hub/health.ts'
import { updateSchema } from './hub/updates.ts'
import * as hub from './hub/messages.ts'
import { quoteSchema } from './exchange/quote.ts'
import { paidSchema } from './hub/paid.ts'
import { pointsAskedSchema, pointsSchema } from './hub/points.ts'
import { addressedSchema, addressKeySchema } from './hub/receipts.ts'
import { chainHash, GENESIS } from './journal/chain.ts'
import { encodeEntry, entrySchema } from './journal/entry.ts'
import { laneMessageSchema } from './lanes/messages.ts'
import { nodeCrypto, signerFromSeed } from './node/crypto.ts'
import { golden } from './payment-code/golden.ts'
import { encodeFingerprints } from './policy/deny-list.ts'
import { denyMessageSchema, holdsSchema } from './policy/deny-messages.ts'
import { command, fromScreen } from './till-api/api.ts'
import { allHealthFilter, allLinkFilter, allUpFilter, downKinds, downTopic, healthTopic, linkTopic, upTopic } from './topics.ts'
import { PROTOCOL_VERSION } from './version.ts'

/**
 * Everything that two programs of different age must agree on, as one hash each, kept in fingerprints.json under the version of the protocol.
 * A released version stays as it is for ever; the one in the making is recorded again with
 *
 *     npx vitest run --project unit protocol/fingerprint -u
 *
 * and whoever releases a version adds it to `released`.
 */
const FILE = join(import.meta.dirname, 'fingerprints.json')
const recordedShape = z.strictObject({ released: z.array(z.int()), versions: z.record(z.string(), z.record(z.string(), z.string())) })

const till = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
const NOW = 1_800_000_000_000
/** Seed: 32 bytes of 01. Ed25519 is deterministic, so signatures are part of the examples. */
const signer = signerFromSeed(new Uint8Array(32).fill(1))

// One example of each thing whose bytes are laid out by code and not by a schema.
const entry = encodeEntry({ till, epoch: 1, n: 1 }, NOW, { kind: 'epoch.opened', body: { reason: 'enrolled' } })
const head = chainHash(nodeCrypto, GENESIS, entry)
const batch = hub.encodeBatch(signer, {
  till,
  epoch: 1,
  from: 2,
  previous: head,
  lastAck: new Uint8Array(32).fill(2),
  waiting: 3,
  entries: [entry, utf8('second')],
})
const decision = hub.encodeSigned(signer, 'sp.decision', {
  v: 1,
  till,
  paymentId: till,
  intended: hex(head),
  verdict: { type: 'held', until: NOW },
  hubTime: NOW,
})
const topics = [
  upTopic(till),
  healthTopic(till),
  linkTopic(till),
  ...downKinds.map((kind) => downTopic(till, kind)),
  allUpFilter,
  allHealthFilter,
  allLinkFilter,
]

/** `io: 'input'`: what may arrive. Refinements do not show in JSON Schema; what they stand for (currencies, base64url) is not ours to change. */
const shapeOf = (schema: z.ZodType): unknown => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })

const entryShapes = Object.fromEntries(entrySchema.options.map((option) => [`entry ${option.shape.kind.value}`, shapeOf(option)]))
const formats: Readonly<Record<string, unknown>> = {
  ...entryShapes,
  'error codes': errorCodes.toSorted().join(),
  'hub ack': shapeOf(hub.ackSchema),
  'hub decision': shapeOf(hub.decisionSchema),
  'hub refund decision': shapeOf(hub.refundDecisionSchema),
  'hub key set': shapeOf(hub.keySetSchema),
  'hub policy': shapeOf(hub.policySchema),
  'hub catalogue': shapeOf(hub.catalogueSchema),
  'hub catalogue chunk': shapeOf(hub.chunkSchema),
  'hub lanes': shapeOf(hub.lanesSchema),
  'hub copied': shapeOf(hub.copiedSchema),
  'lane message': shapeOf(laneMessageSchema),
  'hub wanted chunk': shapeOf(hub.wantedSchema),
  'hub points asked': shapeOf(pointsAskedSchema),
  'hub points': shapeOf(pointsSchema),
  'hub paid by phone': shapeOf(paidSchema),
  'hub quote': shapeOf(quoteSchema),
  'hub address key': shapeOf(addressKeySchema),
  'hub addressed': shapeOf(addressedSchema),
  'hub deny list': [shapeOf(denyMessageSchema), hex(encodeFingerprints([0, 127, 255, 2 ** 40 - 1]))],
  'till holds': shapeOf(holdsSchema),
  'hub till certificate': shapeOf(hub.tillCertificateSchema),
  'hub update': shapeOf(updateSchema),
  'hub health': shapeOf(healthSchema),
  'hub watch': shapeOf(watchSchema),
  'hub rekey': [shapeOf(hub.rekeySchema), shapeOf(hub.rekeyProofSchema), shapeOf(hub.rekeyedSchema)],
  'hub enrolment proof': shapeOf(hub.enrolmentProof),
  'hub enrolment request': shapeOf(hub.enrolRequest),
  'hub enrolment answer': shapeOf(hub.enrolAnswer),
  'device from bridge': shapeOf(fromBridge),
  'device to bridge': shapeOf(toBridge),
  'device health': shapeOf(deviceHealth),
  'device print document': shapeOf(printDocument),
  'till-api command': shapeOf(command),
  'till-api from screen': shapeOf(fromScreen),
  'bytes of an entry': hex(entry),
  'bytes of a chain hash': hex(head),
  'bytes of a batch': batchOfVersion1,
  'bytes of a batch, version 2': hex(batch),
  'bytes of a signed message': hex(decision),
  'payment code': golden,
  topics,
}

const isListOfErrors = (value: readonly unknown[]): boolean => value.length === errorCodes.length && errorCodes.every((code) => value.includes(code))

/** JSON with the keys in order, so that only what is said counts. A new error code changes one fingerprint, not that of every message with a code. */
function canonical(value: unknown): string {
  if (Array.isArray(value) && isListOfErrors(value)) return '"error codes"'
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join()}}`
}

const now = Object.fromEntries(Object.entries(formats).map(([name, format]) => [name, hex(nodeCrypto.sha256(utf8(canonical(format)))).slice(0, 16)]))
const recorded = recordedShape.parse(JSON.parse(readFileSync(FILE, 'utf8')))

test('no format changes without its version', async () => {
  const before = recorded.versions[PROTOCOL_VERSION] ?? {}
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  const changed = names.filter((name) => before[name] !== now[name]).join(', ')
  const howToRelease = 'Raise PROTOCOL_VERSION in protocol/version.ts, go on reading the old form, and record the new one as fingerprint.test.ts says.'
  if (recorded.released.includes(PROTOCOL_VERSION))
    expect(changed, `Version ${PROTOCOL_VERSION} is released: tills and journals out there have it. ${howToRelease}`).toBe('')
  const versions = { ...recorded.versions, [PROTOCOL_VERSION]: now }
  await expect(
    `${JSON.stringify({ released: recorded.released, versions }, null, 2)}\n`,
    `Formats differ from what is recorded for version ${PROTOCOL_VERSION}, which is not released yet: ${changed}. If that is meant, record them again as fingerprint.test.ts says, and commit fingerprints.json with the change`,
  ).toMatchFileSnapshot(FILE)
})

test('what is released is recorded, and nothing newer than the version of the protocol is', () => {
  const versions = Object.keys(recorded.versions).map(Number)
  expect(recorded.released.filter((version) => !versions.includes(version))).toEqual([])
  expect(Math.max(...versions)).toBe(PROTOCOL_VERSION)
})

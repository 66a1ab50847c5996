import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { enrolmentRequest, makeRig, nextId, START, testSeed, TestTill, type Rig } from '../../hub/test-rig.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { openSigned, type JsonMessage } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { DAY } from '#protocol/time.ts'
import { downTopic, upTopic } from '#protocol/topics.ts'
import { ownCheckpoint, signCheckpoint } from '../../terminal/core/checkpoint.ts'
import { Credits } from '../../terminal/core/credits.ts'
import { identityOf, readIdentity, writeIdentity, type IdentityFile } from '../../terminal/core/identity.ts'
import { createKeyRotation, KEY_LIFETIME } from '../../terminal/core/key-rotation.ts'

let rig: Rig
let data: string
let first: IdentityFile
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'sp-key-'))
  rig = await makeRig()
  const seed = testSeed()
  const registered = await rig.hub.registerTill('Counter 1')
  if (!registered.ok) throw new Error(registered.code)
  const enrolled = await rig.hub.enrol(enrolmentRequest(signerFromSeed(seed), registered.value.code))
  if (!enrolled.ok) throw new Error(enrolled.code)
  const { rootPublicKey, certificate, mqtt } = enrolled.value.answer
  first = { v: 1, till: registered.value.till, name: 'Counter 1', seed: hex(seed), rootPublicKey, certificate, mqtt }
  writeIdentity(data, first)
})
afterEach(() => rmSync(data, { recursive: true }))

const identity = (): IdentityFile => readIdentity(data) ?? first
/** As a core that starts has it, and what it sent. */
function core() {
  const sent: Uint8Array[] = []
  const rotation = createKeyRotation({ crypto: nodeCrypto, clock: rig.clock, data, identity: identity(), send: (message) => sent.push(message) })
  return { rotation, sent }
}
async function answerTo(message: Uint8Array | undefined): Promise<JsonMessage<'sp.rekeyed'> | undefined> {
  const before = rig.carrier.sent.length
  rig.carrier.deliver(upTopic(first.till), message ?? new Uint8Array(0))
  await rig.hub.idle()
  const answer = rig.carrier.sent.slice(before).find(({ topic }) => topic === downTopic(first.till, 'rekeyed'))
  const opened = answer && openSigned(nodeCrypto, answer.payload, signedTypes.rekeyed, () => rig.keys.signer('ack').publicKey)
  return opened?.ok === true ? opened.value : undefined
}
/** The till's first batch, by the key that its identity has. */
async function sends(): Promise<number | undefined> {
  const till = new TestTill(first.till, identityOf(identity()).signer)
  till.write({ kind: 'epoch.opened', body: { reason: 'enrolled' } }, START)
  await rig.send(till, till.batch())
  return (await rig.ports.store.get('heads', [till.id]))[0]?.n
}

test('a key that is young enough stays', () => {
  const { rotation, sent } = core()
  rig.clock.advance(KEY_LIFETIME - 1)
  rotation.connected()
  expect(sent).toEqual([])
})

test('a young one is replaced when somebody wants it, once, and the wish is kept by both', async () => {
  rig.clock.advance(DAY)
  expect(await rig.hub.fleet.rekey(first.till, 'ann', 'a cleaner had the keys')).toMatchObject({ ok: true })
  const { rotation, sent } = core()
  rotation.asked(START)
  expect(sent).toEqual([])
  rotation.asked(rig.clock.now())
  const answer = await answerTo(sent[0])
  if (answer === undefined) throw new Error('no answer')
  expect(rotation.answered(answer)).toEqual({ ok: true, value: null })
  const next = core()
  next.rotation.asked(rig.clock.now())
  expect(next.sent).toEqual([])
  expect(await sends()).toBe(1)
  const file = await rig.hub.tillFile(first.till)
  expect(file?.acts.map(({ act, by }) => `${act} ${by}`)).toEqual(expect.arrayContaining(['rekeyAsked ann']))
  expect(file?.keys.map(({ state }) => state)).toEqual(['former', 'current'])
  expect(await rig.hub.fleet.rekey(nextId(), 'ann')).toMatchObject({ code: 'custody.unknown_till' })
  await rig.hub.revokeTill(first.till)
  expect(await rig.hub.fleet.rekey(first.till, 'ann')).toMatchObject({ code: 'entry.illegal_transition' })
})

test('an old one is replaced at the next start, and the hub takes what the next one signs', async () => {
  rig.clock.advance(KEY_LIFETIME)
  const { rotation, sent } = core()
  rotation.connected()
  const answer = await answerTo(sent[0])
  if (answer === undefined) throw new Error('no answer')
  expect(rotation.answered(answer)).toEqual({ ok: true, value: null })
  const next = identity()
  expect(next).toMatchObject({ till: first.till, former: [{ seed: first.seed, until: rig.clock.now() }] })
  expect(next.seed).not.toBe(first.seed)
  expect(existsSync(join(data, 'next-key'))).toBe(false)
  expect(await sends()).toBe(1)
  // It is young again, and asks for no other.
  const again = core()
  again.rotation.connected()
  rotation.connected()
  expect([again.sent.length, sent.length]).toEqual([0, 1])
})

test('power may go at each step', async () => {
  rig.clock.advance(KEY_LIFETIME)
  // A key that was half written is none.
  writeFileSync(join(data, 'next-key'), 'abc')
  const before = core()
  before.rotation.connected()
  const wished = await answerTo(before.sent[0])
  // The answer was lost: another start asks for the same key, and gets the same.
  const after = core()
  after.rotation.connected()
  const answer = await answerTo(after.sent[0])
  expect(answer?.publicKey).toBe(wished?.publicKey)
  expect(await sends()).toBe(1)
  if (answer === undefined) throw new Error('no answer')
  after.rotation.answered(answer)
  // The identity is written, and the key beside it was not gone yet.
  writeFileSync(join(data, 'next-key'), identity().seed)
  const last = core()
  expect(existsSync(join(data, 'next-key'))).toBe(false)
  expect(last.rotation.answered(answer)).toEqual({ ok: true, value: null })
  expect(identity().former).toHaveLength(1)
})

test('an answer counts only as far as the root certified it for this very key', async () => {
  rig.clock.advance(KEY_LIFETIME)
  const { rotation, sent } = core()
  rotation.connected()
  const answer = await answerTo(sent[0])
  if (answer === undefined) throw new Error('no answer')
  expect(rotation.answered({ ...answer, certificate: first.certificate })).toMatchObject({ code: 'wire.bad_signature' })
  expect(rotation.answered({ ...answer, certificate: `${answer.certificate.slice(0, -4)}AAAA` })).toMatchObject({ ok: false })
  expect(rotation.answered({ ...answer, tls: { authority: 'AAAA', certificate: 'AAAA' } })).toMatchObject({ code: 'wire.malformed' })
  rotation.answered({ ...answer, publicKey: hex(signerFromSeed(testSeed()).publicKey) })
  expect(identity()).toEqual(first)
})

test('what the old key signed is still the till’s own', () => {
  const [old, now] = [signerFromSeed(testSeed()), signerFromSeed(testSeed())]
  const owner = { till: first.till, signer: now, former: [{ signer: old, until: START + DAY }] }
  const head = { epoch: 1, n: 7, hash: nodeCrypto.sha256(new Uint8Array(1)) }
  expect(ownCheckpoint(nodeCrypto, owner, signCheckpoint(old, first.till, head))).toEqual(head)
  expect(ownCheckpoint(nodeCrypto, owner, signCheckpoint(signerFromSeed(testSeed()), first.till, head))).toBeUndefined()
  // Store credit that is printed again has the code that it was issued with.
  const parts = { crypto: nodeCrypto, store: { records: () => new Map<string, string>() }, authority: {} as never, newId: () => first.till }
  const credit = { creditId: first.till, amountMinor: 500, currency: 'EUR', issuedAtMs: START }
  const before = new Credits({ ...parts, signer: old }).codeOf(credit)
  const rotated = new Credits({ ...parts, ...owner })
  expect(rotated.codeOf(credit)).toBe(before)
  expect(rotated.codeOf({ ...credit, issuedAtMs: START + DAY })).not.toBe(before)
  expect(unhex(first.seed)).toHaveLength(32)
})

import { beforeEach, describe, expect, it } from 'vitest'
import { demoShop } from '../demo-shop.ts'
import { isEnrolledTill } from '../enrolment.ts'
import { createPolicyDesk } from '../policy/desk.ts'
import { enrolmentRequest, makeRig, sale, testSeed, TestTill, type Rig } from '../test-rig.ts'
import { base64url, hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import { encodeSigned, EXPORT_ROLE, openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { sealJournal } from '#protocol/node/sealed-journal.ts'
import { DAY, HOUR, MINUTE } from '#protocol/time.ts'
import { downTopic, upTopic } from '#protocol/topics.ts'

let rig: Rig
beforeEach(async () => {
  rig = await makeRig()
})
const fileOf = async (till: { readonly id: string }) => {
  const file = await rig.hub.tillFile(till.id)
  if (file === undefined) throw new Error('no such till')
  return file
}
const head = async (till: TestTill) => (await rig.ports.store.get('heads', [till.id]))[0]
const codes = async () => (await rig.exceptions()).map(([, , code]) => code)
/** The machine that takes a till's place, as far as its enrolment. */
async function replacement(till: TestTill, signer: Signer = signerFromSeed(testSeed())) {
  const code = await rig.hub.renewCode(till.id, 'ann')
  if (!code.ok) throw new Error(code.code)
  const enrolled = await rig.hub.enrol(enrolmentRequest(signer, code.value.code))
  return { machine: new TestTill(till.id, signer), enrolled }
}
const sold = async (till: TestTill, amountMinor: number) => {
  const wallet = await rig.wallet()
  const made = sale(amountMinor, wallet.show(rig.clock.now()))
  for (const fact of [made.intended, made.acceptedOffline, made.captured, made.completed]) till.write(fact, rig.clock.now())
  return made.paymentId
}

describe('a till that was lost', () => {
  it('is journalled with who did what, when and why, in the commit that did it', async () => {
    const till = await rig.till()
    rig.clock.advance(HOUR)
    await rig.hub.revokeTill(till.id, 'ann', 'left in a taxi')
    await rig.hub.revokeTill(till.id, 'bob')
    rig.clock.advance(MINUTE)
    const { enrolled } = await replacement(till)
    expect(enrolled.ok).toBe(true)
    const { acts } = await fileOf(till)
    expect(acts.map(({ act, by, why }) => [act, by, why])).toEqual([
      ['replaced', 'its code', undefined],
      ['code', 'ann', undefined],
      ['revoked', 'ann', 'left in a taxi'],
      ['enrolled', 'its code', undefined],
      ['registered', 'operator', undefined],
    ])
  })

  it('shows what the hub has of it, what it may hold alone and until when, and what its thief has sent', async () => {
    const till = await rig.till()
    const paymentId = await sold(till, 700)
    await rig.send(till, till.batch())
    const policyEnds = rig.clock.now() + demoShop.policy.validForMs
    await rig.hub.revokeTill(till.id, 'ann')
    expect((await rig.payment(paymentId))?.funds).toBe('posted')
    expect(await fileOf(till)).toMatchObject({ state: 'revoked', stands: { epoch: 1, received: till.entries.length, safe: till.entries.length }, setAside: 0 })
    expect((await fileOf(till)).alone?.until).toBeGreaterThanOrEqual(policyEnds)
    rig.clock.advance(MINUTE)
    const stolen = await sold(till, 900)
    await rig.send(till, till.batch())
    expect(await fileOf(till)).toMatchObject({ setAside: 1 })
    expect(await rig.payment(stolen)).toBeUndefined()
    rig.clock.advance(DAY * 60)
    expect((await fileOf(till)).alone).toBeUndefined()
  })

  it('gives another machine its place, which goes on in the next epoch', async () => {
    const till = await rig.till()
    const before = await sold(till, 700)
    await rig.send(till, till.batch())
    await rig.hub.revokeTill(till.id, 'ann')
    rig.clock.advance(MINUTE)
    const { machine } = await replacement(till)
    machine.write({ kind: 'epoch.opened', body: { reason: 'enrolled' } }, rig.clock.now())
    await rig.send(machine, machine.batch())
    // Nothing for a person: the answer told it where the hub stands.
    expect(await codes()).toEqual([])
    const told = rig.acks(machine).at(-1)
    expect(told).toMatchObject({ epoch: 1, received: { n: till.entries.length, head: hex(till.head) } })
    machine.openEpoch({ epoch: 1, n: told?.received.n ?? 0, head: told?.received.head ?? '' })
    const after = await sold(machine, 800)
    await rig.send(machine, machine.batch())
    expect(await head(machine)).toMatchObject({ epoch: 2, n: machine.entries.length })
    expect([(await rig.payment(before))?.funds, (await rig.payment(after))?.funds]).toEqual(['posted', 'posted'])
    expect(await fileOf(till)).toMatchObject({ state: 'in use', keys: [{ state: 'lost' }, { state: 'current' }] })
  })

  it('still gives what it had written before, from an export; and nothing after, whoever brings it', async () => {
    const till = await rig.till()
    await rig.send(till, till.batch())
    const kept = await sold(till, 700)
    rig.clock.advance(MINUTE)
    const exported = till.batch()
    await rig.hub.revokeTill(till.id, 'ann')
    rig.clock.advance(MINUTE)
    const { machine } = await replacement(till)
    machine.epoch = 1
    machine.openEpoch({ epoch: 1, n: 1, head: hex(till.entries[0]?.hash ?? new Uint8Array(0)) })
    await rig.send(machine, machine.batch())
    // Over the link its key counts for nothing, however old what it says.
    await rig.send(machine, exported)
    expect(await codes()).toEqual(['till.restored', 'custody.revoked'])
    expect(await rig.payment(kept)).toBeUndefined()
    const imported = await imports(till, exported)
    expect(imported).toBe(true)
    expect((await rig.payment(kept))?.funds).toBe('posted')
    await sold(till, 900)
    expect(await imports(till, till.batch())).toBe(false)
  })

  it('cannot come back with its key, its password or a code that was out', async () => {
    const till = await rig.till()
    const { hub, ports } = rig
    expect(await hub.renewCode(till.id)).toMatchObject({ ok: false, code: 'entry.illegal_transition' })
    await hub.revokeTill(till.id, 'ann')
    expect((await replacement(till, till.signer)).enrolled).toMatchObject({ ok: false, code: 'enrol.bad_code' })
    const first = await hub.renewCode(till.id)
    const second = await hub.renewCode(till.id)
    if (!first.ok || !second.ok) throw new Error('a code')
    const signer = signerFromSeed(testSeed())
    expect(await hub.enrol(enrolmentRequest(signer, first.value.code))).toMatchObject({ ok: false })
    expect(await hub.enrol(enrolmentRequest(signer, second.value.code))).toMatchObject({ ok: true })
    expect(await isEnrolledTill(ports, { till: till.id, password: 'x'.repeat(40), publicKey: till.signer.publicKey })).toBe(false)
    expect(await hub.renewCode('nobody')).toMatchObject({ code: 'custody.unknown_till' })
    // The second machine is lost too, and the first one's key is not made good by that.
    await hub.revokeTill(till.id, 'ann')
    expect((await replacement(till, till.signer)).enrolled).toMatchObject({ ok: false, code: 'enrol.bad_code' })
  })

  it('takes its slice of the store’s cap along: the machine in its place gets what is left', () => {
    const storeMinor = 30_000
    const shop = { currency: 'EUR', policy: { ...demoShop.policy, storeMinor } } as const
    const signer = signerFromSeed(testSeed())
    const [a, b] = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'] as const
    const desk = createPolicyDesk({
      clock: rig.clock,
      shop,
      denied: { reference: { version: 1, size: 0, hash: '00'.repeat(32) } } as never,
      standingOf: () => undefined,
      signer: () => signer,
      changed: () => {},
    })
    desk.setTills([a, b])
    for (const till of [a, b]) desk.signed(till)
    const [lost, other] = [desk.sliceOf(a) ?? 0, desk.sliceOf(b) ?? 0]
    expect(lost + other).toBeLessThanOrEqual(storeMinor)
    desk.setTills([b])
    desk.leaveBehind(a, '01900000-0000-7000-8000-00000000000a')
    desk.setTills([a, b])
    desk.signed(a)
    desk.signed(b)
    expect(lost + (desk.sliceOf(a) ?? 0) + (desk.sliceOf(b) ?? 0)).toBeLessThanOrEqual(storeMinor)
  })
})

/** Somebody brings what the till had written as an export: whether the hub has all of it now. */
async function imports(till: TestTill, batch: Uint8Array): Promise<boolean> {
  const set = openSigned(nodeCrypto, rig.keys.keySet(), signedTypes.keySet, () => unhex(rig.keys.root.publicKey))
  const key = set.ok ? set.value.keys.find(({ role }) => role === EXPORT_ROLE) : undefined
  const file = sealJournal(unhex(key?.publicKey ?? '') ?? new Uint8Array(0), till.id, [{ bytes: batch, entries: till.entries.length }])
  const imported = await rig.hub.import(file)
  await rig.hub.idle()
  return imported.ok && imported.value.complete
}

describe('another key', () => {
  const wish = (till: TestTill, next: Signer, by = till.signer, proofBy = next) =>
    encodeSigned(by, signedTypes.rekey, {
      v: 1,
      till: till.id,
      publicKey: hex(next.publicKey),
      proof: base64url(encodeSigned(proofBy, signedTypes.rekeyProof, { v: 1, till: till.id, publicKey: hex(next.publicKey) })),
    })
  const answers = (till: TestTill) => rig.carrier.sent.filter(({ topic }) => topic === downTopic(till.id, 'rekeyed')).length
  const ask = async (till: TestTill, message: Uint8Array) => {
    rig.carrier.deliver(upTopic(till.id), message)
    await rig.hub.idle()
  }

  it('is certified at the till’s wish, and in force with the first batch that it signs', async () => {
    const till = await rig.till()
    await rig.send(till, till.batch())
    const next = signerFromSeed(testSeed())
    await ask(till, wish(till, next))
    await ask(till, wish(till, next))
    expect(answers(till)).toBe(2)
    expect((await fileOf(till)).keys.map(({ state }) => state)).toEqual(['next', 'current'])
    // Until then the old one signs.
    await sold(till, 700)
    await rig.send(till, till.batch())
    expect(await head(till)).toMatchObject({ n: till.entries.length })

    await sold(till, 800)
    const lanesBefore = rig.carrier.sent.filter(({ topic }) => topic === downTopic(till.id, 'lanes')).length
    await rig.send(till, till.batch(1, till.entries.length, next))
    expect(await head(till)).toMatchObject({ n: till.entries.length })
    expect((await fileOf(till)).keys.map(({ state }) => state)).toEqual(['former', 'current'])
    expect(rig.carrier.sent.filter(({ topic }) => topic === downTopic(till.id, 'lanes')).length).toBeGreaterThan(lanesBefore)
    expect(await codes()).toEqual([])
    // From now on the old one counts for nothing over the link, and asks for nothing.
    await rig.send(till, till.batch())
    expect(await codes()).toEqual(['custody.revoked'])
    await ask(till, wish(till, signerFromSeed(testSeed())))
    expect(answers(till)).toBe(2)
  })

  it('is not for who lacks the key of now or the next, nor a key that was the till’s before, nor more than a few', async () => {
    const till = await rig.till()
    const [next, other] = [signerFromSeed(testSeed()), signerFromSeed(testSeed())]
    await ask(till, wish(till, next, other))
    await ask(till, wish(till, next, till.signer, other))
    await ask(till, wish(till, till.signer))
    await ask(till, wish(new TestTill('01900000-0000-7000-8000-00000000ffff', till.signer), next))
    expect(answers(till)).toBe(0)
    for (let number = 0; number < 6; number++) await ask(till, wish(till, signerFromSeed(testSeed())))
    expect(answers(till)).toBe(4)
  })

  it('that was certified and not used dies with the till’s revocation', async () => {
    const till = await rig.till()
    const next = signerFromSeed(testSeed())
    await ask(till, wish(till, next))
    await rig.hub.revokeTill(till.id, 'ann')
    await rig.send(till, till.batch(1, till.entries.length, next))
    expect(await codes()).toEqual(['custody.revoked'])
    expect(await head(till)).toBeUndefined()
    expect((await fileOf(till)).keys.every(({ state }) => state === 'lost')).toBe(true)
    await replacement(till)
    await rig.send(till, till.batch(1, till.entries.length, next))
    expect(await head(till)).toBeUndefined()
  })

  it('opens the broker to its certificate, with the till’s password, and to no other', async () => {
    const [signer, next] = [signerFromSeed(testSeed()), signerFromSeed(testSeed())]
    const registered = await rig.hub.registerTill('Counter 2')
    if (!registered.ok) throw new Error(registered.code)
    const enrolled = await rig.hub.enrol(enrolmentRequest(signer, registered.value.code))
    if (!enrolled.ok) throw new Error(enrolled.code)
    const till = new TestTill(registered.value.till, signer)
    const comes = (publicKey: Uint8Array, password = enrolled.value.answer.mqtt.password) => isEnrolledTill(rig.ports, { till: till.id, password, publicKey })
    expect(await comes(next.publicKey)).toBe(false)
    await ask(till, wish(till, next))
    expect([await comes(next.publicKey), await comes(next.publicKey, 'x'), await comes(signer.publicKey)]).toEqual([true, false, true])
    till.write({ kind: 'epoch.opened', body: { reason: 'enrolled' } }, rig.clock.now())
    await rig.send(till, till.batch(1, 1, next))
    expect([await comes(next.publicKey), await comes(signer.publicKey)]).toEqual([true, false])
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { isEnrolledTill } from './enrolment.ts'
import { demoShop } from './demo-shop.ts'
import { enrolmentRequest, makeRig, testSeed, TestTill, type Rig } from './test-rig.ts'
import { base64url, hex, unbase64url, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { keyIdOf } from '#protocol/crypto.ts'
import { encodeSigned, enrolAnswer, openSigned, readEnrolmentCode, type JsonType } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { DAY, MINUTE } from '#protocol/time.ts'
import { downTopic } from '#protocol/topics.ts'

let rig: Rig
const signer = signerFromSeed(testSeed())
beforeEach(async () => {
  rig = await makeRig()
})
const newCode = async (name = 'Counter 1') => {
  const registered = await rig.hub.registerTill(name)
  if (!registered.ok) throw new Error(registered.code)
  return registered.value
}
const enrol = async (code: string, by = signer) => rig.hub.enrol(enrolmentRequest(by, code))
const codeOf = (outcome: Awaited<ReturnType<typeof enrol>>) => (outcome.ok ? 'ok' : outcome.code)

describe('a one-time code', () => {
  it('is short, readable, names the root key, and is kept only as a hash', async () => {
    const { code, expiresAt } = await newCode()
    const read = readEnrolmentCode(code)
    if (!read.ok) throw new Error(read.code)
    expect(read.value.rootKeyId).toBe(rig.keys.root.keyId)
    expect(read.value.secret).toMatch(/^[0-9A-HJKMNP-TV-Z]{16}$/)
    expect(expiresAt).toBe(rig.clock.now() + DAY)
    expect(JSON.stringify(await rig.ports.store.tills())).not.toContain(read.value.secret)
  })

  it('works once', async () => {
    const { code } = await newCode()
    expect(codeOf(await enrol(code))).toBe('ok')
    expect(codeOf(await enrol(code))).toBe('enrol.bad_code')
    const both = await newCode()
    const twice = await Promise.all([enrol(both.code), enrol(both.code, signerFromSeed(testSeed()))])
    expect(twice.map(codeOf).toSorted()).toEqual(['enrol.bad_code', 'ok'])
  })

  it('works for a day', async () => {
    const { code } = await newCode()
    rig.clock.advance(DAY)
    expect(codeOf(await enrol(code))).toBe('enrol.bad_code')
  })

  it('cannot be guessed at leisure', async () => {
    const { code } = await newCode()
    for (let guess = 0; guess < 20; guess++) expect(codeOf(await enrol(`${'0'.repeat(14)}${10 + guess}`))).toBe('enrol.bad_code')
    expect(await enrol(code)).toMatchObject({ ok: false, detail: expect.stringContaining('wait') as string })
    rig.clock.advance(MINUTE + 1)
    expect(codeOf(await enrol(code))).toBe('ok')
  })
})

describe('an enrolled till', () => {
  it('gets everything that it needs, each piece signed by the key that is for it', async () => {
    const { till, code } = await newCode('Kiosk 7')
    const enrolled = await enrol(code)
    if (!enrolled.ok) throw new Error(enrolled.code)
    const answer = enrolAnswer.parse(JSON.parse(JSON.stringify(enrolled.value.answer)))
    const root = unhex(answer.rootPublicKey) ?? new Uint8Array(0)
    expect(hex(keyIdOf(nodeCrypto, root))).toBe(rig.keys.root.keyId)
    const open = <T extends JsonType>(text: string, typ: T, key: Uint8Array) => {
      const message = openSigned(nodeCrypto, unbase64url(text) ?? new Uint8Array(0), typ, () => key)
      if (!message.ok) throw new Error(`${typ}: ${message.code}`)
      return message.value
    }
    expect(open(answer.certificate, signedTypes.tillCertificate, root)).toEqual({
      v: 1,
      till,
      name: 'Kiosk 7',
      merchant: demoShop.merchant.id,
      store: demoShop.store.id,
      publicKey: hex(signer.publicKey),
      issuedAt: rig.clock.now(),
    })
    const { keys } = open(answer.keySet, signedTypes.keySet, root)
    expect(keys.map(({ role }) => role).toSorted()).toEqual(['ack', 'export', 'issuer', 'policy'])
    const policyKey = unhex(keys.find(({ role }) => role === 'policy')?.publicKey ?? '') ?? new Uint8Array(0)
    expect(open(answer.policy, signedTypes.policy, policyKey)).toMatchObject({
      till,
      version: 1,
      currency: 'EUR',
      holdWaitMs: 1500,
      offline: demoShop.policy.offline,
    })
    expect(open(answer.catalogue, signedTypes.catalogue, policyKey).products).toEqual(demoShop.products)
    expect(answer.mqtt.url).toBe(rig.carrier.url)
    const ask = (id: string, password: string) => isEnrolledTill(rig.ports, { till: id, password, publicKey: undefined })
    expect(await ask(till, answer.mqtt.password)).toBe(true)
    expect(await ask(till, `${answer.mqtt.password}x`)).toBe(false)
    expect(await ask('nobody', answer.mqtt.password)).toBe(false)
    expect(JSON.stringify(await rig.ports.store.tills())).not.toContain(answer.mqtt.password)
  })

  it('finds its key set, policy, catalogue and the lanes of its store retained, fresh ones every few hours', async () => {
    const till = await rig.till()
    const retained = () => rig.carrier.sent.filter(({ topic, retain }) => retain && topic.includes(till.id)).map(({ topic }) => topic)
    const all = (['keys', 'policy', 'catalogue', 'lanes', 'watch'] as const).map((kind) => downTopic(till.id, kind))
    // The policy comes twice: a till more has its part of the store's sum.
    expect([...new Set(retained())]).toEqual(all)
    const before = retained().length
    rig.clock.advance(DAY / 4)
    expect(retained().slice(before)).toEqual(all)
    const again = await makeRig({ store: rig.ports.store, copy: rig.ports.copy, keys: rig.keys })
    expect(again.carrier.sent.map(({ topic }) => topic)).toEqual(all)
  })

  it('shows on the console whether it is there', async () => {
    const till = await rig.till()
    const link = async () => (await rig.hub.overview()).tills[0]?.link
    expect(await link()).toBe('never seen')
    rig.sayLink(till, 'online')
    expect(await link()).toBe('online')
    rig.sayLink(till, 'offline')
    expect(await link()).toBe('offline')
    rig.sayLink(new TestTill('01900000-0000-7000-8000-00000000ffff'), 'online')
    expect((await rig.hub.overview()).tills).toHaveLength(1)
    expect(await rig.hub.revokeTill(till.id)).toMatchObject({ ok: true })
    rig.sayLink(till, 'online')
    expect(await link()).toBe('revoked')
  })
})

describe('a request that is no enrolment', () => {
  it.each([
    ['nothing', undefined],
    ['another shape', { v: 1, prove: 'x' }],
    ['no base64url', { v: 1, proof: '???' }],
    ['no envelope', { v: 1, proof: 'AAAA' }],
    ['a key that did not sign it', { v: 1, proof: base64url(encodeSigned(signer, signedTypes.enrolment, { v: 1, code: 'X', publicKey: 'ab'.repeat(32) })) }],
    ['a signature for something else', { v: 1, proof: base64url(encodeSigned(signer, signedTypes.keySet, { v: 1, version: 1, keys: [] })) }],
  ])('is refused: %s', async (_, body) => {
    await newCode()
    expect(await rig.hub.enrol(body)).toMatchObject({ ok: false, code: 'wire.malformed' })
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import { asks, signedAsk, withCredential } from './test-phone.ts'
import { makeRig, requestOf, sale, testSeed, TestWallet, type Rig } from '../test-rig.ts'
import { hex, unbase64url, unhex } from '#protocol/bytes.ts'
import { signedTypes, verifySign1 } from '#protocol/cose.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { readCode } from '#protocol/payment-code/code.ts'
import { readCredential, type Credential } from '#protocol/payment-code/credential.ts'
import { verifyCode } from '#protocol/payment-code/verify.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#protocol/time.ts'
import { statementAnswer, tillAnswer } from '#protocol/wallet-api/answers.ts'
import { readWalletReceipt } from '#protocol/wallet-api/receipt.ts'

let rig: Rig
let phone: TestWallet
beforeEach(async () => {
  rig = await makeRig()
  phone = await rig.wallet()
})

const ask = (...[by, what]: [TestWallet, Parameters<typeof asks>[2]]) => asks(rig.walletDesk, by, what)
const statementOf = async (by: TestWallet) => {
  const answered = await ask(by, { type: 'statement' })
  return statementAnswer.parse(answered.ok ? answered.value : answered)
}
const claimsOf = ({ credential }: TestWallet): Credential => {
  const read = readCredential(credential)
  if (!read.ok) throw new Error(read.code)
  return read.value.claims
}
const refreshed = async (by: TestWallet) => withCredential(by, await ask(by, { type: 'refresh' }))
const stranger = () => new TestWallet(signerFromSeed(testSeed()), phone.wallet, phone.credential)

/** A second phone of the same wallet. */
async function joined(): Promise<TestWallet> {
  const invited = await ask(phone, { type: 'invite' })
  const { word } = (invited.ok ? invited.value : {}) as { word: string }
  const second = stranger()
  return withCredential(second, await ask(second, { type: 'join', word, name: 'Tablet' }))
}

describe('who asks', () => {
  test('has to hold the key: to know it from a code is not enough', async () => {
    const thief = signerFromSeed(testSeed())
    const forged = signedAsk({ ...thief, publicKey: phone.device.publicKey, keyId: phone.device.keyId }, rig.walletDesk.nonce(), phone.wallet, {
      type: 'lost',
      phone: hex(phone.device.publicKey),
    })
    expect(await rig.walletDesk.ask(forged)).toMatchObject({ code: 'wire.bad_signature' })
    expect(await ask(stranger(), { type: 'statement' })).toMatchObject({ code: 'hub.unknown_wallet' })
    expect(await ask(stranger(), { type: 'refresh' })).toMatchObject({ code: 'hub.unknown_wallet' })
    expect(rig.hub.policy.isDenied({ kind: 'wallet', id: phone.wallet })).toBe(false)
  })

  test('cannot be repeated, nor kept for later', async () => {
    const once = signedAsk(phone.device, rig.walletDesk.nonce(), phone.wallet, { type: 'statement' })
    expect(await rig.walletDesk.ask(once)).toMatchObject({ ok: true })
    expect(await rig.walletDesk.ask(once)).toMatchObject({ code: 'wallet.stale_nonce' })
    const kept = signedAsk(phone.device, rig.walletDesk.nonce(), phone.wallet, { type: 'statement' })
    rig.clock.advance(MINUTE + 1)
    expect(await rig.walletDesk.ask(kept)).toMatchObject({ code: 'wallet.stale_nonce' })
    const made = signedAsk(phone.device, 'ab'.repeat(30), phone.wallet, { type: 'statement' })
    expect(await rig.walletDesk.ask(made)).toMatchObject({ code: 'wallet.stale_nonce' })
    const elsewhere = await makeRig()
    expect(await rig.walletDesk.ask(signedAsk(phone.device, elsewhere.walletDesk.nonce(), phone.wallet, { type: 'statement' }))).toMatchObject({
      code: 'wallet.stale_nonce',
    })
  })

  test('is a signature for this purpose alone', async () => {
    const code = readCode(phone.show(rig.clock.now()))
    expect(code.ok).toBe(true)
    const bytes = new TextEncoder().encode(phone.show(rig.clock.now()))
    expect(await rig.walletDesk.ask(bytes)).toMatchObject({ code: 'wire.malformed' })
    expect(await rig.walletDesk.ask(new Uint8Array(5000))).toMatchObject({ code: 'wire.malformed' })
  })

  test('waits when it asks too often, and nobody else does', async () => {
    const other = await rig.wallet()
    const answers = []
    for (let i = 0; i < 40; i++) answers.push(await ask(phone, { type: 'statement' }))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(30)
    expect(answers.at(-1)).toMatchObject({ code: 'wallet.too_many' })
    expect(await ask(other, { type: 'statement' })).toMatchObject({ ok: true })
    rig.clock.advance(2 * SECOND)
    expect(await ask(phone, { type: 'statement' })).toMatchObject({ ok: true })
  })
})

test('a till is certified to any phone of the bank by its key’s id, as at its enrolment; one that was revoked says so', async () => {
  const till = await rig.till()
  const certificateOf = async (keyId: string) => {
    const answered = await ask(phone, { type: 'till', keyId })
    if (!answered.ok) return answered.code
    const { certificate, revokedAt } = tillAnswer.parse(answered.value)
    const opened = openSigned(nodeCrypto, unbase64url(certificate) ?? new Uint8Array(0), signedTypes.tillCertificate, () =>
      unhex(rig.walletDesk.keys().rootPublicKey),
    )
    return { ...(opened.ok ? opened.value : {}), certificate, revokedAt }
  }
  const keyId = hex(till.signer.keyId)
  const first = await certificateOf(keyId)
  expect(first).toMatchObject({ till: till.id, publicKey: hex(till.signer.publicKey), revokedAt: undefined })
  rig.clock.advance(DAY)
  expect(await certificateOf(keyId)).toEqual(first)
  expect(await certificateOf('00'.repeat(8))).toBe('till.not_enrolled')
  expect(await rig.hub.revokeTill(till.id)).toMatchObject({ ok: true })
  expect(await certificateOf(keyId)).toMatchObject({ publicKey: hex(till.signer.publicKey), revokedAt: rig.clock.now() })
})

describe('the next credential', () => {
  test('is the same while that is right, and another past half of its life', async () => {
    const again = await refreshed(phone)
    expect(again.credential).toEqual(phone.credential)
    rig.clock.advance(2 * DAY)
    const next = claimsOf(await refreshed(phone))
    expect(next).toMatchObject({ wallet: phone.wallet, totalLimitMinor: 20_000 })
    expect(next.credentialId).not.toBe(claimsOf(phone).credentialId)
    expect(next.expiresAtMs).toBeGreaterThan(claimsOf(phone).expiresAtMs)
  })

  test('follows the money down, and up again only where nothing may be open', async () => {
    const till = await rig.till()
    const spend = async (amountMinor: number) => {
      const request = requestOf(till.id, amountMinor, rig.clock.now())
      const one = sale(amountMinor, phone.bound(request.bytes, rig.clock.now()), { request: request.bytes })
      till.write(one.intended, rig.clock.now())
      till.write(one.acceptedOffline, rig.clock.now())
      till.write(one.captured, rig.clock.now())
      await rig.send(till, till.batch())
      return one
    }
    rig.sayLink(till, 'online')
    rig.clock.advance(11 * MINUTE)
    const one = await spend(150_00)
    expect(await rig.purse(phone)).toEqual([100_00, 0])
    expect(claimsOf(await refreshed(phone))).toMatchObject({ totalLimitMinor: 100_00, perPaymentLimitMinor: 100_00 })

    till.write({ kind: 'payment.voided', body: { paymentId: one.paymentId, code: 'wire.no_answer' } }, rig.clock.now())
    await rig.send(till, till.batch())
    expect(await rig.purse(phone)).toEqual([250_00, 0])
    rig.sayLink(till, 'offline')
    rig.clock.advance(HOUR)
    // The till may have taken 200.00 by the first credential since.
    expect(claimsOf(await refreshed(phone)).totalLimitMinor).toBe(200_00)
    rig.clock.advance(3 * DAY)
    // Both have ended; what the silent till took by then may yet come.
    expect(claimsOf(await refreshed(phone)).totalLimitMinor).toBe(50_00)
    rig.sayLink(till, 'online')
    // It is back, and may not have told everything yet.
    expect(claimsOf(await refreshed(phone)).totalLimitMinor).toBe(50_00)
    rig.clock.advance(11 * MINUTE)
    expect(claimsOf(await refreshed(phone)).totalLimitMinor).toBe(200_00)
  })

  test('lends nothing while something is owed', async () => {
    const till = await rig.till()
    rig.sayLink(till, 'online')
    for (const amountMinor of [150_00, 150_00]) {
      const request = requestOf(till.id, amountMinor, rig.clock.now())
      const one = sale(amountMinor, phone.bound(request.bytes, rig.clock.now()), { request: request.bytes })
      for (const fact of [one.intended, one.acceptedOffline, one.captured]) till.write(fact, rig.clock.now())
    }
    await rig.send(till, till.batch())
    expect(await rig.purse(phone)).toEqual([100_00, 0])
    expect(claimsOf(await refreshed(phone)).totalLimitMinor).toBe(0)
  })

  test('is stored before it is told: a hub that ends in between has lent it all the same', async () => {
    rig.clock.advance(2 * DAY)
    const next = claimsOf(await refreshed(phone))
    const row = rig.disk.rows.lendings.get(phone.wallet)
    expect(row?.body).toContain(next.credentialId)
    expect(row?.body).toContain(claimsOf(phone).credentialId)
  })

  test('asked for twice at once is one', async () => {
    rig.clock.advance(2 * DAY)
    const [one, two] = await Promise.all([refreshed(phone), refreshed(phone)])
    expect(one?.credential).toEqual(two?.credential)
  })

  test('of a wallet from before lendings counts what nobody wrote down', async () => {
    rig.disk.rows.lendings.clear()
    await rig.till()
    rig.clock.advance(HOUR)
    expect(claimsOf(await refreshed(phone)).totalLimitMinor).toBe(200_00)
    expect((await statementOf(phone)).phones).toMatchObject([{ publicKey: hex(phone.device.publicKey) }])
  })

  test('goes over to the issuer’s next key, and tills take either meanwhile', async () => {
    const takes = ({ credential }: TestWallet, by: TestWallet) => {
      const code = readCode(new TestWallet(by.device, by.wallet, credential).show(rig.clock.now(), ++by.counter))
      if (!code.ok) throw new Error(code.code)
      return verifyCode(nodeCrypto, code.value, { issuerKey: (id) => rig.keys.issuerKey(id), shownAt: rig.clock.now(), currency: 'EUR' }).ok
    }
    const issuerOf = ({ credential }: TestWallet) => {
      const read = readCredential(credential)
      return read.ok ? hex(read.value.envelope.keyId) : ''
    }
    const first = issuerOf(phone)
    let last = phone
    for (let day = 0; day < 400 && issuerOf(last) === first; day++) {
      rig.clock.advance(DAY)
      rig.keys.renew()
      const next = await refreshed(last)
      if (issuerOf(next) !== first) {
        expect(takes(last, phone)).toBe(true)
        expect(takes(next, phone)).toBe(true)
      }
      last = next
    }
    expect(issuerOf(last)).not.toBe(first)
    expect(claimsOf(last).expiresAtMs).toBeLessThanOrEqual(rig.keys.issuerKey(issuerOf(last))?.notAfter ?? 0)
  })
})

describe('several phones of one wallet', () => {
  test('have a credential each, for one and the same wallet', async () => {
    const second = await joined()
    expect(second.wallet).toBe(phone.wallet)
    expect(claimsOf(second)).toMatchObject({ wallet: phone.wallet, devicePublicKey: hex(second.device.publicKey), totalLimitMinor: 200_00 })
    expect(claimsOf(second).credentialId).not.toBe(claimsOf(phone).credentialId)
    expect((await statementOf(second)).phones).toHaveLength(2)
  })

  test('join by a word that is good once and for ten minutes', async () => {
    const invited = await ask(phone, { type: 'invite' })
    const { word } = (invited.ok ? invited.value : {}) as { word: string }
    const [second, third] = [stranger(), stranger()]
    expect(await ask(third, { type: 'join', word: '00'.repeat(16), name: 'Thief' })).toMatchObject({ code: 'wallet.bad_invitation' })
    expect(await ask(second, { type: 'join', word, name: 'Tablet' })).toMatchObject({ ok: true })
    // The answer was lost; the phone asks again.
    expect(await ask(second, { type: 'join', word, name: 'Tablet' })).toMatchObject({ ok: true })
    expect(await ask(third, { type: 'join', word, name: 'Thief' })).toMatchObject({ code: 'wallet.bad_invitation' })
    const later = await ask(phone, { type: 'invite' })
    rig.clock.advance(11 * MINUTE)
    expect(await ask(third, { type: 'join', word: ((later.ok ? later.value : {}) as { word: string }).word, name: 'Late' })).toMatchObject({
      code: 'wallet.bad_invitation',
    })
    expect(rig.disk.rows.lendings.get(phone.wallet)?.body).not.toContain(word)
  })

  test('one that is lost is denied by another: its codes are refused, the other’s are not', async () => {
    const second = await joined()
    const till = await rig.till()
    expect(await ask(second, { type: 'lost', phone: hex(phone.device.publicKey) })).toMatchObject({ ok: true })
    expect(rig.hub.policy.isDenied({ kind: 'credential', id: claimsOf(phone).credentialId })).toBe(true)
    expect(rig.hub.policy.isDenied({ kind: 'wallet', id: phone.wallet })).toBe(false)
    for (const by of [phone, second]) till.write(sale(10_00, by.show(rig.clock.now())).intended, rig.clock.now())
    await rig.send(till, till.batch())
    expect(rig.decisions(till).map(({ verdict }) => (verdict.type === 'declined' ? verdict.code : verdict.type))).toEqual(['policy.denied', 'held'])
    for (const type of ['refresh', 'statement', 'invite'] as const) expect(await ask(phone, { type })).toMatchObject({ code: 'policy.denied' })
    expect(await ask(phone, { type: 'lost', phone: hex(second.device.publicKey) })).toMatchObject({ code: 'policy.denied' })
    expect(await ask(second, { type: 'refresh' })).toMatchObject({ ok: true })
  })

  test('the last of them takes the wallet with it', async () => {
    expect(await ask(phone, { type: 'lost', phone: hex(phone.device.publicKey) })).toMatchObject({ ok: true })
    expect(rig.hub.policy.isDenied({ kind: 'wallet', id: phone.wallet })).toBe(true)
  })

  test('an invitation that was open when one was lost is none any more', async () => {
    const second = await joined()
    const invited = await ask(phone, { type: 'invite' })
    await ask(second, { type: 'lost', phone: hex(phone.device.publicKey) })
    const { word } = (invited.ok ? invited.value : {}) as { word: string }
    expect(await ask(stranger(), { type: 'join', word, name: 'Thief' })).toMatchObject({ code: 'wallet.bad_invitation' })
  })
})

describe('a receipt', () => {
  async function paid(): Promise<Uint8Array> {
    const till = await rig.till()
    const one = sale(4_20, phone.show(rig.clock.now()))
    for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact, rig.clock.now())
    await rig.send(till, till.batch())
    const { payments } = await statementOf(phone)
    return unhex(payments[0]?.receipt ?? '') ?? new Uint8Array(0)
  }
  const isTheBanks = (bytes: Uint8Array): boolean => {
    const { rootPublicKey, keySet } = rig.walletDesk.keys()
    const set = openSigned(nodeCrypto, unbase64url(keySet) ?? new Uint8Array(0), signedTypes.keySet, () => unhex(rootPublicKey))
    const read = readWalletReceipt(bytes)
    if (!set.ok || !read.ok) return false
    const key = set.value.keys.find(({ role, keyId }) => role === 'ack' && keyId === hex(read.value.envelope.keyId))
    return key !== undefined && verifySign1(nodeCrypto, read.value.envelope, signedTypes.walletReceipt, unhex(key.publicKey) ?? new Uint8Array(0))
  }

  test('is the bank’s word for what was paid, by keys that the root signed', async () => {
    const bytes = await paid()
    expect(isTheBanks(bytes)).toBe(true)
    expect(readWalletReceipt(bytes)).toMatchObject({ value: { receipt: { wallet: phone.wallet, amountMinor: 4_20, refundedMinor: 0, state: 'CAPTURED' } } })
  })

  test('is nobody’s with one bit changed', async () => {
    const bytes = await paid()
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(isTheBanks(changed)).toBe(false)
    }
  })
})

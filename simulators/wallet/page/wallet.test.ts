import { beforeEach, describe, expect, test, vi } from 'vitest'
import { base64url, hex } from '#protocol/bytes.ts'
import type { Signer } from '#protocol/crypto.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { CODE_LIFETIME, readCode } from '#protocol/payment-code/code.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import { makeMerchantRequest } from '#protocol/emvco/merchant-request.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { paidCode } from '#protocol/hub/paid.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { golden } from '#protocol/payment-code/golden.ts'
import { makeRequest } from '#protocol/payment-code/request.ts'
import { signReceiptText } from '#protocol/receipt-text.ts'
import { DAY, HOUR, SECOND, type EpochMs } from '#protocol/time.ts'
import type { TillAnswer } from '#protocol/wallet-api/answers.ts'
import { phoneKeyOf, type Api, type ApiCode, type Payment } from './api.ts'
import { makeDeviceKey, signerOf } from './device-key.ts'
import type { Storage } from './storage.ts'
import { Wallet, type Joining, type WalletState } from './wallet.ts'

const start = golden.now
const walletId = golden.credential.wallet
const made = makeRequest({ ...golden.request, issuedAtMs: start })

/** This test does not judge signatures of the issuer (`verify.test.ts` does), so the bank's key signs anything with zeros. */
const bankKey: Signer = { keyId: new Uint8Array(8), publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) }

const payment: Payment = { paymentId: 'p1', amountMinor: 250, merchant: 'Corner Store', at: start, state: 'captured' }

/** The world around one phone: what it kept, its bank, the till's display, and what others see on its screen. */
async function phoneInTheWorld() {
  const signer = await signerOf(await makeDeviceKey())
  const world = {
    now: start as EpochMs,
    bankAnswers: true,
    bankKnows: new Set<string>(),
    payments: [] as Payment[],
    calls: [] as string[],
    onScreen: null as string | null,
    display: null as string | null,
    counter: 0,
    lost: false,
    root: 'aa'.repeat(32),
    kept: undefined as unknown,
    quote: fail('exchange.not_offered') as Outcome<string, ApiCode>,
    tillAnswer: fail('till.not_enrolled') as Outcome<TillAnswer, ApiCode>,
    /** The bank takes its time over a statement until this is fulfilled. */
    statementWaits: Promise.resolve(),
  }
  const registration = (publicKey: string) => {
    world.bankKnows.add(walletId)
    const claims = { ...golden.credential, devicePublicKey: publicKey, issuedAtMs: world.now, expiresAtMs: world.now + DAY }
    return ok({ wallet: walletId, credential: hex(issueCredential(bankKey, claims)), balanceMinor: 1000, currency: 'EUR', expiresAtMs: world.now + DAY })
  }
  const asked = (call: string) => {
    world.calls.push(call)
    return world.bankAnswers
  }
  const publicKey = phoneKeyOf(signer)
  const api: Api = {
    open: async () => (asked('open') ? registration(publicKey) : fail('wire.no_answer')),
    refresh: async (wallet) => {
      if (!asked('refresh')) return fail('wire.no_answer')
      if (world.lost) return fail('policy.denied')
      return world.bankKnows.has(wallet) ? registration(publicKey) : fail('hub.unknown_wallet')
    },
    join: async (_, word) => (asked(`join ${word}`) && word === 'good' ? registration(publicKey) : fail('wallet.bad_invitation')),
    invite: async () => (asked('invite') ? ok({ word: 'good', until: world.now + HOUR }) : fail('wire.no_answer')),
    reportLost: async (_, phone) => {
      if (!asked(`lost ${phone}`)) return fail('wire.no_answer')
      world.lost = true
      return ok(null)
    },
    pay: async (_, { request }) => (asked(`pay ${request}`) ? ok(base64url(new Uint8Array([1, 2, 3]))) : fail('wire.no_answer')),
    quote: async (_, request) => (asked(`quote ${request}`) ? world.quote : fail('wire.no_answer')),
    till: async (_, keyId) => (asked(`till ${keyId}`) ? world.tillAnswer : fail('wire.no_answer')),
    say: async (_, about) => (asked(`say ${about.type}`) ? ok(null) : fail('wire.no_answer')),
    keys: async () => ok({ rootPublicKey: world.root, keySet: 'AAAA' }),
    statement: async () => {
      if (!asked('statement')) return fail('wire.no_answer')
      await world.statementWaits
      return ok({ balanceMinor: 1000, heldMinor: 0, currency: 'EUR', payments: world.payments, phones: [] })
    },
    screen: async (_, text) => {
      world.onScreen = text
      return ok(null)
    },
    tillRequest: async () => ok(world.display),
  }
  const storage: Storage = {
    deviceKey: async () => undefined,
    keepDeviceKey: async () => undefined,
    account: async () => world.kept,
    keepAccount: async (account) => {
      world.kept = account
    },
    nextCounter: async () => ++world.counter,
  }
  const open = async (joining?: Joining): Promise<Wallet> => {
    const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
    const wallet = new Wallet({ api, storage, signer, randomBytes, name: 'Phone', language: 'en', keepLanguage: () => undefined, joining }, world.now)
    await wallet.start()
    return wallet
  }
  return { world, open }
}

describe('wallet', () => {
  let world: Awaited<ReturnType<typeof phoneInTheWorld>>['world']
  let open: (joining?: Joining) => Promise<Wallet>
  let wallet: Wallet
  const state = (): WalletState => wallet.state()
  const shown = () => (world.onScreen === null ? undefined : readCode(world.onScreen))
  /** Lets seconds go by until the condition holds; the promises of each second settle first. */
  const until = (holds: () => boolean, step = SECOND): Promise<true> =>
    vi.waitUntil(
      () => {
        if (holds()) return true
        world.now += step
        wallet.tick(world.now)
        return false
      },
      { interval: 1, timeout: 5000 },
    )

  beforeEach(async () => {
    ;({ world, open } = await phoneInTheWorld())
    wallet = await open()
    await until(() => world.onScreen !== null)
  })

  test('meets its bank, and shows a code that the scanner can see', () => {
    expect(world.calls[0]).toBe('open')
    expect(state().account).toMatchObject({ wallet: walletId, balanceMinor: 1000 })
    expect(shown()).toMatchObject({ ok: true, value: { profile: 'show' } })
  })

  test('keeps the till that it met while its bank was still making out the statement', async () => {
    const [root, till] = [1, 2].map((n) => signerFromSeed(new Uint8Array(32).fill(n))) as [Signer, Signer]
    world.root = hex(root.publicKey)
    world.kept = undefined
    wallet = await open()
    const asked = (): number => world.calls.filter((call) => call === 'statement').length
    await until(() => asked() > 0)
    const before = asked()
    const statement = Promise.withResolvers<void>()
    world.statementWaits = statement.promise
    await until(() => asked() > before)

    const place = { till: golden.request.till, name: 'Till 1', merchant: golden.request.till, store: golden.request.till }
    const certificate = encodeSigned(root, 'sp.till', { v: 1, ...place, publicKey: hex(till.publicKey), issuedAt: world.now })
    world.tillAnswer = ok({ certificate: base64url(certificate) })
    wallet.see(signReceiptText(till, nodeCrypto, 'Harbour Corner\nTOTAL EUR 14.90'))
    const verdict = (): string | undefined => {
      const { scan } = state()
      return scan.step === 'receipt' ? scan.check?.is : undefined
    }
    await vi.waitUntil(() => verdict() === 'genuine')
    statement.resolve()
    await until(() => asked() > before + 1)
    expect(state().account?.tills).toMatchObject([{ certificate: base64url(certificate) }])
  })

  test('is not held before a scanner after its page was left, and is again when it comes back', async () => {
    wallet.putAway()
    expect(world.onScreen).toBeNull()
    await until(() => world.onScreen !== null)
  })

  test('changes the code when its time is over, when asked, and at every visit', async () => {
    const seen = new Set([world.onScreen])
    const nextCode = async (): Promise<void> => {
      await until(() => world.onScreen !== null && !seen.has(world.onScreen))
      seen.add(world.onScreen)
    }
    const first = world.now
    await nextCode()
    expect(world.now - first).toBeGreaterThanOrEqual(CODE_LIFETIME - 2 * SECOND)
    wallet.newCode()
    const second = world.now
    await nextCode()
    wallet.goTo('activity')
    expect(world.onScreen).toBeNull()
    wallet.goTo('code')
    await nextCode()
    expect(world.now - second).toBeLessThan(CODE_LIFETIME)
  })

  test('replaces a code that is from the future because the clock was set back', async () => {
    const before = world.onScreen
    world.now -= HOUR
    await until(() => world.onScreen !== before)
    expect(shown()).toMatchObject({ ok: true, value: { issuedAtMs: expect.closeTo(start - HOUR, -5) as number } })
  })

  test('offline it leaves its bank alone and goes on paying', async () => {
    wallet.setOnline(false)
    const calls = world.calls.length
    const before = world.onScreen
    await until(() => world.onScreen !== before)
    expect(world.calls.length).toBe(calls)
    expect(shown()?.ok).toBe(true)
  })

  test('opens from what it kept while the bank is silent, with counters that go on', async () => {
    const used = world.counter
    world.bankAnswers = false
    wallet = await open()
    await until(() => state().code !== undefined)
    await until(() => !state().reachable)
    expect(state().account?.balanceMinor).toBe(1000)
    expect(shown()).toMatchObject({ ok: true, value: { counter: expect.toSatisfy((counter: number) => counter > used) as number } })
  })

  test('opens a wallet again with a bank that does not know it', async () => {
    world.bankKnows.clear()
    world.calls.length = 0
    wallet = await open()
    await until(() => world.calls.includes('open'))
    expect(world.calls).toEqual(['refresh', 'open'])
  })

  test('renews its credential at half of its life, and says so when it could not for too long', async () => {
    const first = state().credential?.expiresAtMs ?? 0
    // In small steps around the half: signing the proof takes real time, during which this clock must not run far ahead.
    world.now += 11 * HOUR
    await until(() => (state().credential?.expiresAtMs ?? 0) > first, 10 * SECOND)
    expect(world.now).toBeLessThan(first - 10 * HOUR)
    wallet.setOnline(false)
    await until(() => state().trouble === 'code.credential_expired', HOUR)
    expect(world.onScreen).toBeNull()
    wallet.setOnline(true)
    await until(() => state().code !== undefined)
    expect(state().trouble).toBeUndefined()
  })

  test('tells of a payment once, and puts a fresh code in place of the one that was used', async () => {
    await until(() => world.calls.includes('statement'))
    const before = world.onScreen
    world.payments = [payment]
    await until(() => state().paid !== undefined)
    expect(state().paid).toEqual(payment)
    await until(() => world.onScreen !== before && world.onScreen !== null)
    await until(() => state().paid === undefined)
    const calls = world.calls.length
    await until(() => world.calls.length > calls + 2)
    expect(state().paid).toBeUndefined()
  })

  test('joins the wallet of an invitation, and opens one of its own where that is none any more', async () => {
    world.kept = undefined
    for (const [word, calls] of [
      ['good', ['join good']],
      ['spent', ['join spent', 'open']],
    ] as const) {
      world.kept = undefined
      world.calls.length = 0
      wallet = await open({ wallet: walletId, word })
      await until(() => state().account !== undefined)
      expect(world.calls).toEqual(calls)
    }
  })

  test('says that it was reported lost, keeps what it has, and goes on when it was found', async () => {
    await wallet.reportLost(wallet.phoneKey)
    expect(world.calls).toContain(`lost ${wallet.phoneKey}`)
    await until(() => state().denied)
    expect(state().account?.balanceMinor).toBe(1000)
    world.lost = false
    await until(() => !state().denied)
  })

  test('says that a report of a loss did not reach the bank', async () => {
    world.bankAnswers = false
    await wallet.reportLost(wallet.phoneKey)
    expect(state()).toMatchObject({ lostFailed: true, denied: false })
  })

  test('tells its bank what came of a delivery, and says so when that was not heard', async () => {
    const payment = '01900000-0000-7000-8000-000000000001'
    expect(await wallet.say({ type: 'received', payment })).toBe(true)
    expect(world.calls).toContain('say received')
    world.bankAnswers = false
    expect(await wallet.say({ type: 'dispute', payment, words: 'It is bent' })).toBe(false)
    expect(state().unheard).toBe('wire.no_answer')
  })

  test('keeps the root that it met first', async () => {
    const first = state().account?.bank?.rootPublicKey
    world.root = 'bb'.repeat(32)
    wallet = await open()
    world.calls.length = 0
    await until(() => world.calls.includes('statement'))
    expect(state().account?.bank?.rootPublicKey).toBe(first)
  })

  describe('a request', () => {
    beforeEach(async () => {
      wallet.goTo('scan')
      world.display = made.text
      await until(() => state().scan.step === 'confirm')
    })

    test('is seen by the camera, confirmed by its owner, and answered', async () => {
      expect(world.onScreen).toBeNull()
      expect(state().scan).toMatchObject({ request: { amountMinor: 1234, merchant: 'Corner Store' } })
      await wallet.confirm()
      expect(shown()).toMatchObject({ ok: true, value: { profile: 'bound', nonce: golden.request.nonce.slice(0, 16) } })
    })

    test('is paid at the bank where the till’s code says that phones may, once, and the receipt is on the screen', async () => {
      wallet.dismiss()
      const asked = { ...golden.request, issuedAtMs: world.now }
      world.display = makeMerchantRequest(asked, { merchantCity: 'Town', country: 'DE', categoryCode: '5411' }).text
      await until(() => state().scan.step === 'confirm')
      await wallet.confirm()
      expect(world.calls).toContain(`pay ${base64url(makeRequest(asked).bytes)}`)
      expect(state().scan).toMatchObject({ step: 'answer', paidAtBank: true, code: { text: paidCode(new Uint8Array([1, 2, 3])) } })
      const later = world.now + 90 * SECOND
      await until(() => world.now > later, 120 * SECOND)
      expect(world.calls.filter((call) => call.startsWith('pay '))).toHaveLength(1)
    })

    test('is answered by its own code where the bank is out of reach', async () => {
      wallet.dismiss()
      world.bankAnswers = false
      world.display = makeMerchantRequest({ ...golden.request, issuedAtMs: world.now }, { merchantCity: 'Town', country: 'DE', categoryCode: '5411' }).text
      await until(() => state().scan.step === 'confirm')
      await wallet.confirm()
      expect(shown()).toMatchObject({ ok: true, value: { profile: 'bound' } })
    })

    test('is answered anew while it is confirmed and the answer has aged', async () => {
      await wallet.confirm()
      const before = world.onScreen
      await until(() => world.onScreen !== before)
      expect(shown()).toMatchObject({ ok: true, value: { profile: 'bound' } })
    })

    test('is given up when it is too old to be answered', async () => {
      await wallet.confirm()
      world.display = null
      await until(() => state().scan.step === 'looking', 20 * SECOND)
      expect(state().scan).toEqual({ step: 'looking', refused: 'code.expired' })
      expect(world.onScreen).toBeNull()
    })

    test('that was put away does not come back while the till goes on displaying it', async () => {
      wallet.dismiss()
      const later = world.now + 5 * SECOND
      await until(() => world.now > later)
      expect(state().scan.step).toBe('looking')
      world.display = makeRequest({ ...golden.request, issuedAtMs: world.now, amountMinor: 1 }).text
      await until(() => state().scan.step === 'confirm')
    })

    test('that is none is refused with a reason', () => {
      wallet.dismiss()
      wallet.see('4006381333931')
      expect(state().scan).toEqual({ step: 'looking', refused: 'code.unknown_scheme' })
    })
  })
})

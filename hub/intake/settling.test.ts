import { beforeEach, describe, expect, it } from 'vitest'
import { HOLD_LIFETIME } from './hub-step.ts'
import { makeRig, nextId, requestOf, sale, START, testSeed, TestWallet, type Rig, type TestTill } from '../test-rig.ts'
import { openAccount } from '../ledger/ledger.ts'
import { merchantAccount } from '../ledger/names.ts'
import { demoShop } from '../demo-shop.ts'
import { hex } from '#protocol/bytes.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import { DAY, MINUTE } from '#protocol/time.ts'

let rig: Rig
let till: TestTill
let wallet: TestWallet
let sent = 0
beforeEach(async () => {
  rig = await makeRig()
  till = await rig.till()
  wallet = await rig.wallet()
  sent = 0
})

/** Writes these facts and sends them as one batch. */
async function journal(...facts: Fact[]) {
  for (const fact of facts) till.write(fact)
  await rig.send(till, till.batch(sent + 1))
  sent = till.entries.length
}
/** A sale whose exact sum the phone confirmed. */
const bound = (amountMinor: number) => {
  const request = requestOf(till.id, amountMinor).bytes
  return sale(amountMinor, wallet.bound(request), { request })
}
const money = async () => {
  const overview = await rig.hub.overview()
  expect(overview.money.balanced).toBe(true)
  const merchant = overview.money.accounts.find(({ id }) => id === merchantAccount(demoShop.merchant.id, 'EUR'))
  return { merchant: merchant?.posted, pending: merchant?.pending, wallet: await rig.purse(wallet), counts: overview.counts }
}
const verdicts = () => rig.decisions(till).map(({ paymentId, verdict }) => [paymentId, verdict.type === 'held' ? 'held' : verdict.code])

describe('a payment that the hub is asked about', () => {
  it('is never paid by a shown code above the cap, whatever its till says: such a code binds no amount', async () => {
    const cap = demoShop.policy.offline.perShownCodeMinor
    const [invented, allowed] = [sale(cap + 1, wallet.show()), sale(cap, wallet.show())]
    await journal(invented.intended, invented.acceptedOffline, invented.captured, invented.completed, allowed.intended)
    expect(verdicts()).toEqual([[allowed.paymentId, 'held']])
    expect(await rig.payment(invented.paymentId)).toMatchObject({ funds: 'none', exception: 'code.bound_required' })
    expect(await money()).toMatchObject({ merchant: '0', pending: String(cap) })
  })

  it('is held, answered with a decision that is bound to the entry, and posted when it is captured', async () => {
    const one = sale(420, wallet.show())
    await journal(one.intended)
    const intended = till.entries.at(-1)
    expect(rig.decisions(till)).toEqual([
      {
        v: 1,
        till: till.id,
        paymentId: one.paymentId,
        intended: hex(intended?.hash ?? new Uint8Array(0)),
        verdict: { type: 'held', until: START + HOLD_LIFETIME },
        hubTime: START,
      },
    ])
    expect(await money()).toMatchObject({ merchant: '0', pending: '420', wallet: [24_580, 420], counts: { held: 1, settled: 0 } })
    await journal(one.held, one.captured, one.completed)
    expect(await money()).toMatchObject({
      merchant: '420',
      pending: '0',
      wallet: [24_580, 0],
      counts: { held: 0, settled: 1, exceptions: 0, unsettledEntries: 0 },
    })
    expect(await rig.payment(one.paymentId)).toMatchObject({
      state: 'CAPTURED',
      decidedBy: 'hub',
      funds: 'posted',
      settledAt: START,
      receiptNumber: one.captured.body.receiptNumber,
    })
    expect(verdicts()).toHaveLength(1)
  })

  it('is given back when the till voids it, before or after the approval went out', async () => {
    const [before, after] = [sale(100, wallet.show()), sale(200, wallet.show())]
    await journal(before.intended, before.voided)
    expect(verdicts()).toEqual([])
    await journal(after.intended)
    await journal(after.held, after.voided)
    expect(await money()).toMatchObject({ merchant: '0', pending: '0', wallet: [25_000, 0] })
    expect((await rig.payment(before.paymentId))?.funds).toBe('released')
    expect((await rig.payment(after.paymentId))?.state).toBe('VOIDED')
  })

  it('is given back when the till declines it all the same', async () => {
    const one = sale(100, wallet.show())
    await journal(one.intended, one.declined)
    expect(await rig.payment(one.paymentId)).toMatchObject({ state: 'DECLINED', funds: 'released' })
    expect(await money()).toMatchObject({ pending: '0', wallet: [25_000, 0] })
  })

  it('confirmed by the phone for this very sum is bound', async () => {
    const request = requestOf(till.id, 9900).bytes
    const one = sale(9900, wallet.bound(request), { request })
    await journal(one.intended, one.held, one.captured)
    expect(await rig.payment(one.paymentId)).toMatchObject({ profile: 'bound', funds: 'posted' })
  })
})

describe('a payment that the till took alone', () => {
  it('is posted when its entries come, all at once', async () => {
    const one = sale(420, wallet.show())
    await journal(one.intended, one.acceptedOffline, one.captured, one.completed)
    expect(await money()).toMatchObject({ merchant: '420', pending: '0', wallet: [24_580, 0], counts: { settled: 1, exceptions: 0 } })
    expect((await rig.payment(one.paymentId))?.decidedBy).toBe('policy')
    expect(verdicts()).toEqual([])
  })

  it('is judged by the age of its code when it was shown, not when it came', async () => {
    const one = sale(420, wallet.show())
    rig.clock.advance(20 * MINUTE)
    await journal(one.intended, one.acceptedOffline, one.captured)
    expect((await rig.payment(one.paymentId))?.funds).toBe('posted')
  })

  it('is tried for once more when the wallet had too little, and flagged when it still has', async () => {
    const [rich, poor, later] = [bound(20_000), bound(6000), bound(5500)]
    await journal(rich.intended, poor.intended, later.intended)
    expect(verdicts()).toEqual([
      [rich.paymentId, 'held'],
      [poor.paymentId, 'hub.insufficient_funds'],
      [later.paymentId, 'hub.insufficient_funds'],
    ])
    expect(await rig.exceptions()).toEqual([])
    await journal(poor.acceptedOffline, poor.captured)
    expect(await rig.exceptions()).toEqual([[1, 6, 'payment.late_decline']])
    expect(await rig.payment(poor.paymentId)).toMatchObject({ state: 'RETRY', funds: 'none', settledAt: undefined, exception: 'hub.insufficient_funds' })
    await journal(rich.voided, later.acceptedOffline, later.captured)
    expect(await rig.payment(later.paymentId)).toMatchObject({ funds: 'posted', exception: undefined })
    expect(await money()).toMatchObject({ merchant: '5500', wallet: [19_500, 0] })
  })
})

describe('a proof that does not hold', () => {
  const claims: [string, () => string | Promise<string>, string][] = [
    ['no code', () => 'SP1:HELLO', 'code.malformed'],
    ['another scheme', () => 'XYZ', 'code.unknown_scheme'],
    ['a code that was old when it was shown', () => wallet.show(START - 10 * MINUTE), 'code.expired'],
    ['a code from a clock ahead', () => wallet.show(START + 10 * MINUTE), 'code.from_the_future'],
    [
      'a credential by a stranger',
      () => {
        const device = signerFromSeed(testSeed())
        const credential = issueCredential(signerFromSeed(testSeed()), { ...claimsOf(device), wallet: wallet.wallet })
        return new TestWallet(device, wallet.wallet, credential).show()
      },
      'code.unknown_issuer',
    ],
    ['the signature of another phone', () => new TestWallet(signerFromSeed(testSeed()), wallet.wallet, wallet.credential).show(), 'code.forged'],
  ]
  const claimsOf = (device: { publicKey: Uint8Array }) => ({
    wallet: '00'.repeat(16),
    credentialId: '11'.repeat(8),
    devicePublicKey: hex(device.publicKey),
    currency: 'EUR',
    perPaymentLimitMinor: 1000,
    totalLimitMinor: 1000,
    issuedAtMs: START - DAY,
    expiresAtMs: START + DAY,
  })

  it.each(claims)('%s: is declined, flagged, and never paid even if it was captured', async (_, code, expected) => {
    const one = sale(100, await code())
    await journal(one.intended)
    expect(verdicts()).toEqual([[one.paymentId, expected]])
    expect(await rig.exceptions()).toEqual([[1, 2, expected]])
    await journal(one.acceptedOffline, one.captured)
    expect(await rig.payment(one.paymentId)).toMatchObject({ state: 'RECOVERY', funds: 'none', exception: expected })
    expect(await rig.exceptions()).toContainEqual([1, 4, expected])
    expect(await money()).toMatchObject({ merchant: '0', wallet: [25_000, 0] })
  })

  it('bound to another sum or till, or to nothing', async () => {
    const wrongSum = requestOf(till.id, 9901).bytes
    const wrongTill = requestOf(nextId(), 9900).bytes
    const asked = requestOf(till.id, 9900).bytes
    const all = [
      sale(9900, wallet.bound(wrongSum), { request: wrongSum }),
      sale(9900, wallet.bound(wrongTill), { request: wrongTill }),
      sale(9900, wallet.bound(asked), { request: wrongSum }),
      sale(9900, wallet.bound(asked)),
    ]
    await journal(...all.map(({ intended }) => intended))
    expect(verdicts().map(([, verdict]) => verdict)).toEqual(Array.from({ length: 4 }, () => 'code.wrong_request'))
  })

  it('in another currency than the wallet’s', async () => {
    const one = sale(100, wallet.show())
    await journal({ ...one.intended, body: { ...one.intended.body, currency: 'USD' } })
    expect(verdicts()).toEqual([[one.paymentId, 'code.wrong_currency']])
  })
})

describe('a code that paid already', () => {
  it('pays once, and the other payment is flagged, captured or not', async () => {
    const code = wallet.show()
    const [first, second] = [sale(100, code), sale(200, code)]
    const other = await rig.till()
    await journal(first.intended, first.acceptedOffline, first.captured)
    for (const fact of [second.intended, second.acceptedOffline, second.captured]) other.write(fact)
    await rig.send(other, other.batch())
    expect(await rig.payment(second.paymentId)).toMatchObject({ state: 'RECOVERY', funds: 'none', exception: 'hub.duplicate_code' })
    expect(await rig.exceptions()).toEqual([
      [1, 2, 'hub.duplicate_code'],
      [1, 4, 'hub.duplicate_code'],
    ])
    expect(await money()).toMatchObject({ merchant: '100', wallet: [24_900, 0] })
  })

  it('is declined with a signed word when the hub is asked, in one turn with the first too', async () => {
    const code = wallet.show()
    const [first, second] = [sale(100, code), sale(200, code)]
    await journal(first.intended, second.intended)
    expect(verdicts()).toEqual([
      [first.paymentId, 'held'],
      [second.paymentId, 'hub.duplicate_code'],
    ])
  })
})

describe('a request that was paid already', () => {
  const twice = (tillId: string) => {
    const request = requestOf(tillId, 9900).bytes
    return [sale(9900, wallet.bound(request), { request }), sale(9900, wallet.bound(request), { request })] as const
  }

  it('is not paid again by another answer of the phone', async () => {
    const [first, second] = twice(till.id)
    await journal(first.intended, first.acceptedOffline, first.captured)
    await journal(second.intended)
    expect(verdicts()).toEqual([[second.paymentId, 'hub.duplicate_code']])
    await journal(second.acceptedOffline, second.captured)
    expect(await rig.payment(first.paymentId)).toMatchObject({ profile: 'bound', funds: 'posted' })
    expect(await rig.payment(second.paymentId)).toMatchObject({ state: 'RECOVERY', funds: 'none', exception: 'hub.duplicate_code' })
    expect(await rig.exceptions()).toEqual([
      [1, 5, 'hub.duplicate_code'],
      [1, 7, 'hub.duplicate_code'],
    ])
    expect(await money()).toMatchObject({ merchant: '9900', wallet: [15_100, 0], counts: { settled: 1 } })
  })

  it('is not paid again within one turn either, while another request of the same sum is', async () => {
    const [first, second] = twice(till.id)
    const other = bound(9900)
    await journal(first.intended, second.intended, other.intended)
    expect(verdicts()).toEqual([
      [first.paymentId, 'held'],
      [second.paymentId, 'hub.duplicate_code'],
      [other.paymentId, 'held'],
    ])
    expect(await money()).toMatchObject({ pending: '19800' })
  })
})

describe('a wallet that the hub does not know', () => {
  it('is declined, and tried once more if the till captured', async () => {
    const device = signerFromSeed(testSeed())
    const claims = {
      wallet: 'ab'.repeat(16),
      credentialId: 'cd'.repeat(8),
      devicePublicKey: hex(device.publicKey),
      currency: 'EUR',
      perPaymentLimitMinor: 1000,
      totalLimitMinor: 1000,
      issuedAtMs: START - DAY,
      expiresAtMs: START + DAY,
    }
    const stranger = new TestWallet(device, claims.wallet, issueCredential(rig.keys.signer('issuer'), claims))
    const one = sale(100, stranger.show())
    await journal(one.intended)
    expect(verdicts()).toEqual([[one.paymentId, 'hub.unknown_wallet']])
    expect(await rig.exceptions()).toEqual([])
    await journal(one.acceptedOffline, one.captured)
    expect(await rig.payment(one.paymentId)).toMatchObject({ state: 'RETRY', funds: 'none', exception: 'hub.unknown_wallet' })
  })
})

describe('the same payment again', () => {
  it('with the same content is the same answer, and moves no money twice', async () => {
    const one = sale(100, wallet.show())
    await journal(one.intended)
    rig.clock.advance(MINUTE)
    await journal(one.intended)
    const [first, second] = rig.decisions(till)
    expect(second).toEqual(first)
    await journal(one.held, one.captured, one.intended)
    expect(rig.decisions(till)).toHaveLength(2)
    expect(await rig.exceptions()).toEqual([])
    expect(await money()).toMatchObject({ merchant: '100', wallet: [24_900, 0] })
  })

  it('with other content, or from another till, is a conflict and changes nothing', async () => {
    const one = sale(100, wallet.show())
    const other = sale(999, wallet.show(), { paymentId: one.paymentId })
    await journal(one.intended, other.intended, { ...one.intended, body: { ...one.intended.body, saleId: nextId() } })
    expect(await rig.exceptions()).toEqual([
      [1, 3, 'entry.conflict'],
      [1, 4, 'entry.conflict'],
    ])
    const second = await rig.till()
    for (const fact of [one.intended, one.captured, one.voided]) second.write(fact)
    await rig.send(second, second.batch())
    expect(await rig.payment(one.paymentId)).toMatchObject({ amountMinor: 100, till: till.id, state: 'INTENDED', funds: 'held' })
    expect(await rig.exceptions()).toHaveLength(5)
  })

  it('that a till repeats while it waits gets its decision again; one that it closed does not', async () => {
    const one = sale(100, wallet.show())
    await journal(one.intended)
    await rig.send(till, till.batch())
    await rig.send(till, till.batch(till.entries.length + 1))
    const [first, ...again] = rig.decisions(till)
    expect(again).toEqual([first, first])
    await journal(one.held)
    await rig.send(till, till.batch())
    expect(rig.decisions(till)).toHaveLength(3)
  })
})

describe('an entry that does not follow', () => {
  it('is set aside, and the rest goes on', async () => {
    const [one, two] = [sale(100, wallet.show()), sale(200, wallet.show())]
    await journal(one.captured, one.held, one.intended, one.captured, one.held, one.captured, one.captured)
    expect(await rig.exceptions()).toEqual([
      [1, 2, 'entry.illegal_transition'],
      [1, 3, 'entry.illegal_transition'],
      [1, 5, 'entry.illegal_transition'],
      [1, 8, 'entry.illegal_transition'],
    ])
    await journal(two.intended, two.acceptedOffline, two.captured)
    expect(await money()).toMatchObject({ merchant: '300' })
  })

  it('cannot be read: it is set aside, and the rest goes on', async () => {
    const one = sale(100, wallet.show())
    till.writeBytes(new TextEncoder().encode('{"v":1}'))
    till.writeBytes(new Uint8Array(0))
    await journal(one.intended, one.acceptedOffline, one.captured)
    expect(await rig.exceptions()).toEqual([
      [1, 2, 'entry.malformed'],
      [1, 3, 'entry.malformed'],
    ])
    expect(await money()).toMatchObject({ merchant: '100' })
  })

  it('over which the judge itself stumbles is set aside, and the rest goes on', async () => {
    const [one, two] = [sale(100, wallet.show()), sale(200, wallet.show())]
    const id = merchantAccount(demoShop.merchant.id, 'EUR')
    const [account] = await rig.ports.store.get('accounts', [id])
    const nearlyFull = 2n ** 63n - 50n
    const bank = openAccount({ id: 'bank', label: 'Bank', currency: 'EUR', side: 'debit', rule: 'none' })
    await rig.ports.store.commit({ accounts: [{ ...(account ?? bank), creditsPending: nearlyFull }] })
    await journal(one.intended, two.intended, { kind: 'incident.recorded', body: { code: 'device.absent' } })
    expect(await rig.exceptions()).toEqual([
      [1, 2, 'entry.malformed'],
      [1, 3, 'entry.malformed'],
      [1, 4, 'device.absent'],
    ])
    expect(rig.warnings.join()).toContain('64 bits')
    expect((await rig.ports.store.standing()).settledSeq).toBe(4)
  })
})

describe('defendicon/POS-Awesome-V15#310, #914: a completed sale', () => {
  it.each<[string, (body: ReturnType<typeof sale>['completed']['body']) => object]>([
    ['a line', (body) => ({ lines: body.lines.map((line) => ({ ...line, quantity: 2 })) })],
    ['the total', (body) => ({ totalMinor: 421, payments: body.payments.map((payment) => ({ ...payment, amountMinor: 421 })) })],
    ['the payments', (body) => ({ payments: body.payments.map((payment) => ({ ...payment, amountMinor: 419 })) })],
    ['the tax', (body) => ({ taxes: body.taxes.map(({ ratePpm }) => ({ ratePpm, netMinor: 392, taxMinor: 28 })) })],
    ['net and tax', (body) => ({ taxes: body.taxes.map((tax) => ({ ...tax, netMinor: 1 })) })],
    ['the tax rates', () => ({ taxes: [] })],
    ['a payment of another sale', () => ({ saleId: nextId() })],
    ['a payment that is not captured', () => ({ payments: [{ paymentId: nextId(), amountMinor: 420 }] })],
    ['one payment counted twice', (body) => ({ payments: [...body.payments, { paymentId: body.payments[0]?.paymentId, amountMinor: 0 }] })],
  ])('with %s wrong is flagged, and the money is not touched', async (_, change) => {
    const one = sale(420, wallet.show())
    await journal(one.intended, one.acceptedOffline, one.captured, { ...one.completed, body: { ...one.completed.body, ...change(one.completed.body) } })
    expect(await rig.exceptions()).toEqual([[1, 5, 'entry.amount_mismatch']])
    expect(await money()).toMatchObject({ merchant: '420' })
  })

  it('may round a half of tax either way', async () => {
    for (const taxMinor of [0, 1]) {
      const one = sale(3, wallet.show())
      const body = {
        ...one.completed.body,
        taxes: [{ ratePpm: 200_000, netMinor: 3 - taxMinor, taxMinor }],
        lines: one.completed.body.lines.map((line) => ({ ...line, taxPpm: 200_000 })),
      }
      await journal(one.intended, one.acceptedOffline, one.captured, { ...one.completed, body })
    }
    expect(await rig.exceptions()).toEqual([])
  })
})

it('shows what a till refused or noticed', async () => {
  const paymentId = nextId()
  await journal(
    { kind: 'payment.rejected', body: { paymentId, saleId: nextId(), amountMinor: 100, currency: 'EUR', code: 'code.expired', scanned: 'aa'.repeat(32) } },
    { kind: 'incident.recorded', body: { code: 'wire.bad_signature', detail: 'an ack' } },
  )
  expect(await rig.payment(paymentId)).toMatchObject({ state: 'REJECTED', funds: 'none', verdict: undefined })
  expect(await rig.exceptions()).toEqual([[1, 3, 'wire.bad_signature']])
})

import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeId, type Id } from '#protocol/ids.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { Alipay, type BarcodePayment } from '../../hub/acquirers/alipay/alipay.ts'
import { startAlipayGateway, type AlipayFault, type AlipayGateway } from './alipay-gateway.ts'

/** Alipay's own SDK against a gateway that checks what it signs, over a real socket. */
const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const shop = pair()
const alipays = pair()
const someone = pair()
const pem = (key: ReturnType<typeof pair>): string => key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const spki = (key: ReturnType<typeof pair>): string => key.publicKey.export({ type: 'spki', format: 'pem' }).toString()

let gateway: AlipayGateway
let alipay: Alipay
const connectorOf = (privateKey: string): Alipay =>
  new Alipay({ appId: '2026000000000001', privateKey, alipayPublicKey: spki(alipays), gateway: gateway.address, timeoutMs: 400 })

beforeAll(async () => {
  gateway = await startAlipayGateway(shop.publicKey, alipays.privateKey, someone.privateKey)
  alipay = connectorOf(pem(shop))
})
afterAll(() => gateway.stop())

const newId = (): Id => makeId(1_800_000_000_000, nodeCrypto.randomBytes(10))
const paying = (ends: string, more: Partial<BarcodePayment> = {}): BarcodePayment => ({
  paymentId: newId(),
  authCode: `2800000000000000${ends}`,
  amountMinor: 1205,
  currency: 'CNY',
  subject: 'Still & Point — 苹果',
  storeId: 'store',
  terminalId: 'till',
  ...more,
})
const numberOf = ({ paymentId }: BarcodePayment): string => paymentId.replaceAll('-', '')

describe('paying', () => {
  it('takes the money, once, whoever asks how often', async () => {
    const payment = paying('00')
    expect(await alipay.pay(payment)).toMatchObject({ type: 'paid', amountMinor: 1205 })
    expect(await alipay.pay(payment)).toMatchObject({ type: 'unknown' })
    expect(await alipay.query(payment)).toMatchObject({ type: 'paid' })
    expect(gateway.paidFen(numberOf(payment))).toBe(1205)
  })

  it('waits for the customer’s password', async () => {
    const payment = paying('01')
    expect(await alipay.pay(payment)).toEqual({ type: 'pending' })
    expect(await alipay.query(payment)).toEqual({ type: 'pending' })
    gateway.confirm(numberOf(payment))
    expect(await alipay.query(payment)).toMatchObject({ type: 'paid' })
  })

  it.each([
    ['02', 'hub.insufficient_funds'],
    ['03', 'code.expired'],
  ])('is refused with %s: %s', async (ends, code) => {
    expect(await alipay.pay(paying(ends))).toEqual({ type: 'declined', code })
  })

  it('is in yuan or not at all', async () => {
    const before = gateway.asked.length
    expect(await alipay.pay(paying('00', { currency: 'EUR' }))).toEqual({ type: 'declined', code: 'policy.wrong_currency' })
    expect(gateway.asked).toHaveLength(before)
  })

  it.each(['04', '05', '06'])('does not know after silence or trouble (%s), asks, and cancels', async (ends) => {
    const payment = paying(ends)
    expect(await alipay.pay(payment)).toMatchObject({ type: 'unknown' })
    gateway.release()
    expect(await alipay.query(payment)).toMatchObject({ type: 'paid' })
    expect(await alipay.cancel(payment.paymentId)).toEqual({ ok: true, value: null })
    expect(await alipay.cancel(payment.paymentId)).toEqual({ ok: true, value: null })
    expect(await alipay.query(payment)).toEqual({ type: 'closed' })
    expect(gateway.paidFen(numberOf(payment))).toBe(0)
  })
})

describe('answers', () => {
  const spoilt: readonly AlipayFault[] = ['unsigned', 'forged', 'another_payment', 'cut', 'nonsense', 'http_500']
  it.each(spoilt)('that are spoilt approve nothing and decline nothing: %s', async (fault) => {
    const payment = paying('00')
    // The SDK's HTTP client asks a second time by itself when the line is cut.
    const faults = fault === 'cut' ? [fault, fault] : [fault]
    gateway.spoil(...faults)
    expect(await alipay.pay(payment)).toMatchObject({ type: 'unknown' })
    gateway.spoil(...faults)
    expect(await alipay.query(payment)).toMatchObject({ type: 'unknown' })
    expect(await alipay.query(payment)).toMatchObject({ type: 'paid' })
  })

  it('that refuse without a signature refuse nothing', async () => {
    gateway.spoil('unsigned')
    expect(await alipay.pay(paying('02'))).toMatchObject({ type: 'unknown' })
  })

  it('do not come to a shop whose key is not its own', async () => {
    const before = gateway.trades
    expect(await connectorOf(pem(someone)).pay(paying('00'))).toMatchObject({ type: 'unknown' })
    expect(gateway.trades).toBe(before)
  })
})

describe('giving back', () => {
  it('gives a part once, however often it is asked for, and never more than was paid', async () => {
    const payment = paying('00')
    await alipay.pay(payment)
    const refundId = newId()
    expect(await alipay.refund(payment.paymentId, refundId, 205)).toEqual({ ok: true, value: null })
    expect(await alipay.refund(payment.paymentId, refundId, 205)).toEqual({ ok: true, value: null })
    expect(gateway.paidFen(numberOf(payment))).toBe(1000)
    expect(await alipay.refund(payment.paymentId, newId(), 1001)).toMatchObject({ ok: false, code: 'hub.refused' })
    expect(gateway.paidFen(numberOf(payment))).toBe(1000)
  })

  it('asks again after silence', async () => {
    const payment = paying('00')
    await alipay.pay(payment)
    const refundId = newId()
    gateway.spoil('cut', 'cut')
    expect(await alipay.refund(payment.paymentId, refundId, 1205)).toMatchObject({ ok: false, code: 'wire.no_answer' })
    expect(await alipay.refund(payment.paymentId, refundId, 1205)).toEqual({ ok: true, value: null })
    expect(gateway.paidFen(numberOf(payment))).toBe(0)
  })
})

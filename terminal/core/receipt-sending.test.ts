import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { onlineTill, offlineTill, sellAndPay, TILL, type TestTill } from './test-till.ts'
import { unbase64url } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import { encodeSigned, openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { addressContext, openAddress, openAddressKey } from '#protocol/node/sealed-address.ts'
import { DAY, SECOND } from '#protocol/time.ts'

const ADA = 'ada.lovelace@example.org'

const requests = (t: TestTill) => t.entries().flatMap((entry) => (entry.kind === 'receipt.requested' ? [entry.body] : []))
/** The keys that went to the hub so far, by their requests. */
const keysSent = (t: TestTill) =>
  t.sent.flatMap((bytes) => {
    const envelope = parseSign1(bytes)
    if (!envelope.ok || envelope.value.typ !== signedTypes.addressKey) return []
    const opened = openSigned(nodeCrypto, bytes, signedTypes.addressKey, () => t.keys.till.publicKey)
    return opened.ok ? [opened.value] : []
  })

async function ask(t: TestTill, receiptNumber: string, address = ADA) {
  const outcome = t.till.command({ type: 'sendReceipt', receiptNumber, address })
  await t.sealed()
  return outcome
}
const settle = (t: TestTill): void => t.till.received('ack', t.ack(t.head()))
const addressed = (t: TestTill, requestId: string, till = TILL): void =>
  t.till.received('addressed', encodeSigned(t.keys.ack, signedTypes.addressed, { v: 1, till, requestId, hubTime: t.time.now() }))

describe('a receipt for an address', () => {
  it('is asked for with ciphertext alone, whose key follows when the hub has settled it, until it has answered', async () => {
    const t = onlineTill()
    const number = sellAndPay(t)
    settle(t)
    expect(await ask(t, number.toLowerCase())).toEqual({ ok: true, value: null })
    expect(t.view().sending).toEqual({ receiptNumber: number, state: 'waiting' })
    t.time.advance(SECOND)
    expect(keysSent(t)).toEqual([])
    settle(t)
    t.time.advance(SECOND)
    const [body] = requests(t)
    const [told] = keysSent(t)
    if (body === undefined || told === undefined) throw new Error('it was asked for')
    expect(told.requestId).toBe(body.requestId)
    const context = addressContext(TILL, body.requestId)
    const own = await openAddressKey(unbase64url(told.key) ?? new Uint8Array(0), context, () => t.keys.export)
    expect(own.ok && openAddress(own.value, context, unbase64url(body.sealed) ?? new Uint8Array(0))).toEqual({ ok: true, value: ADA })
    t.time.advance(5 * SECOND)
    expect(keysSent(t)).toHaveLength(1)
    t.time.advance(6 * SECOND)
    expect(keysSent(t)).toHaveLength(2)
    addressed(t, body.requestId)
    expect(t.view().sending).toEqual({ receiptNumber: number, state: 'handed' })
    t.time.advance(60 * SECOND)
    expect(keysSent(t)).toHaveLength(2)
  })

  it('waits while the till is offline, and across a stop', async () => {
    const t = offlineTill()
    const number = sellAndPay(t)
    await ask(t, number)
    const again = t.reopen()
    expect(again.view().sending).toEqual({ receiptNumber: number, state: 'waiting' })
    again.till.received('ack', again.ack(again.head()))
    expect(keysSent(again)).toEqual([])
    again.goOnline()
    again.time.advance(SECOND)
    expect(keysSent(again)).toHaveLength(1)
  })

  it('leaves the address in no file, no view and no entry', async () => {
    const t = onlineTill()
    await ask(t, sellAndPay(t))
    expect(requests(t)).toHaveLength(1)
    const files = readdirSync(t.folder).map((name) => readFileSync(join(t.folder, name), 'latin1'))
    for (const text of [...files, JSON.stringify(t.view()), JSON.stringify(t.entries()), ...t.sent.map((bytes) => Buffer.from(bytes).toString('latin1'))])
      expect(text).not.toContain('lovelace')
  })

  it('is refused for what is no address, a sale of another till, and more than three times', async () => {
    const t = onlineTill()
    const number = sellAndPay(t)
    expect(await ask(t, number, 'ada')).toMatchObject({ ok: false, code: 'receipt.bad_address' })
    expect(await ask(t, 'ABCDEF-1-000001')).toMatchObject({ ok: false, code: 'sale.unknown_receipt' })
    for (const _ of [1, 2, 3]) expect(await ask(t, number)).toMatchObject({ ok: true })
    expect(await ask(t, number)).toMatchObject({ ok: false, code: 'receipt.too_many' })
    expect(requests(t)).toHaveLength(3)
  })

  it('is not believed to have arrived by anybody but the hub, and is given up after a month', async () => {
    const t = onlineTill()
    await ask(t, sellAndPay(t))
    const [body] = requests(t)
    const { requestId = '' } = body ?? {}
    t.till.received('addressed', encodeSigned(t.keys.till, signedTypes.addressed, { v: 1, till: TILL, requestId, hubTime: t.time.now() }))
    addressed(t, requestId, requestId)
    expect(t.view().sending).toMatchObject({ state: 'waiting' })
    t.time.skip(31 * DAY)
    settle(t)
    t.time.advance(SECOND)
    expect(keysSent(t)).toEqual([])
    expect(t.view().sending).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { readBatch } from '#protocol/hub/messages.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#protocol/time.ts'
import { FROZEN_AFTER } from './freeze.ts'
import { ACK_TIMEOUT } from './outbox.ts'
import { APPLE, offlineTill, onlineTill, POLICY, sellAndPay, sellApple, START, testWallet, type TestTill } from './test-till.ts'
import { BACKLOG_OLD_OFFLINE, BACKLOG_OLD_ONLINE } from './view.ts'

/** What users of other systems complained about: each test carries the thread. */

const held = (t: TestTill) => t.decide({ type: 'held', until: START + DAY })
const intents = (t: TestTill) => t.kinds().filter((kind) => kind === 'payment.intended')
const captures = (t: TestTill) => t.kinds().filter((kind) => kind === 'payment.captured')
const refund = (t: TestTill, receiptNumber: string, amountMinor: number, n = 1) =>
  t.till.command({ type: 'refund', refundId: `0198c0de-0000-7000-8000-00000000000${n}`, receiptNumber, amountMinor })
/** The entries of everything that was sent since a number of batches. */
const sentSince = (t: TestTill, batches: number) =>
  t.sent.slice(batches).flatMap((bytes) => {
    const read = readBatch(bytes)
    return read.ok ? read.value.batch.entries.map((entry, i) => ({ n: read.value.batch.from + i, bytes: Buffer.from(entry).toString('hex') })) : []
  })

describe('paying', () => {
  it('odoo/odoo#60939: prints no receipt before the sale is on the disk', () => {
    const t = offlineTill()
    sellAndPay(t)
    const completed = t.entries().find(({ kind }) => kind === 'sale.completed')
    expect(t.printed).toHaveLength(1)
    expect(t.printed[0]?.head).toBeGreaterThanOrEqual(completed?.n ?? Infinity)
  })

  it('odoo/odoo PR 261521: says nothing is done when its capture could not be written down', () => {
    const t = onlineTill()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.disk.full = true
    t.till.received('decision', held(t))
    expect(t.view()).toMatchObject({ tender: { stage: 'deciding' }, till: { blocked: 'till.disk_full' } })
    expect(captures(t)).toEqual([])
    expect(t.printed).toEqual([])
  })

  it('frappe/erpnext#12645: what was pressed on a frozen till is not done when it moves again; products that were scanned are in the basket', () => {
    const t = offlineTill()
    sellApple(t)
    t.time.skip(FROZEN_AFTER + SECOND)
    expect(t.till.scanned(testWallet(t).show())).toMatchObject({ ok: false, code: 'till.input_discarded' })
    t.time.advance(0)
    for (const type of ['takePayment', 'cancelPayment', 'clearSale', 'closeShift'] as const)
      expect(t.till.command({ type })).toMatchObject({ ok: false, code: 'till.input_discarded' })
    expect(t.till.scanned(APPLE).ok).toBe(true)
    expect(t.view()).toMatchObject({ tender: { stage: 'awaiting_code', amountMinor: 2000 }, notices: [] })
    expect(intents(t)).toEqual([])
    t.time.advance(SECOND)
    expect(t.till.scanned(testWallet(t).show()).ok).toBe(true)
  })

  it('frappe/erpnext#12971: ten presses and ten reads of one code make one payment under one id', () => {
    const t = offlineTill()
    t.till.scanned(APPLE)
    const code = testWallet(t).show()
    const requests = new Set<string>()
    for (let i = 0; i < 10; i++) {
      t.till.command({ type: 'takePayment' })
      const { tender } = t.view()
      if (tender.stage === 'awaiting_code') requests.add(tender.request)
    }
    expect(requests.size).toBe(1)
    for (let i = 0; i < 10; i++) t.till.scanned(code)
    expect([intents(t).length, captures(t).length]).toEqual([1, 1])
  })

  it('stripe/stripe-terminal-android#747: eight orders sold while an old backlog drains are eight payments, and nothing is sent anew under another id', () => {
    const t = offlineTill()
    for (let i = 0; i < 3; i++) sellAndPay(t)
    t.till.connected()
    for (let order = 0; order < 8; order++) {
      sellAndPay(t)
      t.till.received('ack', t.ack(Math.min(t.head(), 4 + 3 * order)))
      t.time.advance(ACK_TIMEOUT)
    }
    t.till.received('ack', t.ack(t.head()))
    const ids = t.entries().flatMap((entry) => (entry.kind === 'payment.captured' ? [entry.body.paymentId] : []))
    expect([ids.length, new Set(ids).size]).toEqual([11, 11])
    const bytesAt = new Map<number, Set<string>>()
    for (const { n, bytes } of sentSince(t, 0)) bytesAt.set(n, (bytesAt.get(n) ?? new Set()).add(bytes))
    expect([...bytesAt.values()].every((versions) => versions.size === 1)).toBe(true)
    expect(t.view().link.waiting.entries).toBe(0)
  })

  it('Adyen/adyen-magento2#1431: the order is on the disk before the hub hears of the payment, and not knowing is a state', () => {
    const t = onlineTill()
    t.till.received('policy', new Uint8Array(0))
    for (let i = 0; i < 16; i++) t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    const { tender } = t.view()
    t.till.scanned(testWallet(t, { perPaymentLimitMinor: 99_999 }).answer(tender.stage === 'awaiting_code' ? tender.request : ''))
    expect(t.kinds().at(-1)).toBe('payment.intended')
    t.time.advance(POLICY.holdWaitMs)
    expect(t.view().tender.stage).toBe('unknown')
  })

  it('Automattic/woocommerce-payments PR 11994: lets nothing through because nobody answered', () => {
    const t = onlineTill()
    for (let i = 0; i < 16; i++) t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    const { tender } = t.view()
    t.till.scanned(testWallet(t, { perPaymentLimitMinor: 99_999 }).answer(tender.stage === 'awaiting_code' ? tender.request : ''))
    t.time.advance(MINUTE)
    expect(t.view().tender).toMatchObject({ stage: 'refused', code: 'policy.payment_cap' })
    expect(captures(t)).toEqual([])
  })

  it('odoo/odoo PR 75246: a reply to an earlier attempt decides nothing about the next one', () => {
    const t = onlineTill()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    const first = held(t)
    t.till.received('decision', t.decide({ type: 'declined', code: 'hub.insufficient_funds' }))
    t.till.command({ type: 'takePayment' })
    t.till.scanned(testWallet(t).show())
    t.till.received('decision', first)
    expect(t.view().tender.stage).toBe('deciding')
    t.till.received('decision', t.decide({ type: 'held', until: START + DAY }, t.hashAt(2)))
    expect(t.view().tender.stage).toBe('deciding')
    t.till.received('decision', held(t))
    expect(captures(t)).toHaveLength(1)
  })

  it('odoo/odoo PR 256042: only the hub’s signature approves, whatever else arrives', () => {
    const t = onlineTill()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    const bent = Uint8Array.from(held(t), (byte, i) => (i === 40 ? byte ^ 1 : byte))
    for (const bytes of [bent, new Uint8Array(0), Uint8Array.of(0xff)]) t.till.received('decision', bytes)
    expect(t.view().tender.stage).toBe('deciding')
  })

  it('odoo/odoo PR 244076, PR 232797: a dead printer keeps nobody from paying, and a copy is another print job', () => {
    const t = offlineTill()
    t.printer.absent = true
    sellAndPay(t)
    expect(t.view().tender).toMatchObject({ stage: 'approved', receipt: 'no_printer' })
    t.printer.absent = false
    t.till.command({ type: 'reprint' })
    t.till.command({ type: 'reprint' })
    expect(new Set(t.printed.map(({ job }) => job)).size).toBe(3)
  })

  it('odoo/odoo PR 232797: a display that never answers, a scale that is gone and a reader that sends noise keep neither the drawer shut nor anybody from paying', () => {
    const t = offlineTill()
    const ready = { state: 'ready', counters: {} } as const
    for (const kind of ['printer', 'display', 'scale', 'card_reader'] as const) t.till.device({ device: kind, kind, ...ready })
    t.till.device({ device: 'scale', kind: 'scale', state: 'absent', code: 'device.absent', counters: {} })
    t.till.garbage('card_reader')
    expect(t.till.command({ type: 'openDrawer' }).ok).toBe(true)
    expect(t.ordered.map(({ what }) => what.do)).toEqual(['show', 'open_drawer'])
    sellAndPay(t)
    expect(t.view().tender).toMatchObject({ stage: 'approved', receipt: 'printing' })
  })

  it('odoo/odoo#3564, #75710, PR 239040: four scans in a row are four, and only a whole code sells', () => {
    const t = offlineTill()
    for (let i = 0; i < 4; i++) t.till.scanned(APPLE)
    expect(t.view().sale.itemCount).toBe(4)
    for (const text of ['0000', APPLE.slice(0, 8), `${APPLE}0`]) expect(t.till.scanned(text).ok).toBe(false)
    expect(t.view().sale.itemCount).toBe(4)
  })
})

describe('syncing', () => {
  it('odoo/odoo PR 288974: what this till has ended stays ended, whatever comes late', () => {
    const t = onlineTill()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    const late = t.decide({ type: 'declined', code: 'hub.refused' })
    t.time.advance(POLICY.holdWaitMs)
    const receiptNumber = t.view().sold[0]?.receiptNumber ?? ''
    t.till.received('decision', late)
    expect(t.view().sold[0]).toMatchObject({ state: 'captured' })
    t.till.command({ type: 'voidSale', receiptNumber })
    t.till.received('decision', late)
    expect(t.view().sold[0]).toMatchObject({ state: 'voided' })
  })

  it('odoo/odoo PR 220954, PR 288899: probes by itself and comes back online; what waits is on the disk, not in memory', () => {
    const t = offlineTill()
    sellAndPay(t)
    const again = t.reopen()
    again.till.connected()
    expect(sentSince(again, 0).map(({ n }) => n)).toEqual([2, 3, 4, 5])
    again.time.advance(2 * ACK_TIMEOUT + SECOND)
    expect(again.reconnects()).toBe(1)
    again.goOnline()
    expect(again.view().link).toMatchObject({ state: 'online', waiting: { entries: 0 } })
  })

  it('mqttjs/MQTT.js#2015, #607: a batch that the carrier lost is sent again, after a restart, too', () => {
    const t = offlineTill()
    sellAndPay(t)
    t.till.connected()
    const first = sentSince(t, t.sent.length - 1)
    t.till.disconnected()
    t.till.connected()
    expect(sentSince(t, t.sent.length - 1)).toEqual(first)
    const again = t.reopen()
    again.till.connected()
    expect(sentSince(again, 0)).toEqual(first)
  })

  it('eclipse-mosquitto/mosquitto#1726, moscajs/aedes#994: messages that come twice do nothing twice', () => {
    const t = onlineTill()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    const decision = held(t)
    for (let i = 0; i < 3; i++) t.till.received('decision', decision)
    expect(captures(t)).toHaveLength(1)
    refund(t, 'FFFFFF-1-000042', 500)
    const answer = t.answerRefund('approved')
    for (let i = 0; i < 3; i++) t.till.received('refund', answer)
    expect(t.kinds().filter((kind) => kind === 'refund.answered')).toHaveLength(1)
    expect(t.printed).toHaveLength(2)
  })

  it('BrainWise-DEV/POSNext#50, #97: an entry that is sent again has the same number and the same bytes', () => {
    const t = offlineTill()
    sellAndPay(t)
    t.till.connected()
    t.till.received('ack', t.ack(1, { answers: '00'.repeat(32) }))
    const sent = t.sent.length
    t.time.advance(ACK_TIMEOUT)
    expect(sentSince(t, sent)).toEqual(sentSince(t, sent - 1).slice(0, 4))
    expect(sentSince(t, sent).map(({ n }) => n)).toEqual([2, 3, 4, 5])
  })

  it('frappe/erpnext#11225: goes on draining past an entry that the hub has set aside', () => {
    const t = offlineTill()
    sellAndPay(t)
    t.till.connected()
    t.till.received('ack', t.ack(3, { exceptions: [{ n: 2, code: 'entry.malformed' }] }))
    expect(t.lastBatch()).toMatchObject({ from: 4 })
    t.till.received('ack', t.ack(t.head(), { exceptions: [{ n: 2, code: 'entry.malformed' }] }))
    expect(t.view().link.waiting).toMatchObject({ payments: 0, entries: 0 })
  })

  it('stripe/stripe-terminal-ios#261: raises an alarm when payments wait too long, sooner while the hub answers', () => {
    const t = offlineTill()
    sellAndPay(t)
    t.time.skip(BACKLOG_OLD_ONLINE)
    t.time.advance(SECOND)
    expect(t.view().link).toMatchObject({ state: 'offline', waiting: { payments: 1 } })
    expect(t.view().link.urgent).toBeUndefined()
    t.till.connected()
    t.till.received('ack', t.ack(t.head(), { safe: 1 }))
    expect(t.view().link).toMatchObject({ state: 'online', urgent: 'till.backlog_old' })
    t.till.disconnected()
    expect(t.view().link.urgent).toBeUndefined()
    t.time.skip(BACKLOG_OLD_OFFLINE)
    t.time.advance(SECOND)
    expect(t.view().link).toMatchObject({ state: 'offline', urgent: 'till.backlog_old' })
    t.goOnline()
    expect(t.view().link.urgent).toBeUndefined()
  })

  it('stripe/stripe-terminal-android#485: “sync now” asks at once, and connects anew where nobody answers', () => {
    const t = onlineTill()
    const sent = t.sent.length
    expect(t.till.command({ type: 'syncNow' }).ok).toBe(true)
    expect(t.sent.length).toBe(sent + 1)
    t.till.command({ type: 'syncNow' })
    expect(t.sent.length).toBe(sent + 1)
    t.till.disconnected()
    t.till.command({ type: 'syncNow' })
    expect(t.reconnects()).toBe(1)
  })
})

describe('closing and leaving', () => {
  it('odoo/odoo#203431: closes no shift over payments that the hub does not have', () => {
    const t = offlineTill()
    sellAndPay(t)
    expect(t.till.command({ type: 'closeShift' })).toMatchObject({ ok: false, code: 'gate.outbox' })
    expect(t.view().gate).toMatchObject({ action: 'closeShift', waiting: { payments: 1, amountMinor: 1000 } })
    expect(t.kinds()).not.toContain('shift.closed')
  })

  it('Square help 7775: neither signing out nor a reset loses an offline payment; an export opens the way, and nothing is deleted', () => {
    const t = offlineTill()
    sellAndPay(t)
    for (const type of ['signOut', 'update', 'reset'] as const) expect(t.till.command({ type })).toMatchObject({ ok: false, code: 'gate.outbox' })
    expect(t.left).toEqual([])
    expect(t.view().till.signedOut).toBe(false)
    t.till.command({ type: 'exportJournal' })
    expect(t.till.command({ type: 'reset' }).ok).toBe(true)
    expect(captures(t)).toHaveLength(1)
  })

  it('OCA/pos PR 172: no command takes an offline sale out of the journal or its number out of the sequence', () => {
    const t = offlineTill()
    const numbers = [sellAndPay(t), sellAndPay(t)]
    for (const type of ['clearSale', 'cancelPayment', 'continue', 'closeShift', 'signOut', 'reset', 'dismissGate'] as const) t.till.command({ type })
    t.till.command({ type: 'voidSale', receiptNumber: numbers[0] ?? '' })
    numbers.push(sellAndPay(t))
    expect(numbers).toEqual(['0000AA-1-000001', '0000AA-1-000002', '0000AA-1-000003'])
    expect(captures(t)).toHaveLength(3)
    expect(t.chainIsWhole()).toBe(true)
  })

  it('mojaloop/project#4115, #4445: a close keeps nobody from paying, and its sums are those of the journal', () => {
    const t = onlineTill()
    const sold = sellAndPay(t)
    refund(t, sold, 300)
    t.till.received('ack', t.ack(t.head()))
    t.till.command({ type: 'closeShift' })
    sellAndPay(t)
    t.till.received('ack', t.ack(t.head()))
    t.till.command({ type: 'closeShift' })
    const sums = t.entries().flatMap((entry) => (entry.kind === 'shift.closed' ? [[entry.body.capturedMinor, entry.body.refundedMinor]] : []))
    expect(sums).toEqual([
      [1000, 300],
      [1000, 0],
    ])
  })
})

describe('refunds', () => {
  it('juspay/hyperswitch#13182, blnkfinance/blnk#181: never give back more than was paid, by however many refunds, voids and restarts', () => {
    let t = offlineTill()
    const sold = sellAndPay(t)
    const outcomes = [700, 400, 300, 1].map((amountMinor, i) => {
      const outcome = refund(t, sold, amountMinor, i + 1)
      t = t.reopen()
      return outcome.ok ? 'done' : outcome.code
    })
    expect(outcomes).toEqual(['done', 'refund.exceeds_captured', 'done', 'refund.exceeds_captured'])
    expect(t.till.command({ type: 'voidSale', receiptNumber: sold }).ok).toBe(false)
    const back = t.entries().reduce((sum, entry) => sum + (entry.kind === 'payment.refunded' ? entry.body.amountMinor : 0), 0)
    expect(back).toBe(1000)
  })

  it('stripe/stripe-terminal-android#747: a refund pressed twice is made once, also over a restart; another one under its id is none', () => {
    const t = offlineTill()
    const sold = sellAndPay(t)
    for (let i = 0; i < 3; i++) expect(refund(t, sold, 200)).toEqual({ ok: true, value: null })
    const again = t.reopen()
    expect(refund(again, sold, 200)).toEqual({ ok: true, value: null })
    expect(refund(again, sold, 300)).toMatchObject({ ok: false, code: 'entry.conflict' })
    expect(again.kinds().filter((kind) => kind === 'payment.refunded')).toHaveLength(1)
    expect(again.view().sold[0]?.refundedMinor).toBe(200)
    expect(again.time.now()).toBeLessThan(START + HOUR)
  })
})

import { describe, expect, it } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { chainHash } from '#protocol/journal/chain.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { fail } from '#protocol/outcome.ts'
import { gateActions, type GateAction } from '#protocol/till-api/api.ts'
import { SECOND } from '#protocol/time.ts'
import { APPLE, offlineTill, onlineTill, sellAndPay, sellApple, testWallet, type TestTill } from './test-till.ts'

const ask = (t: TestTill, type: GateAction) => t.till.command({ type })
const syncAll = (t: TestTill): void => {
  t.time.advance(SECOND)
  t.till.received('ack', t.ack(t.head()))
}
const closes = (t: TestTill) => t.entries().flatMap((entry) => (entry.kind === 'shift.closed' ? [entry.body] : []))

describe('a gate at the till', () => {
  it.each(gateActions)('refuses %s while money waits, says how much, and is open once the hub has it', (action) => {
    const t = offlineTill()
    sellAndPay(t)
    expect(ask(t, action)).toMatchObject({ ok: false, code: 'gate.outbox' })
    expect(t.view().gate).toMatchObject({ action, reasons: ['gate.outbox'], waiting: { payments: 1, amountMinor: 1000, entries: 4 }, canExport: true })
    t.till.connected()
    syncAll(t)
    expect(t.view().gate).toMatchObject({ reasons: [], waiting: { payments: 0, entries: 0 }, canExport: false })
    expect(ask(t, action).ok).toBe(true)
    expect(t.view().gate).toBeUndefined()
  })

  it('stays until it is dismissed', () => {
    const t = offlineTill()
    sellAndPay(t)
    ask(t, 'closeShift')
    t.till.scanned(APPLE)
    expect(t.view().gate?.reasons).toEqual(['gate.open_basket', 'gate.outbox'])
    t.till.command({ type: 'dismissGate' })
    expect(t.view().gate).toBeUndefined()
  })

  it('is not opened for an unfinished payment, whatever was exported', () => {
    const t = onlineTill()
    sellApple(t)
    t.till.scanned(testWallet(t).show())
    t.till.command({ type: 'exportJournal' })
    for (const action of ['signOut', 'update', 'reset'] as const) expect(ask(t, action)).toMatchObject({ ok: false, code: 'gate.open_payment' })
    expect(t.view().gate?.canExport).toBe(false)
    expect(t.left).toEqual([])
  })

  it('is opened by an export, until something is written again, also through a restart', () => {
    const t = offlineTill()
    sellAndPay(t)
    expect(t.till.command({ type: 'exportJournal' })).toEqual({ ok: true, value: null })
    expect(t.view().exported).toEqual({ file: 'export.spj', at: t.time.now(), entries: 7, covers: true })
    const again = t.reopen()
    expect(again.view().exported?.covers).toBe(true)
    expect(ask(again, 'reset').ok).toBe(true)
    expect(again.left).toEqual(['reset'])
    const later = again.reopen()
    sellAndPay(later)
    expect(later.view().exported?.covers).toBe(false)
    expect(ask(later, 'reset')).toMatchObject({ ok: false, code: 'gate.outbox' })
  })

  it('says why an export cannot be made', () => {
    const t = offlineTill()
    t.exporting.outcome = fail('till.no_export_key')
    expect(t.till.command({ type: 'exportJournal' })).toMatchObject({ ok: false, code: 'till.no_export_key' })
    expect(t.view()).toMatchObject({ notices: [{ code: 'till.no_export_key' }] })
    expect(t.view().exported).toBeUndefined()
  })

  it('minds a refund that the hub has not answered', () => {
    const t = onlineTill()
    t.till.command({ type: 'refund', refundId: '0198c0de-0000-7000-8000-000000000777', receiptNumber: 'FFFFFF-1-000042', amountMinor: 500 })
    syncAll(t)
    expect(ask(t, 'closeShift')).toMatchObject({ ok: false, code: 'gate.open_refund' })
    t.till.received('refund', t.answerRefund('approved'))
    syncAll(t)
    expect(ask(t, 'closeShift').ok).toBe(true)
  })

  it('explains itself on a till that is blocked, too', () => {
    const t = offlineTill()
    sellAndPay(t)
    t.disk.full = true
    t.till.scanned(APPLE)
    expect(t.view().till.blocked).toBe('till.disk_full')
    expect(ask(t, 'reset')).toMatchObject({ ok: false, code: 'gate.outbox' })
    expect(t.view().gate?.action).toBe('reset')
    expect(t.till.command({ type: 'dismissGate' }).ok).toBe(true)
  })

  it.each(gateActions)('refuses %s while entries of a restored journal are still being carried over, whatever the hub has by then', (action) => {
    const t = offlineTill()
    sellApple(t)
    // More than one slice, and behind it the money.
    for (let i = 0; i < 250; i++) t.till.scanned(`SP1:${i}`)
    t.till.command({ type: 'clearSale' })
    sellAndPay(t)
    t.till.connected()
    t.time.skip(SECOND)
    t.till.received('ack', t.ack(3, { received: { n: 3, head: 'ab'.repeat(32) } }))
    const hubHasAll = (): void => {
      const { epoch, from, previous, entries } = t.lastBatch()
      const n = from + entries.length - 1
      const head = hex(entries.reduce((hash, bytes) => chainHash(nodeCrypto, hash, bytes), previous))
      t.till.received('ack', t.ack(n, { epoch, received: { n, head } }))
    }
    hubHasAll()
    hubHasAll()
    expect(t.view().link.waiting).toMatchObject({ entries: 0, payments: 1 })
    expect(ask(t, action)).toMatchObject({ ok: false, code: 'gate.outbox' })
    expect(t.left).toEqual([])
    t.time.advance(SECOND)
    hubHasAll()
    hubHasAll()
    expect(t.view().link.waiting).toMatchObject({ entries: 0, payments: 0 })
    expect(ask(t, action).ok).toBe(true)
  })

  it('lets update and reset leave by their own ways', () => {
    const t = onlineTill()
    t.till.scanned(APPLE)
    expect(ask(t, 'update').ok).toBe(true)
    expect(t.left).toEqual(['update'])
    const again = t.reopen()
    again.goOnline()
    expect(ask(again, 'reset')).toMatchObject({ ok: false, code: 'gate.open_basket' })
    again.till.command({ type: 'clearSale' })
    ask(again, 'reset')
    expect(again.left).toEqual(['reset'])
  })

  it.each(['update', 'reset'] as const)('sells nothing more between the gate to %s and the end of the process', (action) => {
    const t = offlineTill()
    sellAndPay(t)
    t.till.command({ type: 'exportJournal' })
    expect(ask(t, action).ok).toBe(true)
    const head = t.head()
    expect(t.till.scanned(APPLE)).toMatchObject({ ok: false, code: 'till.core_restarting' })
    expect(t.till.command({ type: 'takePayment' })).toMatchObject({ ok: false, code: 'till.core_restarting' })
    expect(ask(t, 'closeShift')).toMatchObject({ ok: false, code: 'till.core_restarting' })
    expect(t.head()).toBe(head)
  })
})

describe('closing the shift', () => {
  it('journals what was captured and given back since the last time, also across restarts', () => {
    const t = offlineTill()
    const [first, second] = [sellAndPay(t), sellAndPay(t)]
    t.till.command({ type: 'refund', refundId: '0198c0de-0000-7000-8000-000000000777', receiptNumber: first, amountMinor: 250 })
    const again = t.reopen()
    again.till.command({ type: 'voidSale', receiptNumber: second })
    again.till.connected()
    syncAll(again)
    expect(ask(again, 'closeShift').ok).toBe(true)
    expect(closes(again)).toEqual([{ currency: 'EUR', payments: 2, capturedMinor: 2000, refunds: 2, refundedMinor: 1250, exported: 0 }])
    syncAll(again)
    const next = again.reopen()
    sellAndPay(next)
    next.till.command({ type: 'exportJournal' })
    expect(ask(next, 'closeShift').ok).toBe(true)
    expect(closes(next)[1]).toEqual({ currency: 'EUR', payments: 1, capturedMinor: 1000, refunds: 0, refundedMinor: 0, exported: 1 })
  })

  it('is done once when it is pressed twice', () => {
    const t = onlineTill()
    for (let i = 0; i < 3; i++) expect(ask(t, 'closeShift').ok).toBe(true)
    expect(closes(t)).toHaveLength(1)
    expect(ask(t.reopen(), 'closeShift').ok).toBe(true)
  })
})

describe('a till at which nobody is signed in', () => {
  it('sells nothing and gives nothing back until somebody signs in, also after a restart', () => {
    const t = onlineTill()
    const sold = sellAndPay(t)
    t.till.command({ type: 'continue' })
    syncAll(t)
    expect(ask(t, 'signOut').ok).toBe(true)
    const again = t.reopen()
    expect(again.view().till.signedOut).toBe(true)
    expect(again.till.scanned(APPLE)).toMatchObject({ ok: false, code: 'till.signed_out' })
    expect(again.till.command({ type: 'takePayment' })).toMatchObject({ ok: false, code: 'till.signed_out' })
    expect(again.till.command({ type: 'voidSale', receiptNumber: sold })).toMatchObject({ ok: false, code: 'till.signed_out' })
    expect(again.view()).toMatchObject({ notices: [{ code: 'till.signed_out' }], sale: { lines: [] } })
    expect(again.till.command({ type: 'signIn' }).ok).toBe(true)
    expect(again.till.scanned(APPLE).ok).toBe(true)
    expect(again.reopen().view().till.signedOut).toBe(false)
  })
})

describe('another version that is ready', () => {
  it('gets its turn by itself once nobody is served and the hub has everything, and shows no gate before', () => {
    const t = onlineTill()
    t.update.ready = true
    sellApple(t)
    t.time.advance(10 * SECOND)
    expect([t.left, t.view().gate]).toEqual([[], undefined])
    t.till.scanned(testWallet(t).show())
    t.till.received('decision', t.decide({ type: 'held', until: t.time.now() + 60 * SECOND }))
    t.time.advance(SECOND)
    expect([t.left, t.view().gate]).toEqual([[], undefined])
    syncAll(t)
    t.time.advance(10 * SECOND)
    expect(t.left).toEqual(['update'])
    // The process is about to end: it is asked once, and sells nothing more.
    t.time.advance(10 * SECOND)
    expect(t.left).toEqual(['update'])
  })
})

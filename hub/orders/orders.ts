import { orderRow, readOrder, type Order } from './order.ts'
import { createEscrows, LONGEST_ESCROW, type EscrowPorts, type Escrows } from '../escrow/escrows.ts'
import { isOpen } from '../escrow/escrow.ts'
import { pump } from '../intake/pump.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { Exception } from '../store/hub-store.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import { keptMinor as keptMinorOf } from '#protocol/journal/payment.ts'
import { allocate } from '#protocol/money.ts'
import { DAY, HOUR, SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'

const PAGE = 100
const FULL_DISK_PAUSE: DurationMs = 5 * SECOND
/** A payment that has no money yet may get it: it is looked at again. */
const LOOK_AGAIN: DurationMs = HOUR
/** A till that was away may say later that it handed something over in time. */
const GRACE: DurationMs = 2 * DAY

type Done = {
  readonly state: Order['state']
  readonly dueAt?: EpochMs
  readonly wrong?: { readonly code: ErrorCode; readonly detail: string; readonly payment: Id }
}

/**
 * What is held for deliveries, and orders that tills have taken: the second is done by the first. Every step of the money is escrow's, which does each once; the
 * order's row is changed after it. So a hub that is killed between the two finds the order due, and its money where it belongs.
 */
export function createOrders(ports: EscrowPorts): Escrows {
  const { clock, timers, store, warn } = ports
  const escrows = createEscrows(ports)

  async function turn(): Promise<boolean> {
    const due = await store.documentsDue('order/', clock.now(), PAGE)
    for (const row of due) {
      const order = readOrder(row)
      const done = order.state === 'handed_over' ? await release(order) : await hold(order)
      if (done === 'full' || (await save(row, order, done)) === 'full') {
        warn('the disk is full: orders wait')
        timers.after(FULL_DISK_PAUSE, work.wake)
        return false
      }
    }
    return due.length === PAGE
  }

  async function save(row: DocumentRow, order: Order, { state, dueAt, wrong }: Done) {
    const { epoch, n } = order.handed ?? order.placed
    const exception: Exception[] =
      wrong === undefined ? [] : [{ at: clock.now(), till: order.till, epoch, n, code: wrong.code, detail: wrong.detail, paymentId: wrong.payment }]
    // Changed by settling meanwhile, it is due again.
    return await store.commit({ documents: [orderRow({ ...order, state }, row.version, dueAt)], exceptions: exception })
  }

  /** All of it or, where something of it went back already, what is left. */
  async function hold({ payments, receiptNumber, till, until, keptMinor }: Order): Promise<Done | 'full'> {
    const now = clock.now()
    const shares = allocate(
      keptMinor,
      payments.map(({ amountMinor }) => amountMinor),
    )
    for (const [at, { paymentId, amountMinor }] of payments.entries()) {
      if ((await escrows.find(paymentId)) !== undefined) continue
      // What went back already at a till is nobody's to hold.
      const [payment] = await store.get('payments', [paymentId])
      const left = payment === undefined || payment.state === 'VOIDED' ? 0 : Math.min(amountMinor, keptMinorOf(payment))
      if (left === 0) continue
      const forMs = Math.min(LONGEST_ESCROW, until + GRACE - now)
      const forfeitMinor = Math.min(shares[at] ?? 0, left)
      const opened = await escrows.open(paymentId, { amountMinor: left, about: receiptNumber, forMs, atDeadline: 'refund', forfeitMinor }, `till ${till}`)
      if (opened.ok) continue
      if (opened.code === 'till.disk_full') return 'full'
      const mayCome = opened.code === 'escrow.not_possible' || opened.code === 'merchant.unknown'
      if (mayCome && now + LOOK_AGAIN < until) return { state: 'placed', dueAt: now + LOOK_AGAIN }
      return { state: 'not_held', wrong: { code: 'order.not_held', detail: `${receiptNumber}: ${opened.detail ?? opened.code}`, payment: paymentId } }
    }
    return { state: 'held' }
  }

  /** What was never held is the merchant's already. What its buyer disputes stays held: a till that says that it handed over is heard, and people decide. */
  async function release({ payments, receiptNumber, till }: Order): Promise<Done | 'full'> {
    const by = `till ${till}`
    for (const { paymentId } of payments) {
      const escrow = await escrows.find(paymentId)
      if (escrow === undefined || escrow.state === 'released') continue
      const confirmed = isOpen(escrow) ? await escrows.act(paymentId, { event: 'confirm', by, side: 'seller' }) : undefined
      if (confirmed?.ok === true) continue
      if (confirmed?.code === 'till.disk_full') return 'full'
      const now = await escrows.find(paymentId)
      if (now !== undefined && now.state !== 'held' && isOpen(now)) {
        const heard = await escrows.act(paymentId, { event: 'evidence', by, side: 'seller', words: `${receiptNumber} was handed over` })
        if (!heard.ok && heard.code === 'till.disk_full') return 'full'
        continue
      }
      const what = confirmed === undefined ? escrow.state : (confirmed.detail ?? confirmed.code)
      return { state: 'late', wrong: { code: 'order.late', detail: `${receiptNumber}: ${what}`, payment: paymentId } }
    }
    return { state: 'done' }
  }

  const work = pump(turn)
  return {
    ...escrows,
    wake() {
      work.wake()
      escrows.wake()
    },
    async idle() {
      await work.idle()
      await escrows.idle()
    },
    async stop() {
      await work.stop()
      await escrows.stop()
    },
  }
}

import { orderDocument, readOrder } from '../../hub/orders/order.ts'
import type { Changes } from '../../hub/store/hub-store.ts'
import type { MemoryDisk } from '../../hub/store/memory.ts'
import type { HubWatch } from './hub-watch.ts'
import type { Random } from './random.ts'
import type { TillMachine } from './till-machine.ts'
import type { Trace } from './trace.ts'

/** What can become of what is paid now and fetched later. */
export const orderMoves = ['placed', 'held', 'handed_over', 'done', 'late', 'not_held', 'deposit', 'deposit fetched'] as const

export const orderMovesOf = ({ documents = [] }: Changes): string[] =>
  documents.flatMap((row) => {
    if (!row.id.startsWith('order/')) return []
    const { state, restMinor } = readOrder(row)
    if (restMinor === undefined) return [state]
    return [state, 'deposit', ...(state === 'handed_over' ? ['deposit fetched'] : [])]
  })

/** Whoever has just paid wants to fetch it later, or somebody comes for what was ordered; often twice, and sometimes with a number that nobody knows. */
export function workOnOrders(machine: TillMachine, random: Random): void {
  const { view } = machine
  if (view === undefined) return
  const times = random.chance(0.3) ? 2 : 1
  const { tender, tenders, orders = [] } = view
  const open = orders.some(({ isOpen }) => isOpen === true)
  if (open && random.chance(0.2)) return void machine.command({ type: 'leaveOrder' })
  if (!open && tenders !== undefined && tenders.parts.length > 0 && random.chance(0.6)) {
    for (let time = 0; time < times; time++) machine.command({ type: 'placeDeposit', days: random.pick([1, 7]), keptPpm: random.pick([0, 250_000, 1_000_000]) })
    return
  }
  if (tender.stage === 'approved' && random.chance(0.6)) {
    const { receiptNumber } = tender
    for (let time = 0; time < times; time++)
      machine.command({ type: 'placeOrder', receiptNumber, days: random.pick([1, 7]), keptPpm: random.pick([0, 250_000, 1_000_000]) })
  } else if (orders.length > 0) {
    const { receiptNumber } = random.pick(orders)
    for (let time = 0; time < times; time++) machine.command({ type: 'handOver', receiptNumber })
  } else if (random.chance(0.1)) machine.command({ type: 'handOver', receiptNumber: 'NOSUCH-1' })
}

/** When all is calm: the hub has every order that a till wrote down, or has told a person why not, and what was handed over waits for nothing. */
export function checkOrders({ rows, exceptions }: MemoryDisk, { custody }: HubWatch, trace: Trace): void {
  const told = new Set([...exceptions.values()].map(({ till, epoch, n }) => `${till} ${epoch}/${n}`))
  for (const { said, till, epoch, n } of custody.entries) {
    if (said?.kind !== 'order.placed' && said?.kind !== 'order.handed_over') continue
    const row = rows.documents.get(orderDocument(said.body.orderId))
    if (row === undefined && !told.has(`${till} ${epoch}/${n}`)) trace.violation(0, `the hub has made nothing of ${said.kind} ${said.body.receiptNumber}`)
    if (row !== undefined && readOrder(row).state === 'handed_over') trace.violation(9, `order ${said.body.receiptNumber} was handed over, and its money waits`)
  }
}

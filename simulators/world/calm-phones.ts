import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { DAY, SECOND, type DurationMs } from '#protocol/time.ts'
import type { Customer } from './customer.ts'
import { unclaimed } from './phone-work.ts'
import type { Scene } from './scene.ts'
import type { TillMachine } from './till-machine.ts'

/** When nothing goes wrong any more: what phones can do at the hub, and that none of their money stays where no till wants it. */
const LONGER_THAN_A_HOLD: DurationMs = 8 * DAY
const MORNING: DurationMs = 90 * SECOND

/** A phone pays at the hub, and the till hears of it: from the hub, or without a line by the receipt that is held before its scanner. */
export async function sellsToPhone(scene: Scene, machine: TillMachine, customer: Customer): Promise<void> {
  const { trace, products, phonesAtHub } = scene
  const how = machine.line.connected ? 'told by the hub' : 'shown the receipt'
  machine.command({ type: 'continue' })
  machine.scan(products[0]?.gtin ?? '')
  machine.command({ type: 'takePayment' })
  const tender = machine.view?.tender
  const shown = tender?.stage === 'awaiting_code' ? tender.request : ''
  const request = readShownRequest(shown)
  if (!request.ok) return trace.violation(0, `${machine.name} shows no code that phones can pay: ${tender?.stage}`)
  phonesAtHub.pay(customer, shown, request.value.request.issuedAtMs, true)
  await scene.pass(3 * SECOND)
  const outcome = machine.line.connected ? undefined : machine.scan(phonesAtHub.receipts.at(-1)?.text ?? '')
  const after = machine.view?.tender
  if (after?.stage !== 'approved' || after.decidedBy !== 'hub')
    trace.violation(0, `${machine.name} does not sell what a phone paid (${how}): it shows ${after?.stage} ${outcome?.ok === false ? outcome.code : ''}`)
}

/** A week later everything that phones paid and no till spoke of is theirs again. */
export async function givesBackInTime(scene: Scene): Promise<void> {
  const { hub, scheduler, trace, tills } = scene
  if (unclaimed(hub.disk).length === 0) return
  for (const { line } of tills) line.pull()
  hub.crash('switched off for the holidays')
  scheduler.sleep(LONGER_THAN_A_HOLD)
  await scene.pass(MORNING)
  for (const { id, status, amount } of unclaimed(hub.disk))
    if (status === 'open') trace.violation(9, `${amount} of a phone are still held by ${id}, which no till has claimed for a week`)
}

import type { Card, DeviceHealth, Order, PrintDocument, ScaleReading, Weight } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { CardView, View } from '#protocol/till-api/api.ts'
import { SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { stillThere, type Scale } from '../sale/weighing.ts'
import type { Notices } from './notices.ts'
import type { TillPorts } from './ports.ts'

export type PeripheralPorts = Pick<TillPorts, 'printer' | 'devices'> & {
  readonly notices: Notices
  now(): EpochMs
  newId(): Id
}

type Kind = DeviceHealth['kind']

/** Which device an order is for. There is one of each of these kinds at a counter. */
const deviceFor = { open_drawer: 'printer', show: 'display', weigh: 'scale', zero: 'scale', tare: 'scale' } as const satisfies Record<Order['do'], Kind>

/** Longer than the slowest device takes, shorter than a person waits for. */
const DEADLINE: DurationMs = 3 * SECOND
const PRINT_DEADLINE: DurationMs = 10 * SECOND

/** What stands on the counter besides the scanner: what each device says, and what it is asked to do. Nothing of it is ever stored. */
export class Peripherals {
  readonly #ports: PeripheralPorts
  readonly #health = new Map<string, DeviceHealth>()
  /** Until the device has answered, its bridge is gone or the deadline is over: then the link says so. */
  readonly #orders = new Map<string, Order['do']>()
  #reading: ScaleReading | undefined
  #taken: Weight | undefined
  #drawer: View['drawer']
  #card: (CardView & { readonly saleId: Id }) | undefined
  /** The last that was printed and is no receipt. */
  #page: string | undefined
  /** What the customer's display shows, or is about to. */
  #shown = ''

  constructor(ports: PeripheralPorts) {
    this.#ports = ports
  }

  // ---------------------------------------------------------------- what the devices say

  get health(): readonly DeviceHealth[] {
    return [...this.#health.values()]
  }

  get scale(): Scale {
    return { health: this.#of('scale'), reading: this.#reading, taken: this.#taken }
  }

  get drawer(): View['drawer'] {
    return this.#drawer
  }

  /** Of the card that was swiped during this sale. */
  cardOf(saleId: Id): CardView | undefined {
    if (this.#card === undefined || this.#card.saleId !== saleId) return undefined
    const { saleId: _, ...card } = this.#card
    return card
  }

  /** A device changed, or its bridge went away. What it said before is worth nothing once it is not there. */
  changed(health: DeviceHealth): void {
    const { notices } = this.#ports
    const was = this.#health.get(health.device)?.state
    this.#health.set(health.device, health)
    if (health.state === 'ready') {
      if (was !== 'ready') notices.recovered()
      return
    }
    if (health.kind === 'scale') this.#reading = undefined
    if (health.kind === 'printer') this.#drawer = undefined
    if (health.kind === 'display') this.#shown = ''
  }

  /** A reading that is told by a scale which is not there is an old one. */
  reads(reading: ScaleReading): void {
    if (this.#of('scale')?.state !== 'ready') return
    this.#reading = reading
    this.#taken = stillThere(this.#taken, reading)
  }

  /** The goods on the scale are in the basket, or (undefined) not any more. A scale that goes away and comes back changes nothing about that. */
  tookWeight(weight: Weight | undefined): void {
    this.#taken = weight
  }

  drawerIs(open: boolean): void {
    this.#drawer = open ? 'open' : 'closed'
  }

  /** Of a card the till keeps what may be seen, and for no longer than the sale. */
  swiped({ maskedPan, expiry, encrypted }: Card, saleId: Id): void {
    const at = this.#ports.now()
    this.#card = { saleId, maskedPan, ...(expiry === undefined ? {} : { expiry }), encrypted: encrypted !== undefined, at }
  }

  /** Something could not be read. A scale asks again by itself; a person has to scan or swipe again. */
  garbled(kind: Kind): void {
    if (kind === 'card_reader') this.#ports.notices.add('device.card_unreadable', this.#ports.now())
    else if (kind === 'scanner') this.#ports.notices.add('device.garbage', this.#ports.now())
  }

  // ---------------------------------------------------------------- what they are asked to do

  /** Gives an order, whose end comes to `ordered`. */
  ask(what: Order): Outcome<null> {
    const device = this.#of(deviceFor[what.do])
    if (device?.state !== 'ready') return fail(device?.code ?? 'device.absent')
    const order = this.#ports.newId()
    if (!this.#ports.devices.order(order, what, DEADLINE)) return fail('device.absent')
    this.#orders.set(order, what.do)
    return ok(null)
  }

  /** The end of an order. Whoever gave it looks at the device, so it is told only what went wrong. */
  ordered(order: string, result: 'done' | 'failed' | 'unknown', code?: ErrorCode): void {
    const what = this.#orders.get(order)
    this.#orders.delete(order)
    if (what === undefined || result === 'done') return
    if (what === 'show') this.#shown = ''
    else if (what !== 'weigh') this.#ports.notices.add(result === 'unknown' ? 'device.unknown_order' : (code ?? 'device.timeout'), this.#ports.now())
  }

  /** Keeps the customer's display at these lines. One order at a time: whatever has changed meanwhile is shown with the next. */
  showCustomer(lines: readonly string[]): void {
    const text = lines.join('\n')
    if (text === this.#shown || [...this.#orders.values()].includes('show')) return
    if (this.ask({ do: 'show', lines: [...lines] }).ok) this.#shown = text
  }

  /** Cash was taken or given. At a counter without a printer nothing could be opened, and everybody there knows it. */
  kickDrawer(): void {
    const asked = this.ask({ do: 'open_drawer' })
    if (!asked.ok && this.#of('printer') !== undefined) this.#ports.notices.add(asked.code, this.#ports.now())
  }

  /** Prints what is no receipt. `name` begins the job's. */
  printPage(name: 'test' | 'shift' | 'order', document: PrintDocument): Outcome<null> {
    const job = `${name}-${this.#ports.newId()}`
    if (!this.#ports.printer.print(job, document, PRINT_DEADLINE)) return fail('device.absent')
    this.#page = job
    return ok(null)
  }

  /** Whether a printer's answer is about the last such page. */
  isPage(job: string): boolean {
    return job === this.#page
  }

  #of(kind: Kind): DeviceHealth | undefined {
    return this.health.find((health) => health.kind === kind)
  }
}

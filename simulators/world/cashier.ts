import { CODE_PREFIX } from '#protocol/payment-code/code.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import type { View } from '#protocol/till-api/api.ts'
import { makeId } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { MINUTE, type EpochMs } from '#protocol/time.ts'
import type { Product } from '#protocol/hub/messages.ts'
import { ean13 } from '../../hub/demo-shop.ts'
import type { Customer } from './customer.ts'
import { DeskWork, type Receipts } from './desk-work.ts'
import { PhoneWork, type PhonesAtHub } from './phone-work.ts'
import type { Random } from './random.ts'
import { answerOf, workOnGoods } from './goods-work.ts'
import { COUPON } from './sale-watch.ts'
import { actAsStaff } from './staff.ts'
import type { TillMachine } from './till-machine.ts'
import { workOnTenders } from './tender-work.ts'
import type { Trace } from './trace.ts'

export type Street = {
  readonly customers: readonly Customer[]
  readonly products: readonly Product[]
  /** Customers' cards. */
  readonly cards: readonly string[]
  /** What phones show: true time, give or take. */
  phoneTime(): EpochMs
  /** Codes of gift cards and store credit that came out of some printer. */
  credits(): readonly string[]
  readonly receipts: Receipts
  readonly phonesAtHub: PhonesAtHub
  /** What lies in its drawer: a cashier can look. Minor units. */
  drawer(machine: TillMachine): Minor
  /** Whether this till may be given up and enrolled anew: some have to stay. */
  mayReset(): boolean
  readonly trace: Trace
}

/** How a code comes to be held under the scanner. `right`: as it should be. */
const offers = {
  right: 30,
  shown: 6,
  expired: 2,
  early: 1,
  replayed: 3,
  photographed: 4,
  // By a phone that was set to the till's time, whatever that is.
  asLateAsTheTill: 4,
  damaged: 2,
  otherRequest: 2,
  noise: 1,
} as const

/** The person at one till: sells, mostly, and does everything wrong that can be done, now and then. Knows only what the screen shows. */
export class Cashier {
  readonly machine: TillMachine
  readonly #random: Random
  readonly #street: Street
  readonly #work: DeskWork
  readonly #phones: PhoneWork
  #requests: string[] = []
  #wanted = 1
  #swipes = 0

  constructor(machine: TillMachine, random: Random, street: Street) {
    this.machine = machine
    this.#random = random
    this.#street = street
    this.#phones = new PhoneWork(random.split('phones'), street.phonesAtHub)
    this.#work = new DeskWork(random.split('desk'), street.receipts, street.phoneTime, street.mayReset)
  }

  act(): void {
    const { view } = this.machine
    if (view === undefined) return
    this.#street.receipts.saw(view)
    if (actAsStaff(this.#random, view, { press: (command) => this.#press(command), scan: (text, what) => this.#scan(text, what) })) return
    if (view.till.signedOut && this.#random.chance(0.8)) return this.#press({ type: 'signIn' })
    if (this.#random.chance(0.12)) return this.#blunder(view)
    if (view.returning !== undefined && this.#random.chance(0.7)) return this.#press(this.#work.takeBack(view.returning))
    if (this.#random.chance(0.14)) return this.#doDeskWork()
    if (view.weighing !== undefined) return this.#weigh()
    if (view.choosing !== undefined) return this.#press(answerOf(this.#random, view.choosing))
    if (view.tender.stage === 'none' && this.#random.chance(0.08)) return this.#workOnGoods(view)
    switch (view.tender.stage) {
      case 'none':
        if (view.parked !== undefined && view.sale.itemCount === 0 && this.#random.chance(0.6)) return this.#recall(view)
        if (view.sale.itemCount < this.#wanted) return this.#scanProduct()
        if (this.#random.chance(0.25)) return this.#workOnBasket(view)
        this.#wanted = this.#random.between(1, 4)
        if (view.tenders !== undefined && this.#random.chance(0.1)) return this.#press({ type: 'setTip', tipMinor: this.#random.pick([0, 50, 100]) })
        return this.#random.chance(0.25) ? this.#takeCash(view) : this.#press({ type: 'takePayment' })
      case 'awaiting_code': {
        const other = workOnTenders(this.#random, view)
        if (other !== undefined) return this.#press(other)
        const credits = this.#street.credits()
        if (credits.length > 0 && this.#random.chance(0.1)) return this.#scan(this.#random.pick(credits), 'a gift card')
        if (this.#random.chance(0.1)) return this.#takeCash(view)
        if (this.#random.chance(0.2)) return this.#swipe()
        if (this.#random.chance(0.3)) return this.#payByPhone(view.tender.request)
        this.#requests = [...this.#requests, view.tender.request].slice(-4)
        return this.#offer(view.tender.request, view.tender.boundRequired)
      }
      case 'deciding':
        return
      case 'unknown':
        return this.#random.chance(0.2) ? this.#press({ type: 'cancelPayment' }) : undefined
      case 'approved':
        return this.#random.chance(0.5) ? this.#press({ type: 'continue' }) : this.#scanProduct()
      case 'refused':
        return this.#press({ type: 'continue' })
    }
  }

  // ---------------------------------------------------------------- codes

  #payByPhone(request: string): void {
    const [customer, other] = [this.#customer(), this.#customer()]
    const scan = (text: string, what: string) => this.#scan(text, what)
    this.#phones.act({ till: this.machine.identity.till, request, now: this.#street.phoneTime(), customer, other, scan })
  }

  #offer(request: string, boundRequired: boolean): void {
    const how = this.#random.weighted(offers)
    const text = this.#code(how, request, boundRequired)
    if (text === undefined) return
    this.#scan(text, `a code (${how})`)
  }

  #code(how: keyof typeof offers, request: string, boundRequired: boolean): string | undefined {
    const random = this.#random
    const customer = this.#customer()
    const now = this.#street.phoneTime()
    switch (how) {
      case 'right':
        return boundRequired || random.chance(0.4) ? customer.answer(request, now)?.text : customer.show(now).text
      case 'shown':
        return customer.show(now).text
      case 'expired':
        return customer.show(now - random.between(2, 90) * MINUTE).text
      case 'early':
        return customer.show(now + random.between(1, 90) * MINUTE).text
      case 'replayed':
        return customer.codes.length === 0 ? undefined : random.pick(customer.codes).text
      case 'photographed': {
        const newest = this.#street.customers
          .flatMap(({ codes }) => codes.slice(-1))
          .filter(({ profile, madeAt }) => profile === 'show' && now - madeAt < MINUTE)
        return newest.length === 0 ? undefined : random.pick(newest).text
      }
      case 'asLateAsTheTill': {
        const asked = readShownRequest(request)
        return asked.ok ? customer.answer(request, asked.value.request.issuedAtMs)?.text : undefined
      }
      case 'damaged':
        return this.#damage(customer.show(now).text)
      case 'otherRequest':
        return this.#requests.length === 0 ? undefined : customer.answer(random.pick(this.#requests), now)?.text
      case 'noise':
        return `${CODE_PREFIX}${random.pick(['', 'HELLO', '0'.repeat(600), '%%%%'])}`
    }
  }

  /** Mostly somebody with money. */
  #customer(): Customer {
    const { customers } = this.#street
    const funded = customers.filter(({ wallet }) => wallet.fundedMinor > 0)
    return this.#random.pick(this.#random.chance(0.8) ? funded : customers)
  }

  #damage(text: string): string {
    const at = this.#random.between(CODE_PREFIX.length, text.length - 1)
    return text.slice(0, at) + (text.charAt(at) === '0' ? '1' : '0') + text.slice(at + 1)
  }

  /** Of a handful of cards; now and then one report of the reader twice, or of a reader that does not encrypt. */
  #swipe(): void {
    const random = this.#random
    if (!random.chance(0.1)) this.#swipes += 1
    const ksn = `ffff${this.machine.identity.till.slice(-10).replaceAll('-', '0')}${String(this.#swipes).padStart(6, '0')}`
    const maskedPan = `476173******${random.pick(['0010', '0011', '0012'])}`
    const encrypted = { scheme: 'tdes-dukpt-data', ksn, track2: '00'.repeat(40) } as const
    this.#street.trace.note(`${this.machine.name}: swipes ${maskedPan} (${ksn})`)
    this.machine.device((till) => till.card({ maskedPan, expiry: '4912', ...(random.chance(0.95) ? { encrypted } : {}) }))
  }

  // ---------------------------------------------------------------- the basket

  #workOnBasket({ sale }: View): void {
    const random = this.#random
    const line = sale.lines.at(-1)?.id ?? 'L9'
    const discount = random.pick([{ ppm: 100_000 }, { amountMinor: 50 }, { ppm: 1_000_000 }, null])
    switch (random.weighted({ line: 3, sale: 3, coupon: 3, note: 2, undo: 3, redo: 2, park: 2 })) {
      case 'line':
        return this.#press({ type: 'discountLine', line, discount })
      case 'sale':
        return this.#press({ type: 'discountSale', discount })
      case 'coupon':
        return this.#scan(COUPON, 'a coupon')
      case 'note':
        return this.#press({ type: 'setNote', note: 'a gift' })
      case 'undo':
        return this.#press({ type: 'undo' })
      case 'redo':
        return this.#press({ type: 'redo' })
      case 'park':
        return this.#press({ type: 'park' })
    }
  }

  #workOnGoods(view: View): void {
    const { cards, phoneTime } = this.#street
    if (view.sale.customer === undefined && this.#random.chance(0.5)) return this.#scan(this.#random.pick(cards), 'a customer’s card')
    this.#press(workOnGoods(this.#random, view, makeId(phoneTime(), this.#random.bytes(10))))
  }

  #recall({ parked = [] }: View): void {
    this.#press({ type: 'recall', id: this.#random.pick(parked).id })
  }

  // ---------------------------------------------------------------- notes and coins

  /** Mostly what the screen suggests; now and then too little, or for an empty basket. */
  #takeCash({ cash }: View): void {
    const random = this.#random
    const suggested = random.pick(cash?.suggestions ?? [500])
    this.#press({ type: 'payCash', tenderedMinor: random.chance(0.9) ? suggested : Math.max(0, suggested - random.between(1, 50)) })
  }

  // ---------------------------------------------------------------- everything else

  #doDeskWork(): void {
    const command = this.#work.next(this.machine.repairs, this.#street.drawer(this.machine))
    if (command !== undefined) this.#press(command)
  }

  #scanProduct(): void {
    const { products } = this.#street
    // Most of what is sold comes in packets: what is weighed takes several steps, and a world is to be full of payments.
    const loose = this.#random.chance(0.15)
    const special = !loose && this.#random.chance(0.25)
    const fits = ({ soldBy, category }: Product): boolean => (soldBy !== undefined) === loose && (loose || (category === 'Special') === special)
    const { gtin, name, plu } = this.#random.pick(products.filter(fits))
    if (plu !== undefined && this.#random.chance(0.4)) return this.#scan(this.#label(plu), `a label of ${name}`)
    this.#scan(gtin, name)
  }

  /** With the price or the weight of what is in the bag; now and then with none, or of nothing that is sold. */
  #label(plu: string): string {
    const [prefix, most] = this.#random.pick([
      ['20', 1500],
      ['21', 1200],
    ] as const)
    const number = this.#random.chance(0.05) ? '999' : plu
    const value = this.#random.chance(0.05) ? 0 : this.#random.between(1, most)
    return ean13(prefix + number.padStart(5, '0') + String(value).padStart(5, '0'))
  }

  /** Puts something on the scale and presses, whatever it shows. */
  #weigh(): void {
    const random = this.#random
    const shows = random.weighted({ stable: 8, zero: 3, unstable: 1, under: 1, over: 1 })
    if (random.chance(0.1)) return this.#press({ type: 'cancelWeighing' })
    const milli = random.between(1, 1500)
    this.#street.trace.note(`${this.machine.name}: the scale shows ${shows === 'stable' ? milli : shows}`)
    this.machine.weighs(shows === 'stable' ? { state: shows, weight: { milli, unit: 'kg' } } : { state: shows })
    this.#press({ type: 'takeWeight' })
  }

  #scan(text: string, what: string): void {
    this.#street.trace.note(`${this.machine.name}: scans ${what}`)
    const outcome = this.machine.scan(text)
    if (outcome?.ok === false) this.#street.trace.note(`${this.machine.name}: ${outcome.code}`)
  }

  #press(command: Parameters<TillMachine['command']>[0]): void {
    const about = 'receiptNumber' in command ? ` ${command.receiptNumber}${'amountMinor' in command ? ` ${command.amountMinor}` : ''}` : ''
    this.#street.trace.note(`${this.machine.name}: ${command.type}${about}`)
    const outcome = this.machine.command(command)
    if (outcome?.ok === false) this.#street.trace.note(`${this.machine.name}: ${outcome.code}`)
  }

  #blunder(view: View): void {
    const random = this.#random
    const line = view.sale.lines.at(-1)
    const notice = view.notices.at(-1)
    const blunder = random.weighted({
      cancel: 3,
      clear: 1,
      quantity: 2,
      unknown: 1,
      code: 2,
      reprint: 1,
      continue: 1,
      pay: 2,
      dismiss: 1,
      noise: 1,
      printer: 2,
      cash: 2,
    })
    switch (blunder) {
      case 'cancel':
        return this.#press({ type: 'cancelPayment' })
      case 'clear':
        return this.#press({ type: 'clearSale' })
      case 'quantity':
        return this.#press({ type: 'setQuantity', line: line?.id ?? 'L9', quantity: random.pick([0, 1, 2, 3, 30]) })
      case 'unknown':
        return this.#scan(random.pick(['4006381333931', '00000000', 'not a number']), 'something unknown')
      case 'code':
        return this.#scan(random.pick(this.#street.customers).show(this.#street.phoneTime()).text, 'a code at the wrong moment')
      case 'reprint':
        return this.#press({ type: 'reprint' })
      case 'continue':
        return this.#press({ type: 'continue' })
      case 'pay':
        return this.#press({ type: 'takePayment' })
      case 'dismiss':
        return this.#press({ type: 'dismissNotice', notice: notice?.id ?? 'none' })
      case 'noise':
        return this.machine.device((till) => till.garbage('scanner'))
      case 'printer':
        return this.#printer(view)
      case 'cash':
        return this.#takeCash(view)
    }
  }

  #printer(view: View): void {
    const random = this.#random
    this.machine.printerPresent = random.chance(0.8)
    const job = view.tender.stage === 'approved' ? view.tender.receiptNumber : (view.lastReceipt?.number ?? 'none')
    const result = random.pick(['printed', 'failed', 'unknown'] as const)
    this.#street.trace.note(`${this.machine.name}: the printer says ${result}`)
    this.machine.device((till) => till.printed(job, result))
  }
}

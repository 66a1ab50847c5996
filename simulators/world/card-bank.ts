import type { Id } from '#protocol/ids.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { ok } from '#protocol/outcome.ts'
import type { Acquirer, Answer, Asking, ExchangeRef } from '../../hub/acquirers/acquirer.ts'
import type { KeyService } from '../../hub/key-service/key-service.ts'
import { AcquirerBooks, type AcquirerRequest } from '../acquirer/books.ts'
import type { Scheduler } from './clock.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

const PATIENCE: DurationMs = 5 * SECOND
const SLOWEST: DurationMs = 2500
/** A request that was overtaken by its own reversal. */
const OVERTAKEN: DurationMs = 20 * SECOND

/** What becomes of a request and its answer. */
const fates = { heard: 12, requestLost: 2, answerLost: 2, late: 1, overtaken: 1, unsent: 1, insufficient: 2, stopped: 1, down: 1 } as const

const typeOf: Readonly<Record<ExchangeRef['kind'], string>> = { authorise: '0100', sale: '0200', capture: '0200', refund: '0200' }

/** The acquirer of a simulated world: production's hub on one side of the port, the simulator's own books on the other, and bad weather between. */
export class CardBank {
  readonly id = 'world'
  readonly books = new AcquirerBooks()
  /** The weather: everything is heard and approved when it is false. */
  troubled = true
  /** There is nothing left on any card. */
  refusesAll = false
  /** Which payment each of the hub's reference numbers is about. */
  readonly #payments = new Map<string, Id>()
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #trace: Trace

  constructor(scheduler: Scheduler, random: Random, trace: Trace) {
    this.#scheduler = scheduler
    this.#random = random
    this.#trace = trace
  }

  /** What its books have taken for a payment and not given back, minor units. */
  takenFor(payment: Id): bigint {
    const mine = this.books.booked.filter(({ rrn, undone }) => !undone && this.#payments.get(rrn) === payment)
    const sum = (type: 'charge' | 'refund') => mine.filter((one) => one.type === type).reduce((total, { amountMinor }) => total + BigInt(amountMinor), 0n)
    return sum('charge') - sum('refund')
  }

  /** The same without regard to what it has given back. */
  chargedFor(payment: Id): bigint {
    const charges = this.books.booked.filter(({ type, rrn, undone }) => type === 'charge' && !undone && this.#payments.get(rrn) === payment)
    return charges.reduce((total, { amountMinor }) => total + BigInt(amountMinor), 0n)
  }

  /** Payments for which cards are charged more than once at this moment. */
  get chargedTwice(): readonly Id[] {
    const charges = this.books.booked.filter(({ type, undone }) => type === 'charge' && !undone).map(({ rrn }) => this.#payments.get(rrn) ?? '')
    return charges.filter((payment, at) => charges.indexOf(payment) !== at)
  }

  /** As one process of the hub has it: `timers` end with that process, the bank goes on. */
  port(timers: Timers): Acquirer {
    return {
      id: this.id,
      state: { link: 'ready', since: 0, answered: 0, silent: 0, stray: 0 },
      ask: (asking) => this.#ask(asking, timers),
      close: () => undefined,
    }
  }

  #ask(asking: Asking, timers: Timers): Promise<Answer> {
    const random = this.#random
    const fate = this.refusesAll ? 'insufficient' : this.troubled ? random.weighted(fates) : 'heard'
    const { exchange, payment } = asking
    this.#payments.set(exchange.rrn, payment)
    this.#trace.note(`hub asks the bank to ${exchange.kind} ${exchange.amountMinor} for payment ${payment} (${fate})`)
    return new Promise((resolve) => {
      const hear = (answer: Answer, after: DurationMs) => timers.after(after, () => resolve(answer))
      if (fate === 'unsent') return void hear({ type: 'unsent' }, 1)
      hear({ type: 'silence' }, PATIENCE)
      if (fate === 'requestLost') return
      const travels = fate === 'overtaken' ? OVERTAKEN : random.between(1, SLOWEST)
      // A bank does not live and die with the hub.
      this.#scheduler.after(travels, () => {
        const reply = this.books.take(requestOf(asking), declineOf(fate))
        if (fate === 'answerLost' || fate === 'overtaken') return
        const answer: Answer = reply.code === '00' ? { type: 'approved', approvalCode: reply.approvalCode ?? '' } : { type: 'declined', code: reply.code }
        hear(answer, fate === 'late' ? PATIENCE + SECOND : random.between(1, 500))
      })
    })
  }
}

function declineOf(fate: keyof typeof fates): string | undefined {
  if (fate === 'insufficient') return '51'
  if (fate === 'down') return '91'
  return fate === 'stopped' ? '41' : undefined
}

const sixDigits = (stan: number): string => String(stan).padStart(6, '0')

function requestOf({ exchange, secret, repeat }: Asking): AcquirerRequest {
  const { kind, amountMinor, stan, rrn, at, of } = exchange
  return {
    type: kind === 'reverse' ? `04${exchange.why === 'voided' ? '2' : '0'}${repeat > 0 ? '1' : '0'}` : typeOf[kind],
    processing: kind === 'refund' ? '200000' : '000000',
    amountMinor,
    stan: sixDigits(stan),
    sentAt: String(at),
    rrn: kind === 'reverse' && of !== undefined ? of.rrn : rrn,
    ...(secret === undefined ? {} : { pan: 'of the world' }),
    ...(of === undefined ? {} : { original: { type: typeOf[of.kind], stan: sixDigits(of.stan), sentAt: String(of.at) } }),
  }
}

/** In a world nothing is encrypted: who may open what is `hub/key-service`'s to prove. */
export const worldKeys: KeyService = {
  open: () => Promise.resolve(ok(new Uint8Array(0))),
  keepNumber: () => Promise.resolve(ok('sealed')),
  forget: () => Promise.resolve(),
  close: () => Promise.resolve(),
}

import { makeId, type Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import type { Random } from './random.ts'
import { worldTenders } from './tender-work.ts'

/** A receipt in somebody's hand. */
export type Receipt = { readonly number: string; readonly amountMinor: Minor }

/** What people bring back and ask for, of all tills: whoever stands at the counter may have bought elsewhere. */
export class Receipts {
  readonly #all: Receipt[] = []
  readonly #numbers = new Set<string>()
  readonly #talkedOf: Receipt[] = []

  saw({ tender }: View): void {
    if (tender.stage === 'approved') this.add({ number: tender.receiptNumber, amountMinor: tender.amountMinor })
  }

  add(receipt: Receipt): void {
    if (this.#numbers.has(receipt.number)) return
    this.#numbers.add(receipt.number)
    this.#all.push(receipt)
  }

  /** Somebody was called about the payment of this one, and comes to the shop for it. */
  talkOf(number: string): void {
    const receipt = this.#all.find((one) => one.number === number)
    if (receipt !== undefined) this.#talkedOf.push(receipt)
  }

  pick(random: Random): Receipt | undefined {
    if (this.#talkedOf.length > 0 && random.chance(0.3)) return random.pick(this.#talkedOf.slice(-10))
    return this.#all.length === 0 ? undefined : random.pick(this.#all.slice(-40))
  }
}

const work = {
  refund: 8,
  refundAgain: 2,
  voidSale: 3,
  openReturn: 12,
  returnAgain: 2,
  returnBasket: 3,
  closeShift: 6,
  openShift: 2,
  moveCash: 2,
  moveAgain: 1,
  printXReport: 1,
  signOut: 2,
  syncNow: 3,
  exportJournal: 2,
  update: 1,
  reset: 1,
  dismissGate: 1,
} as const

/** What is done at a till besides selling. */
export class DeskWork {
  readonly #random: Random
  readonly #receipts: Receipts
  readonly #mayReset: () => boolean
  readonly #now: () => EpochMs
  #lastRefund: Extract<Command, { type: 'refund' }> | undefined
  #lastReturn: Extract<Command, { type: 'returnGoods' }> | undefined
  #lastMovement: Extract<Command, { type: 'moveCash' }> | undefined
  #repairs = 0

  constructor(random: Random, receipts: Receipts, now: () => EpochMs, mayReset: () => boolean) {
    this.#random = random
    this.#receipts = receipts
    this.#now = now
    this.#mayReset = mayReset
  }

  /** `repairs`: how often the till's disk was replaced; a dialog that was open then is gone. `drawerMinor`: what lies in the drawer. */
  next(repairs: number, drawerMinor: Minor): Command | undefined {
    if (repairs !== this.#repairs) [this.#lastRefund, this.#lastReturn, this.#lastMovement] = [undefined, undefined, undefined]
    this.#repairs = repairs
    const random = this.#random
    const what = random.weighted(work)
    switch (what) {
      case 'refund':
        return this.#refund()
      case 'refundAgain':
        return this.#again()
      case 'voidSale': {
        const receipt = this.#receipts.pick(random)
        return receipt === undefined ? undefined : { type: 'voidSale', receiptNumber: receipt.number }
      }
      case 'openReturn': {
        // Often by whoever was there a moment ago, and forgot something.
        const receiptNumber = random.chance(0.5) ? this.#lastReturn?.receiptNumber : this.#receipts.pick(random)?.number
        return receiptNumber === undefined ? undefined : { type: what, receiptNumber }
      }
      case 'returnAgain':
        return this.#lastReturn
      case 'returnBasket':
        return { type: what, returnId: this.#id(), as: random.pick(['cash', 'credit'] as const), reason: 'a gift' }
      case 'closeShift':
        return this.#closeShift(drawerMinor)
      case 'openShift':
        return { type: 'openShift', floatMinor: random.pick([0, 5000, 10_000]) }
      case 'moveCash':
        this.#lastMovement = {
          type: 'moveCash',
          movementId: this.#id(),
          direction: random.pick(['in', 'out'] as const),
          amountMinor: random.between(1, 3000),
          reason: 'change',
          ...(random.chance(0.2) ? { currency: worldTenders.foreignCash[0]?.currency } : {}),
        }
        return this.#lastMovement
      case 'moveAgain':
        return this.#lastMovement
      case 'reset':
        return this.#mayReset() ? { type: 'reset' } : undefined
      default:
        return { type: what }
    }
  }

  /** Counts, mostly right: what nobody can explain is in every drawer now and then. */
  #closeShift(drawerMinor: Minor): Command {
    const random = this.#random
    if (random.chance(0.3)) return { type: 'closeShift' }
    const wrongBy = random.chance(0.5) ? 0 : random.between(-300, 300)
    return { type: 'closeShift', countedMinor: Math.max(0, drawerMinor + wrongBy) }
  }

  /** A receipt lies open: all of it, some of it, or more than is left, in any way. */
  takeBack({ receiptNumber, lines }: NonNullable<View['returning']>): Command {
    const random = this.#random
    const how = random.weighted({ all: 4, some: 6, tooMuch: 1 })
    const wanted = lines.flatMap(({ line, left, weight }) => {
      const units = how === 'all' ? left : how === 'tooMuch' ? left + 1 : random.between(0, weight === undefined ? left : Math.min(left, 400))
      return units > 0 ? [{ line, units }] : []
    })
    if (wanted.length === 0) return { type: 'closeReturn' }
    this.#lastReturn = {
      type: 'returnGoods',
      returnId: this.#id(),
      receiptNumber,
      lines: wanted,
      as: random.weighted({ as_paid: 5, cash: 3, credit: 3 }),
      reason: random.pick(['faulty', 'not wanted']),
    }
    return this.#lastReturn
  }

  #refund(): Command | undefined {
    const random = this.#random
    const receipt = this.#receipts.pick(random)
    if (receipt === undefined) return undefined
    const amountMinor = random.weighted({ all: 5, some: 4, tooMuch: 1 })
    const sum = { all: receipt.amountMinor, some: random.between(1, receipt.amountMinor), tooMuch: receipt.amountMinor + random.between(1, 500) }[amountMinor]
    const receiptNumber = random.chance(0.05) ? 'NOSUCH-1' : receipt.number
    this.#lastRefund = { type: 'refund', refundId: this.#id(), receiptNumber, amountMinor: sum }
    return this.#lastRefund
  }

  /** A second press on the same button, or a screen that was used for something else meanwhile. */
  #again(): Command | undefined {
    const last = this.#lastRefund
    if (last === undefined) return undefined
    return this.#random.chance(0.7) ? last : { ...last, amountMinor: last.amountMinor + 1 }
  }

  #id(): Id {
    return makeId(this.#now(), this.#random.bytes(10))
  }
}

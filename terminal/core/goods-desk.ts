import type { Command } from '#protocol/till-api/api.ts'
import type { Fact } from '#protocol/journal/entry.ts'
import { fail, ok, unreachable, type Outcome } from '#protocol/outcome.ts'
import { emptiesTotal } from '../sale/tax.ts'
import type { Authority } from './authority.ts'
import type { Cash } from './cash.ts'
import type { Choosing } from './choosing.ts'
import type { Customers } from './customers.ts'
import type { Change } from './store.ts'
import type { Tendering } from './tender.ts'

type GoodsCommand = Extract<
  Command,
  {
    type:
      | 'openVariants'
      | 'answerAge'
      | 'chooseModifiers'
      | 'changeModifiers'
      | 'giveNumber'
      | 'cancelChoosing'
      | 'returnEmpties'
      | 'payOutEmpties'
      | 'exemptSale'
      | 'removeCustomer'
      | 'spendPoints'
  }
>

export type GoodsPorts = {
  readonly tendering: Tendering
  readonly choosing: Choosing
  readonly customers: Customers
  readonly authority: Authority
  readonly cash: Cash
  record(facts: readonly Fact[], also: Omit<Change, 'entries'>): void
}

/** What the drawer's movement is called, on reports and in the journal. */
const REASON = 'Empties'

/** What a cashier does about goods that are more than a price, and for a customer. Throws StoreError where it writes. */
export class GoodsDesk {
  readonly #ports: GoodsPorts

  constructor(ports: GoodsPorts) {
    this.#ports = ports
  }

  do(command: GoodsCommand): Outcome<null> {
    const { tendering, choosing, customers } = this.#ports
    switch (command.type) {
      case 'openVariants':
        return choosing.openVariants(command.of)
      case 'answerAge':
        return choosing.answerAge(command.years, command.isOldEnough)
      case 'chooseModifiers':
        return choosing.chooseModifiers(command.choices)
      case 'changeModifiers':
        return choosing.changeModifiers(command.line)
      case 'giveNumber':
        return choosing.giveNumber(command.number)
      case 'cancelChoosing':
        return choosing.dismiss()
      case 'returnEmpties':
        return this.#returnEmpties(command.depositMinor, command.quantity)
      case 'payOutEmpties':
        return this.#payOutEmpties(command.movementId)
      case 'exemptSale':
        return tendering.sell({ type: 'exempted', reason: command.reason ?? undefined })
      case 'removeCustomer':
        return tendering.sell({ type: 'customer_set', customer: undefined })
      case 'spendPoints':
        return customers.spend(command.points, tendering)
      default:
        return unreachable(command)
    }
  }

  #returnEmpties(depositMinor: number, quantity: number): Outcome<null> {
    const { tendering, authority } = this.#ports
    if (quantity > 0 && !authority.deposits.includes(depositMinor)) return fail('sale.unknown_deposit')
    return tendering.sell({ type: 'empties_set', depositMinor, quantity })
  }

  /** Cash for the empties of the basket, which leaves them out of the sale. The same press again pays nothing more. */
  #payOutEmpties(movementId: string): Outcome<null> {
    const { tendering, authority, cash, record } = this.#ports
    const { currency } = authority.shop
    if (cash.in(currency).moved.some((moved) => moved.movementId === movementId)) return ok(null)
    const empties = tendering.sale.empties ?? []
    if (empties.length === 0) return fail('sale.no_empties')
    const ready = tendering.goOnSelling()
    if (!ready.ok) return ready
    const amountMinor = emptiesTotal(empties)
    const moved = cash.withMoved(currency, { movementId, direction: 'out', amountMinor })
    if (!moved.ok || moved.value === undefined) return moved.ok ? ok(null) : moved
    const drawer = moved.value
    const paid: Fact = { kind: 'cash.moved', body: { movementId, direction: 'out', amountMinor, currency, reason: REASON, empties: [...empties] } }
    tendering.payOutEmpties((put) => record([paid], { put: { ...put, ...cash.put(currency, drawer) } }))
    cash.became(currency, drawer)
    cash.openDrawer()
    return ok(null)
  }
}

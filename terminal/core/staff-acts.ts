import { decimal, money, type Currency } from '#protocol/money.ts'
import { DISCOUNT_LIMIT_PPM, type GuardedAct } from '#protocol/staff/acts.ts'
import type { Command } from '#protocol/till-api/api.ts'

/** What a command needs a role for. `detail` says what exactly, for the journal and for whoever is asked to allow it: never who the customer is. */
export type Guarded = { readonly act: GuardedAct; readonly detail?: string }

/** What the till knows that decides what a command is. */
export type ActContext = {
  readonly currency: Currency
  /** Whether another sum was counted in the drawer than should lie there. */
  countDiffers(countedMinor: number | undefined): boolean
}

/** What is done without an entry of its own, so that the one about who did it is written first. The others write both in one transaction. */
export const leavesNoEntry: ReadonlySet<GuardedAct> = new Set<GuardedAct>(['open_drawer', 'discount_over_limit', 'open_price', 'exempt_sale', 'age_check'])

/** Undefined: whoever is signed in may do it. */
export function guardedBy(command: Command, { currency, countDiffers }: ActContext): Guarded | undefined {
  const sum = (amountMinor: number, unit: Currency = currency): string => `${decimal(money(amountMinor, unit))} ${unit}`
  switch (command.type) {
    case 'refund':
      return { act: 'refund', detail: `${sum(command.amountMinor)} of ${command.receiptNumber}` }
    case 'abandonSale':
      return { act: 'void' }
    case 'returnGoods':
      return { act: 'return_goods', detail: `of ${command.receiptNumber}: ${command.reason}` }
    case 'returnBasket':
      return { act: 'return_without_receipt', detail: command.reason }
    case 'voidSale':
      return { act: 'void', detail: command.receiptNumber }
    case 'discountLine':
    case 'discountSale':
      return tooMuch(command.discount, sum)
    case 'setPrice':
      return { act: 'open_price', detail: sum(command.unitMinor) }
    case 'openDrawer':
      return { act: 'open_drawer' }
    case 'answerAge':
      return { act: 'age_check', detail: `${command.years}: ${command.isOldEnough ? 'yes' : 'no'}` }
    case 'exemptSale':
      return command.reason === null ? undefined : { act: 'exempt_sale', detail: command.reason }
    case 'payOutEmpties':
      return { act: 'pay_out_empties' }
    case 'openShift':
      return { act: 'open_shift', detail: sum(command.floatMinor) }
    case 'moveCash':
      return { act: command.direction === 'in' ? 'cash_in' : 'cash_out', detail: sum(command.amountMinor, command.currency) }
    case 'closeShift':
      return { act: countDiffers(command.countedMinor) ? 'close_shift_with_difference' : 'close_shift' }
    case 'update':
    case 'reset':
      return { act: command.type }
    case 'startTraining':
      return { act: 'start_training' }
    default:
      return undefined
  }
}

/** A sum always is: a line or a sale that becomes smaller after it would make any share of it. */
function tooMuch(discount: Extract<Command, { type: 'discountSale' }>['discount'], sum: (amountMinor: number) => string): Guarded | undefined {
  if (discount === null) return undefined
  if ('amountMinor' in discount) return { act: 'discount_over_limit', detail: sum(discount.amountMinor) }
  return discount.ppm > DISCOUNT_LIMIT_PPM ? { act: 'discount_over_limit', detail: `${discount.ppm / 10_000} %` } : undefined
}

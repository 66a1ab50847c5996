import { decimal, money, type Currency, type Minor, type Money } from '#protocol/money.ts'
import { DISCOUNT_LIMIT_PPM, type GuardedAct } from '#protocol/staff/acts.ts'
import type { AskedFor, Command } from '#protocol/till-api/api.ts'

/** What a command needs a role for. `detail` says what exactly, for the journal, and `what` for whoever is asked to allow it: never who the customer is. */
export type Guarded = { readonly act: GuardedAct; readonly detail?: string; readonly what?: AskedFor }

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
  const ofSum = (act: GuardedAct, amountMinor: Minor, unit: Currency = currency): Guarded => {
    const sum = money(amountMinor, unit)
    return { act, detail: inJournal(sum), what: { sum } }
  }
  switch (command.type) {
    case 'refund': {
      const { amountMinor, receiptNumber } = command
      const sum = money(amountMinor, currency)
      return { act: 'refund', detail: `${inJournal(sum)} of ${receiptNumber}`, what: { sum, receiptNumber } }
    }
    case 'abandonSale':
      return { act: 'void' }
    case 'returnGoods': {
      const { receiptNumber, reason } = command
      return { act: 'return_goods', detail: `of ${receiptNumber}: ${reason}`, what: { receiptNumber, reason } }
    }
    case 'returnBasket':
      return { act: 'return_without_receipt', detail: command.reason, what: { reason: command.reason } }
    case 'voidSale':
      return { act: 'void', detail: command.receiptNumber, what: { receiptNumber: command.receiptNumber } }
    case 'discountLine':
    case 'discountSale':
      return tooMuch(command.discount, (amountMinor) => ofSum('discount_over_limit', amountMinor))
    case 'setPrice':
      return ofSum('open_price', command.unitMinor)
    case 'openDrawer':
      return { act: 'open_drawer' }
    case 'answerAge':
      return { act: 'age_check', detail: `${command.years}: ${command.isOldEnough ? 'yes' : 'no'}`, what: { years: command.years } }
    case 'exemptSale':
      return command.reason === null ? undefined : { act: 'exempt_sale', detail: command.reason, what: { reason: command.reason } }
    case 'payOutEmpties':
      return { act: 'pay_out_empties' }
    case 'openShift':
      return ofSum('open_shift', command.floatMinor)
    case 'moveCash':
      return ofSum(command.direction === 'in' ? 'cash_in' : 'cash_out', command.amountMinor, command.currency)
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

const inJournal = (sum: Money): string => `${decimal(sum)} ${sum.currency}`

/** A sum always is: a line or a sale that becomes smaller after it would make any share of it. */
function tooMuch(discount: Extract<Command, { type: 'discountSale' }>['discount'], ofSum: (amountMinor: Minor) => Guarded): Guarded | undefined {
  if (discount === null) return undefined
  if ('amountMinor' in discount) return ofSum(discount.amountMinor)
  if (discount.ppm <= DISCOUNT_LIMIT_PPM) return undefined
  return { act: 'discount_over_limit', detail: `${discount.ppm / 10_000} %`, what: { sharePpm: discount.ppm } }
}

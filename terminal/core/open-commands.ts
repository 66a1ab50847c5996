import type { Command } from '#protocol/till-api/api.ts'

/** What can be done on a till that sells nothing: because its disk is full, its journal is another one than the hub's, or nobody is signed in. */
export const withoutSelling: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'search',
  'dismissNotice',
  'syncNow',
  'exportJournal',
  'closeShift',
  'printXReport',
  'signOut',
  'update',
  'reset',
  'dismissGate',
  'signIn',
  'allow',
  'dismissAsking',
])

/** What a shopper does at a till without a cashier, and the two answers of somebody from the shop whom an age check has called (`allow` asks for their PIN). */
const ofShoppers: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'scan',
  'addProduct',
  'setQuantity',
  'search',
  'clearSale',
  'openVariants',
  'chooseModifiers',
  'changeModifiers',
  'giveNumber',
  'cancelChoosing',
  'answerAge',
  'takeWeight',
  'cancelWeighing',
  'takePayment',
  'cancelPayment',
  'continue',
  'dismissNotice',
  'callForHelp',
  'takeBackCall',
  'allow',
  'dismissAsking',
])

/**
 * Whether a kiosk's window, or whoever has got hold of its socket, may ask for this. Everything else is refused there whoever stands before it: money that goes
 * back, prices, the drawer, the list of sales, the shift. `isStaffKept`: people are known by PIN or badge, so that a guarded act asks for one.
 */
export function isForShoppers(command: Command, isStaffKept: boolean): boolean {
  if (!ofShoppers.has(command.type)) return false
  // A part of a sale that is paid would need a person to be given back.
  if (command.type === 'takePayment') return command.amountMinor === undefined
  // Nobody says of themselves that they are old enough.
  if (command.type === 'answerAge') return isStaffKept || !command.isOldEnough
  return true
}

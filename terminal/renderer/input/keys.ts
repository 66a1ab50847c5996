import type { TenderView } from '#protocol/till-api/api.ts'

/**
 * Every key of the till, once: from this table come what is written on the buttons, what the page hears, and the list of all keys (`keys-dialog.tsx`).
 * What prints is safe to use: a scanner's characters are told from a hand's by their speed (`wedge.ts`) and never get here.
 */
export const keyOf = {
  search: 'F2',
  category: 'F3',
  empty: 'F4',
  dismiss: 'F7',
  reprint: 'F8',
  pay: 'F9',
  cash: 'F11',
  sales: 'F6',
  network: 'F1',
  menu: 'F10',
  devices: 'F12',
  camera: 'F5',
  help: '?',
  undo: 'Ctrl Z',
  redo: 'Ctrl Y',
  // While something is weighed. No scanner types them.
  zero: 'Home',
  tare: 'End',
  cancel: 'Esc',
  next: 'Enter',
  more: '+',
  fewer: '−',
  remove: 'Del',
  /** Who sells here. */
  staff: 'H',
  // On the pane of this till: letters, since nothing is typed there.
  offSale: 'D',
  offLine: 'L',
  price: 'P',
  park: 'A',
  recall: 'R',
  note: 'N',
  coupon: 'C',
  openShift: 'O',
  putIn: 'I',
  takeOut: 'U',
  xReport: 'X',
  count: 'K',
  closeShift: 'S',
  signOut: 'Q',
  update: 'W',
  reset: 'Z',
  train: 'T',
  callHelp: '!',
  change: 'M',
  empties: 'E',
  exempt: 'V',
  points: 'B',
  removeCustomer: 'G',
  // While a code is awaited: other ways to pay. No scanner types `Ins`.
  tip: 'Y',
  part: 'F',
  foreign: 'J',
  giveBack: 'Ins',
  // Once it is paid: ways to a receipt beside the paper. No scanner types these either.
  showReceipt: 'PgUp',
  sendReceipt: 'PgDn',
} as const

/** Buttons of the pane of this till, and the one that hands over. Their keys press them, so that a key does what its button says and nothing while that is disabled. */
export const panelActions = [
  'offSale',
  'offLine',
  'price',
  'park',
  'recall',
  'note',
  'coupon',
  'openShift',
  'putIn',
  'takeOut',
  'xReport',
  'count',
  'closeShift',
  'signOut',
  'update',
  'reset',
  'train',
  'callHelp',
  'change',
  'empties',
  'exempt',
  'points',
  'removeCustomer',
  'staff',
] as const satisfies readonly (keyof typeof keyOf)[]
export type PanelAction = (typeof panelActions)[number]
export const isPanelAction = (action: string): action is PanelAction => panelActions.some((one) => one === action)

/** Buttons beside a payment, open or done. */
export const payActions = ['tip', 'part', 'foreign', 'giveBack', 'showReceipt', 'sendReceipt'] as const satisfies readonly (keyof typeof keyOf)[]
export type PayAction = (typeof payActions)[number]
export const isPayAction = (action: string): action is PayAction => payActions.some((one) => one === action)

/** Keys of a dialog's choices, in the order in which they stand there: likely amounts, shares. No amount is typed with them. */
export const choiceKeys = ['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8'] as const

/** What the scale's dialog hears itself. */
type OfDialog = 'zero' | 'tare'
export type Action = Exclude<keyof typeof keyOf, OfDialog> | 'lineUp' | 'lineDown' | 'leaveSearch' | 'digit' | 'eraseDigit' | 'setQuantity'

export type KeyPress = { readonly key: string; readonly ctrlKey: boolean; readonly altKey: boolean; readonly metaKey: boolean }

/**
 * Where the press happened: the stage of the payment or a dialog over it, and whether a text field, the products or another control has the focus.
 * `typed`: a quantity has been begun. `pane`: this till's own is open.
 */
export type Focus = {
  readonly stage: TenderView['stage'] | 'dialog'
  readonly on: 'field' | 'goods' | 'control' | 'nothing'
  readonly typed?: boolean
  readonly pane?: 'menu' | undefined
}

const always: Readonly<Record<string, Action>> = { F5: 'camera', F7: 'dismiss', F8: 'reprint' }
/** Not while a payment is open: its screen stays. */
const panes: Readonly<Record<string, Action>> = { F1: 'network', F6: 'sales', F10: 'menu', F12: 'devices' }
const selling: Readonly<Record<string, Action>> = { ...panes, F2: 'search', F3: 'category', F4: 'empty', F9: 'pay', F11: 'cash' }
/** Not while a field is being typed in: these are editing keys there. */
const onLines: Readonly<Record<string, Action>> = {
  '+': 'more',
  '-': 'fewer',
  '−': 'fewer',
  Delete: 'remove',
  ArrowUp: 'lineUp',
  ArrowDown: 'lineDown',
  '?': 'help',
  '؟': 'help',
  h: 'staff',
  H: 'staff',
}
/** After digits: what they are for. */
const onTyped: Readonly<Record<string, Action>> = { '*': 'setQuantity', '×': 'setQuantity', Enter: 'setQuantity', Backspace: 'eraseDigit' }
const besidePayment: Readonly<Record<string, PayAction>> = { y: 'tip', Y: 'tip', f: 'part', F: 'part', j: 'foreign', J: 'foreign', Insert: 'giveBack' }
const besideReceipt: Readonly<Record<string, PayAction>> = { PageUp: 'showReceipt', PageDown: 'sendReceipt' }
/** With Ctrl, or Command: the basket's. A field undoes its own typing. */
const withCtrl: Readonly<Record<string, Action>> = { z: 'undo', y: 'redo' }
const onPanel: Readonly<Record<string, PanelAction>> = Object.fromEntries(panelActions.map((action) => [keyOf[action].toLowerCase(), action]))

/** What a key press asks for, if anything. Other keys with Ctrl, Alt or Meta belong to the system. */
export function actionFor(press: KeyPress, focus: Focus): Action | undefined {
  const { key } = press
  if (press.altKey) return undefined
  if (press.ctrlKey || press.metaKey) return focus.stage === 'none' && focus.on !== 'field' ? withCtrl[key.toLowerCase()] : undefined
  switch (focus.stage) {
    case 'none':
      if (key === 'Escape') return 'leaveSearch'
      return always[key] ?? selling[key] ?? (focus.on === 'field' ? undefined : sellingOutsideFields(key, focus))
    // A dialog hears its own keys.
    case 'dialog':
      return undefined
    case 'awaiting_code':
      if (key === 'Escape') return 'cancel'
      return key === 'F11' ? 'cash' : (always[key] ?? (focus.on === 'field' ? undefined : besidePayment[key]))
    case 'unknown':
      return key === 'Escape' ? 'cancel' : always[key]
    case 'deciding':
      return always[key]
    case 'approved':
    case 'refused':
      // Enter on a focused button presses that button.
      return key === 'Enter' && focus.on !== 'control' ? 'next' : (always[key] ?? panes[key] ?? besideReceipt[key])
  }
}

function sellingOutsideFields(key: string, { on, typed, pane }: Focus): Action | undefined {
  if (/^\d$/.test(key)) return 'digit'
  const ofTyped = typed === true ? onTyped[key] : undefined
  if (ofTyped !== undefined) return ofTyped
  // The products have arrows of their own.
  if (on === 'goods' && key.startsWith('Arrow')) return undefined
  return (pane === 'menu' ? onPanel[key.toLowerCase()] : undefined) ?? onLines[key]
}

/** Actions that a held key may repeat. A held Delete must not eat the basket line by line, nor a held Enter take the next payment. */
export const repeats: ReadonlySet<Action> = new Set<Action>(['more', 'fewer', 'lineUp', 'lineDown', 'eraseDigit'])

/** Printable keys wait until it is sure that they do not begin a scan. */
export const isPrintable = (key: string): boolean => key.length === 1

import type { TenderView } from '#protocol/till-api/api.ts'

/** The key of each action, as it is written on the action's button. */
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
  // While something is weighed. No scanner types them.
  zero: 'Home',
  tare: 'End',
  cancel: 'Esc',
  next: 'Enter',
  more: '+',
  fewer: '−',
  remove: 'Del',
} as const

/** What the scale's dialog hears itself. */
type OfDialog = 'zero' | 'tare'
export type Action = Exclude<keyof typeof keyOf, OfDialog> | 'lineUp' | 'lineDown' | 'leaveSearch'

export type KeyPress = { readonly key: string; readonly ctrlKey: boolean; readonly altKey: boolean; readonly metaKey: boolean }

/** Where the press happened: the stage of the payment or a dialog over it, and whether a text field or another control has the focus. */
export type Focus = { readonly stage: TenderView['stage'] | 'dialog'; readonly on: 'field' | 'control' | 'nothing' }

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
}

/** What a key press asks for, if anything. Keys with Ctrl, Alt or Meta belong to the system. */
export function actionFor(press: KeyPress, focus: Focus): Action | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey) return undefined
  const { key } = press
  switch (focus.stage) {
    case 'none':
      if (key === 'Escape') return 'leaveSearch'
      return always[key] ?? selling[key] ?? (focus.on === 'field' ? undefined : onLines[key])
    // A dialog hears its own keys.
    case 'dialog':
      return undefined
    case 'awaiting_code':
      return key === 'Escape' ? 'cancel' : key === 'F11' ? 'cash' : always[key]
    case 'unknown':
      return key === 'Escape' ? 'cancel' : always[key]
    case 'deciding':
      return always[key]
    case 'approved':
    case 'refused':
      // Enter on a focused button presses that button.
      return key === 'Enter' && focus.on !== 'control' ? 'next' : (always[key] ?? panes[key])
  }
}

/** Actions that a held key may repeat. A held Delete must not eat the basket line by line, nor a held Enter take the next payment. */
export const repeats: ReadonlySet<Action> = new Set<Action>(['more', 'fewer', 'lineUp', 'lineDown'])

/** Printable keys wait until it is sure that they do not begin a scan. */
export const isPrintable = (key: string): boolean => key.length === 1

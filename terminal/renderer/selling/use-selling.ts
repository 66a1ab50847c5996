import { useCallback, useMemo, useRef, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import type { LineView, ProductView, View } from '#protocol/till-api/api.ts'
import { receiptNumberOf } from '#protocol/till-api/receipt-number.ts'
import type { Timers } from '#protocol/time.ts'
import { fieldNow } from '../input/field-before.ts'
import { isPanelAction, isPayAction, type Action, type PanelAction, type PayAction } from '../input/keys.ts'
import { pressButtonOf } from '../input/press-button.ts'
import { useListen } from '../input/use-listen.ts'
import { messagesOf, type Message } from '../session/messages-of.ts'
import type { Screen, Session } from '../session/session.ts'
import { useCash, type CashTaking } from '../cash/use-cash.ts'
import { useRefunding, type Refunding } from '../screens/sales/use-refunding.ts'
import { isDialogOpen } from '../parts/dialog.tsx'
import { createQuantitySteps } from './quantity-steps.ts'
import { neighbour, selectedLine, touchOf, type Choice } from './selected-line.ts'
import { usePanes, type Panes } from './use-panes.ts'
import { useCatalogue, type Catalogue } from './use-catalogue.ts'
import { useTwoPresses } from './use-two-presses.ts'
import { useTypedQuantity } from './use-typed-quantity.ts'

export type Selling = {
  readonly catalogue: Catalogue
  readonly panes: Panes
  readonly refunding: Refunding
  readonly taking: CashTaking
  readonly searchField: RefObject<HTMLInputElement | null>
  readonly line: LineView | undefined
  readonly messages: readonly Message[]
  /** The next press of `empty` empties the basket. */
  readonly armed: boolean
  /** The camera is looking for codes. */
  readonly camera: boolean
  /** What each key and each button does. */
  readonly actions: Readonly<Record<Exclude<Action, PanelAction | PayAction | 'digit'>, () => void>>
  /** The quantity that is being typed; empty: none. */
  readonly typed: string
  /** The list of all keys is open. */
  readonly help: boolean
  select(line: string): void
  add(product: ProductView): void
  /** A code that this screen has read by itself. */
  scan(text: string, aim?: string): void
  /** The catalogue has it under this number. */
  isKnown(digits: string): boolean
  /** Enter in the search field: a typed GTIN is a scan, anything else adds the marked product. */
  takeFound(): void
}

/** What the person has selected, searched and armed on this screen, and what their keys, taps and scans ask of the core. */
export function useSelling(session: Session, timers: Timers, screen: Screen, view: View): Selling {
  const { sale, tender } = view
  const panes = usePanes(tender.stage)
  const taking = useCash(view)
  const refunding = useRefunding(session, view, panes.open === 'sales')
  const searchField = useRef<HTMLInputElement>(null)
  const before = useRef({ query: '', entry: { minor: 0, preset: true }, given: taking.typed })
  const restoreField = useRef(() => {})
  const [choice, setChoice] = useState<Choice>()
  const [camera, setCamera] = useState(false)
  const [help, setHelp] = useState(false)
  const emptying = useTwoPresses(timers, `${sale.id} ${sale.itemCount}`, () => void session.command({ type: 'clearSale' }))
  const step = useMemo(() => createQuantitySteps((id, quantity) => session.command({ type: 'setQuantity', line: id, quantity })), [session])
  const add = useCallback(
    ({ gtin, variants }: ProductView) =>
      void session.command(variants === undefined ? { type: 'addProduct', gtin } : { type: 'openVariants', of: variants.of }),
    [session],
  )
  const search = useCallback((text: string) => void session.command({ type: 'search', text }), [session])
  const catalogue = useCatalogue(screen, timers, search, add)
  const line = selectedLine(sale, choice)
  const messages = messagesOf(screen, session)

  const select = (id: string) => setChoice({ line: id, touch: touchOf(sale) })
  const move = (by: 1 | -1) => {
    const next = neighbour(sale, line, by)
    if (next) select(next.id)
  }
  const stepLine = (by: 1 | -1) => {
    if (line) step(line, by)
  }
  const scan = (text: string, aim = '') => {
    const number = panes.open === 'sales' ? receiptNumberOf(text) : undefined
    if (number !== undefined) refunding.open(number)
    else void session.command({ type: 'scan', text, ...(aim === '' ? {} : { aim }) })
  }
  const isKnown = (digits: string) => screen.shelves.products.some(({ gtin }) => gtin.padStart(14, '0') === digits.padStart(14, '0'))
  const takeFound = () => {
    const text = catalogue.query.trim()
    if (!/^\d{8,14}$/.test(text)) return catalogue.take()
    void session.command({ type: 'scan', text })
    catalogue.search('')
  }

  /** The field is there once the pane that hid it is gone. */
  const toSearchField = () => {
    flushSync(panes.close)
    return searchField.current
  }
  const typing = useTypedQuantity(`${sale.id} ${tender.stage}`, (digits) => {
    toSearchField()?.focus()
    catalogue.search(digits)
  })

  const actions: Selling['actions'] = {
    search: () => toSearchField()?.select(),
    leaveSearch: () => {
      if (typing.now() !== '') return typing.clear()
      if (panes.open !== undefined) return panes.close()
      catalogue.search('')
      searchField.current?.blur()
      emptying.disarm()
    },
    category: () => {
      panes.close()
      catalogue.nextCategory()
    },
    sales: () => panes.toggle('sales'),
    network: () => panes.toggle('network'),
    menu: () => panes.toggle('menu'),
    devices: () => panes.toggle('devices'),
    camera: () => setCamera((open) => !open),
    empty: emptying.press,
    dismiss: () => messages[0]?.dismiss(),
    reprint: () => void session.command({ type: 'reprint' }),
    pay: () => void session.command({ type: 'takePayment' }),
    cash: taking.open,
    cancel: () => void session.command({ type: 'cancelPayment' }),
    next: () => void session.command({ type: 'continue' }),
    more: () => stepLine(1),
    fewer: () => stepLine(-1),
    remove: () => {
      if (line) void session.command({ type: 'setQuantity', line: line.id, quantity: 0 })
    },
    setQuantity: () => {
      const quantity = typing.take()
      // Weighed goods are as heavy as they are.
      if (line !== undefined && line.weight === undefined && quantity !== undefined) {
        void session.command({ type: 'setQuantity', line: line.id, quantity })
      }
    },
    eraseDigit: typing.erase,
    undo: () => void session.command({ type: 'undo' }),
    redo: () => void session.command({ type: 'redo' }),
    help: () => setHelp((open) => !open),
    lineUp: () => move(-1),
    lineDown: () => move(1),
  }

  useListen(timers, {
    // Beside an open pane the keys are those of selling.
    stage: () => (isDialogOpen(document) ? 'dialog' : panes.open === undefined ? tender.stage : 'none'),
    mayBegin: () => {
      restoreField.current = fieldNow(document)
      before.current = { query: catalogue.query, entry: refunding.entry, given: taking.typed }
    },
    scanned: ({ text, aim }) => {
      typing.clear()
      // The code ran through the field that has the focus.
      restoreField.current()
      catalogue.search(before.current.query)
      refunding.enter(before.current.entry)
      taking.enter(before.current.given)
      scan(text, aim)
    },
    unreadable: () => session.tell({ kind: 'error', code: 'device.garbage' }),
    action: (action, key) => {
      if (isPanelAction(action) || isPayAction(action)) pressButtonOf(action, document)
      else if (action === 'digit') typing.digit(key)
      else actions[action]()
    },
    typed: () => typing.now() !== '',
    pane: () => (panes.open === 'menu' ? 'menu' : undefined),
    discarded: () => session.tell({ kind: 'input_discarded' }),
  })

  return {
    catalogue,
    panes,
    refunding,
    taking,
    searchField,
    line,
    messages,
    armed: emptying.armed,
    camera,
    typed: typing.text,
    help,
    actions,
    select,
    add,
    scan,
    isKnown,
    takeFound,
  }
}

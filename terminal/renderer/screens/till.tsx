import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import type { DurationMs, Timers } from '#protocol/time.ts'
import type { Action } from '../input/keys.ts'
import { useListen } from '../input/use-listen.ts'
import { Announcer } from '../parts/announcer.tsx'
import { Basket } from '../parts/basket.tsx'
import { DeviceChips } from '../parts/device-chips.tsx'
import { LineActions } from '../parts/line-actions.tsx'
import { LinkStrip } from '../parts/link-strip.tsx'
import { Messages } from '../parts/messages.tsx'
import { Recovered } from '../parts/recovered.tsx'
import { TillFoot } from '../parts/till-foot.tsx'
import { Totals } from '../parts/totals.tsx'
import { createQuantitySteps } from '../selling/quantity-steps.ts'
import { neighbour, selectedLine, touchOf, type Choice } from '../selling/selected-line.ts'
import { useCatalogue } from '../selling/use-catalogue.ts'
import { isGtin } from '../selling/find-products.ts'
import { messagesOf } from '../session/messages-of.ts'
import type { Screen, Session } from '../session/session.ts'
import { words } from '../words.ts'
import { Products } from './products.tsx'
import { Restarting } from './restarting.tsx'
import { Tender } from './tender.tsx'
import './till.css'

/** How long "press again to empty" waits for the second press. */
const ARMED_FOR: DurationMs = 4000

type Props = { readonly session: Session; readonly timers: Timers; readonly screen: Screen; readonly view: View }

/** The cashier's screen: basket left; products, or the payment in their place, right. */
export function Till({ session, timers, screen, view }: Props) {
  const { sale, tender, link, till } = view
  const { stage } = tender
  const catalogue = useCatalogue(screen.products)
  const [choice, setChoice] = useState<Choice>()
  const [armed, disarm, pressEmpty] = useTwoPresses(timers, `${sale.id} ${sale.itemCount}`, () => void session.command({ type: 'clearSale' }))
  const searchField = useRef<HTMLInputElement>(null)
  const queryBefore = useRef('')
  const line = selectedLine(sale, choice)
  const step = useMemo(() => createQuantitySteps((id, quantity) => session.command({ type: 'setQuantity', line: id, quantity })), [session])
  const add = useCallback((gtin: string) => void session.command({ type: 'addProduct', gtin }), [session])
  const messages = messagesOf(screen, session)

  const select = (id: string | undefined) => id !== undefined && setChoice({ line: id, touch: touchOf(sale) })
  const take = () => {
    const text = catalogue.query.trim()
    if (isGtin(text)) void session.command({ type: 'scan', text })
    else if (catalogue.marked) add(catalogue.marked.gtin)
    else return
    catalogue.search('')
  }

  const actions: Readonly<Record<Action, () => unknown>> = {
    search: () => searchField.current?.select(),
    leaveSearch: () => {
      catalogue.search('')
      searchField.current?.blur()
      disarm()
    },
    category: catalogue.nextCategory,
    empty: pressEmpty,
    dismiss: () => messages[0]?.dismiss(),
    reprint: () => session.command({ type: 'reprint' }),
    pay: () => session.command({ type: 'takePayment' }),
    cancel: () => session.command({ type: 'cancelPayment' }),
    next: () => session.command({ type: 'continue' }),
    more: () => line && step(line, 1),
    fewer: () => line && step(line, -1),
    remove: () => line && session.command({ type: 'setQuantity', line: line.id, quantity: 0 }),
    lineUp: () => select(neighbour(sale, line, -1)?.id),
    lineDown: () => select(neighbour(sale, line, 1)?.id),
  }

  useListen(timers, {
    stage: () => stage,
    mayBegin: () => {
      queryBefore.current = catalogue.query
    },
    scanned: (text) => {
      catalogue.search(queryBefore.current)
      void session.command({ type: 'scan', text })
    },
    unreadable: () => session.tell({ kind: 'error', code: 'device.garbage' }),
    action: (action) => actions[action](),
    discarded: () => session.tell({ kind: 'input_discarded' }),
  })

  const away = screen.core !== 'up'
  return (
    <div className="till">
      <Announcer view={view} />
      <header className="till-bar">
        <p className="till-name">
          <strong>{till.merchant}</strong> <span>{till.name}</span>
        </p>
        <LinkStrip link={link} currency={till.currency} now={screen.viewAt} />
        <DeviceChips devices={view.devices} />
      </header>
      <main className="till-main">
        <section className="till-sale" inert={away} data-away={away || undefined} aria-label={words.basket}>
          <h1 className="till-sale-head">
            {words.basket} <span>{words.items(sale.itemCount)}</span>
          </h1>
          {till.recovered && <Recovered key={sale.id} />}
          <Basket sale={sale} stage={stage} currency={till.currency} selected={line} onSelect={select} />
          <LineActions line={line} enabled={stage === 'none'} onStep={(by) => line && step(line, by)} onRemove={actions.remove} />
          <Totals sale={sale} currency={till.currency} />
          <TillFoot
            stage={stage}
            empty={sale.lines.length === 0}
            canReprint={view.lastReceipt !== undefined}
            armed={armed}
            onPay={actions.pay}
            onNext={actions.next}
            onCancel={actions.cancel}
            onEmpty={pressEmpty}
            onReprint={actions.reprint}
          />
        </section>
        <div className="till-work">
          <div className="till-work-pane" inert={away} data-away={away || undefined}>
            {tender.stage === 'none' ? (
              <Products catalogue={catalogue} currency={till.currency} field={searchField} onTake={take} onAdd={add} />
            ) : (
              <Tender key={tender.stage} tender={tender} currency={till.currency} />
            )}
          </div>
          {away && <Restarting />}
          <Messages messages={messages} />
        </div>
      </main>
    </div>
  )
}

/** A press that must be confirmed by a second one while `what` stays the same: for what would be tedious to do over. */
function useTwoPresses(timers: Timers, what: string, run: () => void): readonly [armed: boolean, disarm: () => void, press: () => void] {
  const [armedFor, setArmedFor] = useState<string>()
  useEffect(() => (armedFor === undefined ? undefined : timers.after(ARMED_FOR, () => setArmedFor(undefined))), [armedFor, timers])
  const armed = armedFor === what
  const press = () => {
    setArmedFor(armed ? undefined : what)
    if (armed) run()
  }
  return [armed, () => setArmedFor(undefined), press]
}

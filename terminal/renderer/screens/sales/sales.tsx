import { Tabs } from 'radix-ui'
import { useState, type FormEvent } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import { receiptNumberOf } from '#protocol/till-api/receipt-number.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Pane } from '../../parts/pane.tsx'
import type { Session } from '../../session/session.ts'
import { t } from '../../words.ts'
import { BasketReturns } from '../../returns/basket-returns.tsx'
import { OrderList } from '../../orders/order-list.tsx'
import { GiveBack } from '../../returns/give-back.tsx'
import { RefundList } from './refund-list.tsx'
import { SoldList } from './sold-list.tsx'
import type { Refunding } from './use-refunding.ts'
import './sales.css'

type Props = {
  readonly view: View
  readonly now: EpochMs
  readonly session: Session
  readonly refunding: Refunding
  onClose(): void
}

/** The last sales and refunds of this till, and the way to give money back. */
export function Sales({ view, now, session, refunding, onClose }: Props) {
  const [tab, setTab] = useState<'sold' | 'refunds' | 'orders'>('sold')
  const { opened, entry, enter, open } = refunding

  const money = (minor: number) => formatMoney(minor, view.till.currency)
  const close = () => {
    // What was just asked for is in that list, with its answer.
    if (view.refunds.some(({ refundId }) => refundId === opened?.refundId)) setTab('refunds')
    refunding.close()
  }
  return (
    <Pane title={t('sales.title')} testId="sales" onClose={onClose}>
      <ByNumber onFound={open} />
      <BasketReturns view={view} session={session} onDone={onClose} />
      <Tabs.Root className="sales-tabbed" value={tab} onValueChange={(next) => setTab(next === 'refunds' || next === 'orders' ? next : 'sold')}>
        <Tabs.List className="sales-tabs" aria-label={t('sales.show')}>
          <Tabs.Trigger className="category" value="sold">
            {t('sales.tabs.sold', { number: view.sold.length })}
          </Tabs.Trigger>
          <Tabs.Trigger className="category" value="refunds">
            {t('sales.tabs.refunds', { number: view.refunds.length })}
          </Tabs.Trigger>
          <Tabs.Trigger className="category" value="orders">
            {t('orders.tab', { number: view.orders?.length ?? 0 })}
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content className="sales-tabbed" value="sold" tabIndex={-1}>
          <SoldList sold={view.sold} now={now} money={money} onOpen={open} />
        </Tabs.Content>
        <Tabs.Content className="sales-tabbed" value="refunds" tabIndex={-1}>
          <RefundList refunds={view.refunds} now={now} money={money} />
        </Tabs.Content>
        <Tabs.Content className="sales-tabbed" value="orders" tabIndex={-1}>
          <OrderList orders={view.orders ?? []} now={now} session={session} money={money} onOpened={onClose} />
        </Tabs.Content>
      </Tabs.Root>
      {opened !== undefined && <GiveBack key={opened.refundId} opened={opened} entry={entry} onEntry={enter} view={view} session={session} onClose={close} />}
    </Pane>
  )
}

/** A receipt of another till, or of a sale that is not listed any more. */
function ByNumber({ onFound }: { onFound(number: string): void }) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const number = receiptNumberOf(text)
    setWrong(number === undefined)
    if (number === undefined) return
    setText('')
    onFound(number)
  }
  return (
    <form className="sales-find" noValidate onSubmit={submit}>
      <label htmlFor="receipt-number">{t('sales.byNumber')}</label>
      <input
        id="receipt-number"
        type="text"
        value={text}
        maxLength={32}
        placeholder={t('sales.byNumberHint')}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        aria-invalid={wrong}
        aria-describedby="receipt-number-wrong"
        onChange={(event) => {
          setText(event.target.value)
          setWrong(false)
        }}
      />
      <Button type="submit" disabled={text.trim() === ''}>
        {t('sales.find')}
      </Button>
      <p id="receipt-number-wrong" className="sales-find-wrong" role="alert">
        {wrong && t('sales.notNumber')}
      </p>
    </form>
  )
}

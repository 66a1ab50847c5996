import { useState } from 'react'
import type { Id } from '#protocol/ids.ts'
import type { PaymentsPage, PaymentView } from '#protocol/hub-api/overview.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fetchPayments, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { passes, statusOf, type PaymentFilter } from '../../payment-status.ts'
import { formatTime } from '../../times.ts'
import { words } from '../../words.ts'
import { StatusChip } from '../../parts/chip.tsx'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import './payments.css'

/** So many come by themselves. */
const LIVE = 100

type Props = { readonly payments: readonly PaymentView[]; readonly now: EpochMs; readonly opened: Id | undefined; readonly onOpen: (payment: Id) => void }

export function Payments({ payments: newest, now, opened, onOpen }: Props) {
  const [older, setOlder] = useState<readonly PaymentView[]>([])
  const [last, setLast] = useState<Answer<PaymentsPage>>()
  const known = new Set(newest.map(({ id }) => id))
  const payments = [...newest, ...older.filter(({ id }) => !known.has(id))]
  /** What follows, and at first the newest again with it: those that newer ones have pushed off the live list since are not lost between the two. */
  const goOn = async (): Promise<void> => {
    const first = last?.ok === true ? undefined : await fetchPayments(undefined)
    const from = first ?? last
    const next = from?.ok === true ? from.value.next : undefined
    const page = next === undefined ? from : await fetchPayments(next)
    setLast(page)
    if (page?.ok !== true) return
    const more = [...older, ...(first?.ok === true ? first.value.payments : []), ...page.value.payments]
    setOlder([...new Map(more.map((payment) => [payment.id, payment])).values()])
  }
  const hasMore = last?.ok === true ? last.value.next !== undefined : newest.length >= LIVE
  const [filter, setFilter] = useState<PaymentFilter>('all')
  const shown = payments.filter((payment) => passes(filter, payment))
  return (
    <Section id="payments" title={words.payments.title} note={words.payments.newest} tools={<Filter value={filter} onChange={setFilter} />}>
      {shown.length === 0 ? (
        <p className="section-empty">{payments.length === 0 ? words.payments.empty : words.payments.emptyFilter}</p>
      ) : (
        <table className="payments">
          <thead>
            <tr>
              <th scope="col">{words.payments.at}</th>
              <th scope="col" className="money">
                {words.payments.amount}
              </th>
              <th scope="col">{words.payments.state}</th>
              <th scope="col">{words.payments.decidedBy}</th>
              <th scope="col">{words.payments.till}</th>
              <th scope="col">{words.payments.wallet}</th>
              <th scope="col">{words.payments.receipt}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((payment) => (
              <PaymentRow key={payment.id} payment={payment} now={now} opened={payment.id === opened} onOpen={onOpen} />
            ))}
          </tbody>
        </table>
      )}
      {hasMore && (
        <div className="payments-more">
          <Refusal answer={last} otherwise={words.payments.moreFailed} />
          <Button onClick={() => void goOn()}>{words.payments.more}</Button>
        </div>
      )}
    </Section>
  )
}

function Filter({ value, onChange }: { readonly value: PaymentFilter; readonly onChange: (filter: PaymentFilter) => void }) {
  const filters = Object.entries(words.payments.filters) as readonly (readonly [PaymentFilter, string])[]
  return (
    <fieldset className="filter">
      <legend className="hidden-text">{words.payments.filter}</legend>
      {filters.map(([filter, label]) => (
        <label key={filter}>
          <input className="hidden-text" type="radio" name="filter" checked={filter === value} onChange={() => onChange(filter)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}

type RowProps = { readonly payment: PaymentView; readonly now: EpochMs; readonly opened: boolean; readonly onOpen: (payment: Id) => void }

/** The button in the first cell covers the whole row, so that there is one thing to click and one to tab to. */
function PaymentRow({ payment, now, opened, onOpen }: RowProps) {
  const { id, at, amountMinor, refundedMinor, currency, decidedBy, till, wallet, profile, receiptNumber } = payment
  const amount = formatMoney(amountMinor, currency)
  const { word, why } = statusOf(payment)
  return (
    <tr data-opened={opened || undefined}>
      <td className="payment-at">
        <button
          type="button"
          className="payment-open"
          aria-haspopup="dialog"
          aria-label={words.payments.open(amount, formatTime(at, now), word)}
          onClick={() => onOpen(id)}
        >
          <Time at={at} now={now} />
        </button>
      </td>
      <td className="money payment-amount">
        {amount}
        {refundedMinor > 0 && <span className="payment-why">{words.payments.refunded(formatMoney(refundedMinor, currency))}</span>}
      </td>
      <td className="payment-state">
        <StatusChip payment={payment} />
        {why && <span className="payment-why">{why}</span>}
      </td>
      <td className="payment-by">{decidedBy && words.payments[decidedBy]}</td>
      <td className="payment-till">{till}</td>
      <td className="payment-wallet">
        <span className="mono">{wallet}</span> <span className="muted">{profile && words.payments.profile[profile]}</span>
      </td>
      <td className="payment-receipt mono">{receiptNumber}</td>
    </tr>
  )
}

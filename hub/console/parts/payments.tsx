import { useState } from 'react'
import type { Id } from '#protocol/ids.ts'
import type { PaymentView } from '#protocol/hub-api/overview.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney } from '../money.ts'
import { passes, statusOf, type PaymentFilter } from '../payment-status.ts'
import { formatTime } from '../times.ts'
import { words } from '../words.ts'
import { StatusChip } from './chip.tsx'
import { Section } from './section.tsx'
import { Time } from './time.tsx'
import './payments.css'

type Props = { readonly payments: readonly PaymentView[]; readonly now: EpochMs; readonly opened: Id | undefined; readonly onOpen: (payment: Id) => void }

export function Payments({ payments, now, opened, onOpen }: Props) {
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

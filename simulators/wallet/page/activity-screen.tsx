import { CheckIcon, ClockIcon, CrossIcon, ListIcon } from './icons.tsx'
import type { WalletState } from './wallet.ts'
import { moneyText, standing, timeText } from './words.ts'

const symbols = { good: CheckIcon, waiting: ClockIcon, bad: CrossIcon }

export function ActivityScreen({ state: { account, now, online, reachable } }: { state: WalletState }) {
  const payments = account?.payments.toSorted((a, b) => b.at - a.at) ?? []
  return (
    <>
      <h1 className="title">Activity</h1>
      {!(online && reachable) && account !== undefined && <p className="hint">As of {timeText(account.heardAt, now)}; newer payments appear with a network.</p>}
      {payments.length === 0 && (
        <div className="empty">
          <ListIcon />
          <p>Nothing paid yet.</p>
        </div>
      )}
      <ul className="payments">
        {payments.map((payment) => {
          const { word, tone } = standing(payment.state)
          const Symbol = symbols[tone]
          return (
            <li key={payment.paymentId} className={`payment payment--${tone}`}>
              <Symbol />
              <div className="payment__what">
                <strong>{payment.merchant}</strong>
                <span>{timeText(payment.at, now)}</span>
              </div>
              <div className="payment__sum">
                <strong>{account !== undefined && moneyText(payment.amountMinor, account.currency)}</strong>
                <span className="payment__state">{word}</span>
              </div>
            </li>
          )
        })}
      </ul>
    </>
  )
}

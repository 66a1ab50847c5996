import { CheckIcon, ClockIcon, CrossIcon, ListIcon } from './icons.tsx'
import { ReceiptScreen } from './receipt-screen.tsx'
import type { Wallet, WalletState } from './wallet.ts'
import { paidBy, wordsOf } from './words.ts'

const symbols = { good: CheckIcon, waiting: ClockIcon, bad: CrossIcon }

export function ActivityScreen({ wallet, state }: { wallet: Wallet; state: WalletState }) {
  const { account, now, online, reachable, receipt } = state
  const words = wordsOf(state.language)
  if (account === undefined) return null
  if (receipt !== undefined) return <ReceiptScreen wallet={wallet} state={state} receipt={receipt} />
  const payments = account.payments.toSorted((a, b) => b.at - a.at)
  return (
    <>
      <h1 className="title">{words.activity}</h1>
      {!(online && reachable) && <p className="hint">{words.newerLater(words.time(account.heardAt, now))}</p>}
      {payments.length === 0 && (
        <div className="empty">
          <ListIcon />
          <p>{words.nothingPaid}</p>
        </div>
      )}
      <ul className="payments">
        {payments.map((payment) => {
          const stands = words.standing(payment.state)
          const waits = payment.escrow !== undefined && payment.escrow.refundedMinor === undefined
          const { word, tone } = waits ? { word: words.held.waits, tone: 'waiting' as const } : stands
          const Symbol = symbols[tone]
          const amount = words.money(...paidBy(payment, account.currency))
          return (
            <li key={payment.paymentId}>
              <button type="button" className={`payment payment--${tone}`} onClick={() => void wallet.openReceipt(payment)}>
                <Symbol />
                <span className="unseen">{words.receiptOf} </span>
                <span className="payment__what">
                  <strong>{payment.merchant}</strong>
                  <span>{words.time(payment.at, now)}</span>
                </span>
                <span className="payment__sum">
                  <strong>{amount}</strong>
                  <span className="payment__state">{word}</span>
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </>
  )
}

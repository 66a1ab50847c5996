import { CheckIcon, ClockIcon, CrossIcon } from './icons.tsx'
import type { ReceiptCheck } from './receipt-check.ts'
import type { Wallet, WalletState } from './wallet.ts'
import { wordsOf, type Words } from './words.ts'

/** One payment and the bank's word for it. What is not the bank's is not shown as if it were: the figures of a forged receipt stay away. */
export function ReceiptScreen({ wallet, state, receipt }: { wallet: Wallet; state: WalletState; receipt: NonNullable<WalletState['receipt']> }) {
  const words = wordsOf(state.language)
  const { payment, check } = receipt
  const genuine = check?.is === 'genuine' ? check.receipt : undefined
  const currency = genuine?.currency ?? state.account?.currency
  return (
    <>
      <h1 className="title">{words.receipt}</h1>
      <Verdict check={check} words={words} />
      {check?.is !== 'forged' && currency !== undefined && (
        <div className="slip">
          <strong className="slip__amount">{words.money(genuine?.amountMinor ?? payment.amountMinor, currency)}</strong>
          <dl>
            <dt>{words.merchant}</dt>
            <dd>{genuine?.merchant ?? payment.merchant}</dd>
            <dt>{words.when}</dt>
            <dd>{words.time(genuine?.at ?? payment.at, state.now)}</dd>
            <dt>{words.standsAs}</dt>
            <dd>{words.standing(genuine?.state ?? payment.state).word}</dd>
            {genuine?.receiptNumber !== undefined && <dt>{words.number}</dt>}
            {genuine?.receiptNumber !== undefined && <dd>{genuine.receiptNumber}</dd>}
            {genuine !== undefined && genuine.refundedMinor > 0 && <dt>{words.cameBack}</dt>}
            {genuine !== undefined && genuine.refundedMinor > 0 && <dd>{words.money(genuine.refundedMinor, currency)}</dd>}
          </dl>
        </div>
      )}
      <button type="button" className="button button--quiet" onClick={() => wallet.closeReceipt()}>
        {words.back}
      </button>
    </>
  )
}

function Verdict({ check, words }: { check: ReceiptCheck | undefined; words: Words }) {
  const [Symbol, tone, text] =
    check === undefined
      ? ([ClockIcon, 'waiting', words.verifying] as const)
      : check.is === 'genuine'
        ? ([CheckIcon, 'good', words.genuine] as const)
        : check.is === 'forged'
          ? ([CrossIcon, 'bad', words.forged] as const)
          : ([ClockIcon, 'waiting', words.unsigned] as const)
  return (
    <p className={`verdict verdict--${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Symbol />
      {text}
    </p>
  )
}

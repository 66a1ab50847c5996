import { ExchangeFacts } from './exchange-facts.tsx'
import { HeldPart } from './held-part.tsx'
import type { ReceiptCheck } from './receipt-check.ts'
import { Verdict } from './verdict.tsx'
import type { Wallet, WalletState } from './wallet.ts'
import { wordsOf, type Words } from './words.ts'

/** One payment and the bank's word for it. What is not the bank's is not shown as if it were: the figures of a forged receipt stay away. */
export function ReceiptScreen({ wallet, state, receipt }: { wallet: Wallet; state: WalletState; receipt: NonNullable<WalletState['receipt']> }) {
  const words = wordsOf(state.language)
  const { payment, check } = receipt
  const [tone, verdict] = verdictOf(check, words)
  const genuine = check?.is === 'genuine' ? check.receipt : undefined
  const currency = genuine?.currency ?? payment.currency ?? state.account?.currency
  return (
    <>
      <h1 className="title">{words.receipt}</h1>
      <Verdict tone={tone} text={verdict} />
      {check?.is !== 'forged' && currency !== undefined && (
        <div className="slip">
          <strong className="slip__amount">{words.money(genuine?.amountMinor ?? payment.amountMinor, currency)}</strong>
          <dl>
            <dt>{words.merchant}</dt>
            <dd>{genuine?.merchant ?? payment.merchant}</dd>
            <dt>{words.when}</dt>
            <dd>{words.date(genuine?.at ?? payment.at)}</dd>
            <dt>{words.standsAs}</dt>
            <dd>{words.standing(genuine?.state ?? payment.state).word}</dd>
            {genuine?.receiptNumber !== undefined && <dt>{words.number}</dt>}
            {genuine?.receiptNumber !== undefined && <dd>{genuine.receiptNumber}</dd>}
            {genuine !== undefined && genuine.refundedMinor > 0 && <dt>{words.cameBack}</dt>}
            {genuine !== undefined && genuine.refundedMinor > 0 && <dd>{words.money(genuine.refundedMinor, currency)}</dd>}
          </dl>
        </div>
      )}
      {genuine?.exchange !== undefined && <ExchangeFacts exchange={genuine.exchange} shop={genuine} words={words} now={state.now} />}
      {genuine?.exchange !== undefined && genuine.exchange.returnedMinor > 0 && (
        <p>
          {words.cameBack}: {words.money(genuine.exchange.returnedMinor, genuine.exchange.currency)}
        </p>
      )}
      <HeldPart wallet={wallet} state={state} paymentId={payment.paymentId} />
      <button type="button" className="button button--quiet" onClick={() => wallet.closeReceipt()}>
        {words.back}
      </button>
    </>
  )
}

function verdictOf(check: ReceiptCheck | undefined, words: Words): ['good' | 'waiting' | 'bad', string] {
  switch (check?.is) {
    case undefined:
      return ['waiting', words.verifying]
    case 'genuine':
      return ['good', words.genuine]
    case 'forged':
      return ['bad', words.forged]
    case 'none':
      return ['waiting', words.unsigned]
  }
}

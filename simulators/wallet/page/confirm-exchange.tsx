import { SECOND } from '#protocol/time.ts'
import { ExchangeFacts } from './exchange-facts.tsx'
import { CrossIcon, ShieldIcon } from './icons.tsx'
import type { Scan, Wallet, WalletState } from './wallet.ts'
import { wordsOf } from './words.ts'

type Confirming = Extract<Scan, { step: 'confirm' }>
type Parts = { wallet: Wallet; state: WalletState; scan: Confirming; exchange: NonNullable<Confirming['exchange']> }

/** Both sums, the rate and what it costs, before anything is confirmed. A rate that has expired is replaced only when its owner asks, never under the finger. */
export function ConfirmExchange({ wallet, state, scan: { request, unheard }, exchange }: Parts) {
  const words = wordsOf(state.language)
  const quoted = typeof exchange === 'string' ? undefined : exchange.quote
  return (
    <section className="confirm" aria-labelledby="confirm">
      <h1 id="confirm" className="title">
        {words.payThis}
      </h1>
      {exchange === 'asking' && (
        <p className="hint" role="status">
          {words.exchange.asking}
        </p>
      )}
      {exchange === 'expired' && (
        <p className="trouble" role="alert">
          <CrossIcon />
          {words.exchange.expired}
        </p>
      )}
      {quoted !== undefined && (
        <>
          <p>{words.amountTo(words.money(request.amountMinor, request.currency), request.merchant === '' ? words.thisTill : request.merchant)}</p>
          <ExchangeFacts exchange={quoted.exchange} shop={request} words={words} now={state.now} />
          <p className="fact">
            <ShieldIcon />
            <span>
              {unheard === undefined ? words.exchange.sure : words.exchange.unheard}{' '}
              {unheard === undefined && words.exchange.goodFor(Math.max(0, Math.ceil((quoted.expiresAt - state.now) / SECOND)))}
            </span>
          </p>
        </>
      )}
      <div className="choices">
        {quoted !== undefined && (
          <button type="button" className="button button--main" onClick={() => void wallet.confirm()}>
            {words.confirm(words.money(quoted.exchange.amountMinor, quoted.exchange.currency))}
          </button>
        )}
        {exchange === 'expired' && (
          <button type="button" className="button button--main" onClick={() => wallet.newRate()}>
            {words.exchange.newRate}
          </button>
        )}
        <button type="button" className="button button--quiet" onClick={() => wallet.dismiss()}>
          {words.notNow}
        </button>
      </div>
    </section>
  )
}

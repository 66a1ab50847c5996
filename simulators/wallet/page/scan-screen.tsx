import { useState } from 'react'
import { ConfirmExchange } from './confirm-exchange.tsx'
import { ExchangeFacts } from './exchange-facts.tsx'
import { CrossIcon, ScanIcon, ShieldIcon } from './icons.tsx'
import { QrCode } from './qr-code.tsx'
import { ShownCodeCard } from './shown-code.tsx'
import { TillReceipt } from './till-receipt-screen.tsx'
import type { Scan, Wallet, WalletState } from './wallet.ts'
import { wordsOf, type Words } from './words.ts'

export function ScanScreen({ wallet, state }: { wallet: Wallet; state: WalletState }) {
  const { scan } = state
  switch (scan.step) {
    case 'looking':
      return <Looking wallet={wallet} state={state} scan={scan} />
    case 'receipt':
      return <TillReceipt wallet={wallet} state={state} scan={scan} />
    case 'confirm':
      return <Confirm wallet={wallet} state={state} scan={scan} />
    case 'answer':
      return <Answer wallet={wallet} state={state} scan={scan} />
  }
}

function Looking({ wallet, state, scan }: Shown<'looking'>) {
  const words = wordsOf(state.language)
  return (
    <>
      <h1 className="title">{words.payRequest}</h1>
      <div className="viewfinder">
        <ScanIcon />
        <p>{words.pointAtTill}</p>
      </div>
      {scan.refused !== undefined && (
        <p className="trouble" role="alert">
          <CrossIcon />
          {words.explain(scan.refused)}
        </p>
      )}
      <Paste wallet={wallet} words={words} />
    </>
  )
}

function Paste({ wallet, words }: { wallet: Wallet; words: Words }) {
  const [text, setText] = useState('')
  return (
    <form
      className="paste"
      onSubmit={(event) => {
        event.preventDefault()
        wallet.see(text)
      }}
    >
      <label htmlFor="request">{words.orPaste}</label>
      <div>
        {/* Receipts have lines, which an input of one line would swallow. */}
        <textarea
          id="request"
          rows={1}
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder="SPR1:…"
          autoComplete="off"
          spellCheck={false}
        />
        <button type="submit" className="button button--quiet" disabled={text.trim() === ''}>
          {words.read}
        </button>
      </div>
    </form>
  )
}

type Shown<Step extends Scan['step']> = { wallet: Wallet; state: WalletState; scan: Extract<Scan, { step: Step }> }

function Confirm({ wallet, state, scan }: Shown<'confirm'>) {
  const words = wordsOf(state.language)
  const { request } = scan
  if (scan.exchange !== undefined) return <ConfirmExchange wallet={wallet} state={state} scan={scan} exchange={scan.exchange} />
  const amount = words.money(request.amountMinor, request.currency)
  const left = state.account === undefined ? undefined : state.account.balanceMinor - request.amountMinor
  return (
    <section className="confirm" aria-labelledby="confirm">
      <h1 id="confirm" className="title">
        {words.payThis}
      </h1>
      <div className="slip">
        <strong className="slip__amount">{amount}</strong>
        <dl>
          <dt>{words.to}</dt>
          <dd>{request.merchant === '' ? words.nameless : request.merchant}</dd>
          {left !== undefined && <dt>{words.leftAfterwards}</dt>}
          {left !== undefined && <dd>{left < 0 ? words.notEnough : words.money(left, request.currency)}</dd>}
        </dl>
      </div>
      <p className="fact">
        <ShieldIcon />
        <span>{words.signExactly}</span>
      </p>
      <div className="choices">
        <button type="button" className="button button--main" onClick={() => void wallet.confirm()}>
          {words.confirm(amount)}
        </button>
        <button type="button" className="button button--quiet" onClick={() => wallet.dismiss()}>
          {words.notNow}
        </button>
      </div>
    </section>
  )
}

function Answer({ wallet, state, scan: { request, code, paidAtBank, exchange } }: Shown<'answer'>) {
  const words = wordsOf(state.language)
  return (
    <>
      <section className="answer" aria-live="polite">
        <h1 className="title">{paidAtBank === true ? words.paidAtBank : words.showToTill}</h1>
        <p>{words.amountTo(words.money(request.amountMinor, request.currency), request.merchant === '' ? words.thisTill : request.merchant)}</p>
        {exchange !== undefined && <ExchangeFacts exchange={exchange.quote.exchange} shop={request} words={words} now={state.now} />}
      </section>
      {paidAtBank === true ? (
        <figure className="code-card">
          <QrCode text={code.text} label={words.receiptLabel} />
          <figcaption>{words.showReceipt}</figcaption>
        </figure>
      ) : (
        <ShownCodeCard code={code} now={state.now} label={words.answerLabel} words={words} />
      )}
      <button type="button" className="button button--quiet" onClick={() => wallet.goTo('code')}>
        {words.done}
      </button>
    </>
  )
}

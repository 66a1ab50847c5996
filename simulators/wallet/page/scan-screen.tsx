import { useState } from 'react'
import { CrossIcon, ScanIcon, ShieldIcon } from './icons.tsx'
import { ShownCodeCard } from './shown-code.tsx'
import type { Scan, Wallet, WalletState } from './wallet.ts'
import { explain, moneyText } from './words.ts'

export function ScanScreen({ wallet, state }: { wallet: Wallet; state: WalletState }) {
  const { scan } = state
  switch (scan.step) {
    case 'looking':
      return <Looking wallet={wallet} scan={scan} />
    case 'confirm':
      return <Confirm wallet={wallet} state={state} scan={scan} />
    case 'answer':
      return <Answer wallet={wallet} state={state} scan={scan} />
  }
}

function Looking({ wallet, scan }: { wallet: Wallet; scan: Scan & { step: 'looking' } }) {
  return (
    <>
      <h1 className="title">Pay a request</h1>
      <div className="viewfinder">
        <ScanIcon />
        <p>Point at the code on the till’s display</p>
      </div>
      {scan.refused !== undefined && (
        <p className="trouble" role="alert">
          <CrossIcon />
          {explain(scan.refused)}
        </p>
      )}
      <Paste wallet={wallet} />
    </>
  )
}

function Paste({ wallet }: { wallet: Wallet }) {
  const [text, setText] = useState('')
  return (
    <form
      className="paste"
      onSubmit={(event) => {
        event.preventDefault()
        wallet.see(text)
      }}
    >
      <label htmlFor="request">Or paste it</label>
      <div>
        <input id="request" value={text} onChange={(event) => setText(event.target.value)} placeholder="SPR1:…" autoComplete="off" spellCheck={false} />
        <button type="submit" className="button button--quiet" disabled={text.trim() === ''}>
          Read
        </button>
      </div>
    </form>
  )
}

type Shown<Step extends Scan['step']> = { wallet: Wallet; state: WalletState; scan: Extract<Scan, { step: Step }> }

function Confirm({ wallet, state, scan: { request } }: Shown<'confirm'>) {
  const amount = moneyText(request.amountMinor, request.currency)
  const left = state.account === undefined ? undefined : state.account.balanceMinor - request.amountMinor
  return (
    <section className="confirm" aria-labelledby="confirm">
      <h1 id="confirm" className="title">
        Pay this?
      </h1>
      <div className="slip">
        <strong className="slip__amount">{amount}</strong>
        <dl>
          <dt>To</dt>
          <dd>{request.merchant === '' ? 'A till without a name' : request.merchant}</dd>
          {left !== undefined && <dt>Left afterwards</dt>}
          {left !== undefined && <dd>{left < 0 ? 'Not enough money' : moneyText(left, request.currency)}</dd>}
        </dl>
      </div>
      <p className="fact">
        <ShieldIcon />
        <span>You sign exactly this, and nothing else. No network is needed.</span>
      </p>
      <div className="choices">
        <button type="button" className="button button--main" onClick={() => void wallet.confirm()}>
          Confirm {amount}
        </button>
        <button type="button" className="button button--quiet" onClick={() => wallet.dismiss()}>
          Not now
        </button>
      </div>
    </section>
  )
}

function Answer({ wallet, state, scan: { request, code } }: Shown<'answer'>) {
  return (
    <>
      <section className="answer" aria-live="polite">
        <h1 className="title">Show this to the till</h1>
        <p>
          {moneyText(request.amountMinor, request.currency)} to {request.merchant === '' ? 'this till' : request.merchant}
        </p>
      </section>
      <ShownCodeCard code={code} now={state.now} label="Answer to the till’s request" />
      <button type="button" className="button button--quiet" onClick={() => wallet.goTo('code')}>
        Done
      </button>
    </>
  )
}

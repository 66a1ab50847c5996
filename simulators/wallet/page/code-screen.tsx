import { CrossIcon, Mark, RenewIcon, ShieldIcon } from './icons.tsx'
import { ShownCodeCard } from './shown-code.tsx'
import type { Wallet, WalletState } from './wallet.ts'
import { explain, moneyText, timeText } from './words.ts'

export function CodeScreen({ wallet, state }: { wallet: Wallet; state: WalletState }) {
  return (
    <>
      <Balance state={state} />
      {state.trouble !== undefined && (
        <p className="trouble" role="alert">
          <CrossIcon />
          {explain(state.trouble)}
        </p>
      )}
      {state.code === undefined ? (
        <div className="code-card code-card--empty" aria-hidden="true" />
      ) : (
        <ShownCodeCard code={state.code} now={state.now} label="Payment code" />
      )}
      <div className="below">
        <p>Hold it before the till’s scanner.</p>
        <button type="button" className="button button--quiet" disabled={state.code === undefined} onClick={() => wallet.newCode()}>
          <RenewIcon /> New code
        </button>
      </div>
      {state.credential !== undefined && (
        <p className="fact">
          <ShieldIcon />
          <span>Pays offline until {timeText(state.credential.expiresAtMs, state.now)}</span>
        </p>
      )}
    </>
  )
}

function Balance({ state: { account, online, reachable, now } }: { state: WalletState }) {
  if (account === undefined) return null
  return (
    <section className="balance" aria-label="Balance">
      <span>Demo money</span>
      <strong>{moneyText(account.balanceMinor, account.currency)}</strong>
      <span>{online && reachable ? 'Up to date' : `As of ${timeText(account.heardAt, now)}`}</span>
      <Mark />
    </section>
  )
}

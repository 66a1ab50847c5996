import type { EpochMs } from '#protocol/time.ts'
import { CrossIcon, Mark, RenewIcon, ShieldIcon } from './icons.tsx'
import { ShownCodeCard } from './shown-code.tsx'
import type { Wallet, WalletState } from './wallet.ts'
import { wordsOf, type Words } from './words.ts'

export function CodeScreen({ wallet, state }: { wallet: Wallet; state: WalletState }) {
  const words = wordsOf(state.language)
  return (
    <>
      <Balance state={state} words={words} />
      {state.trouble !== undefined && (
        <p className="trouble" role="alert">
          <CrossIcon />
          {words.explain(state.trouble)}
        </p>
      )}
      {state.code === undefined ? (
        <div className="code-card code-card--empty" aria-hidden="true" />
      ) : (
        <ShownCodeCard code={state.code} now={state.now} label={words.paymentCode} words={words} />
      )}
      <div className="below">
        <p>{words.holdBeforeScanner}</p>
        <button type="button" className="button button--quiet" disabled={state.code === undefined} onClick={() => wallet.newCode()}>
          <RenewIcon /> {words.newCode}
        </button>
      </div>
      {state.credential !== undefined && (
        <p className="fact">
          <ShieldIcon />
          <span>{offlineLimit(state.credential, state.now, words)}</span>
        </p>
      )}
    </>
  )
}

/** What the credential says, which no refresh widens while something may be open: see `hub/wallets/lending.ts`. */
const offlineLimit = ({ totalLimitMinor, currency, expiresAtMs }: NonNullable<WalletState['credential']>, now: EpochMs, words: Words): string =>
  totalLimitMinor === 0 ? words.paysOnlineOnly : words.paysOffline(words.money(totalLimitMinor, currency), words.time(expiresAtMs, now))

function Balance({ state: { account, online, reachable, now }, words }: { state: WalletState; words: Words }) {
  if (account === undefined) return null
  return (
    <section className="balance" aria-label={words.balance}>
      <span>{words.demoMoney}</span>
      <strong>{words.money(account.balanceMinor, account.currency)}</strong>
      <span>{online && reachable ? words.upToDate : words.asOf(words.time(account.heardAt, now))}</span>
      <Mark />
    </section>
  )
}

import { useSyncExternalStore } from 'react'
import { ActivityScreen } from './activity-screen.tsx'
import { CodeScreen } from './code-screen.tsx'
import { CheckIcon, CodeIcon, ConnectedIcon, CrossIcon, DisconnectedIcon, ListIcon, ScanIcon, Mark } from './icons.tsx'
import { ScanScreen } from './scan-screen.tsx'
import type { Tab, Wallet, WalletState } from './wallet.ts'
import { clockText, moneyText, standing } from './words.ts'

export function App({ wallet }: { wallet: Wallet }) {
  const state = useSyncExternalStore(wallet.subscribe, wallet.state)
  return (
    <div className="desk">
      <div className="phone">
        <TopBar wallet={wallet} state={state} />
        <main className="screen">{state.account === undefined ? <Opening state={state} /> : <Screen wallet={wallet} state={state} />}</main>
        <PaidNotice state={state} />
        <Tabs wallet={wallet} state={state} />
      </div>
      <p className="desk__note">A simulated phone. Its key never leaves this browser; its money is for demonstration only.</p>
    </div>
  )
}

type Parts = { wallet: Wallet; state: WalletState }

function Screen({ wallet, state }: Parts) {
  switch (state.tab) {
    case 'code':
      return <CodeScreen wallet={wallet} state={state} />
    case 'scan':
      return <ScanScreen wallet={wallet} state={state} />
    case 'activity':
      return <ActivityScreen state={state} />
  }
}

function TopBar({ wallet, state: { now, online } }: Parts) {
  return (
    <header className="topbar">
      <span className="topbar__clock">{clockText(now)}</span>
      <span className="topbar__name">
        <Mark /> Stillpoint
      </span>
      <button type="button" role="switch" aria-checked={online} aria-label="Phone is online" className="switch" onClick={() => wallet.setOnline(!online)}>
        <span className="switch__face">
          {online ? <ConnectedIcon /> : <DisconnectedIcon />}
          {online ? 'Online' : 'Offline'}
        </span>
      </button>
    </header>
  )
}

function Opening({ state: { online, reachable } }: { state: WalletState }) {
  return (
    <section className="empty" aria-live="polite">
      <Mark />
      <h1>Opening your wallet</h1>
      <p>{online ? (reachable ? 'One moment.' : 'The bank does not answer yet. Trying again.') : 'A new wallet has to be online once, to meet its bank.'}</p>
    </section>
  )
}

function PaidNotice({ state: { paid, account } }: { state: WalletState }) {
  const refused = paid !== undefined && standing(paid.state).tone === 'bad'
  return (
    <div className="notice" role="status">
      {paid !== undefined && account !== undefined && (
        <div className={refused ? 'notice__card notice__card--bad' : 'notice__card'}>
          {refused ? <CrossIcon /> : <CheckIcon />}
          <div>
            <strong>
              {refused ? 'Refused' : 'Paid'} {moneyText(paid.amountMinor, account.currency)}
            </strong>
            <span>{paid.merchant}</span>
          </div>
        </div>
      )}
    </div>
  )
}

const tabs: readonly { tab: Tab; label: string; Icon: () => React.JSX.Element }[] = [
  { tab: 'code', label: 'Show', Icon: CodeIcon },
  { tab: 'scan', label: 'Scan', Icon: ScanIcon },
  { tab: 'activity', label: 'Activity', Icon: ListIcon },
]

function Tabs({ wallet, state }: Parts) {
  return (
    <nav className="tabs" aria-label="Wallet">
      {tabs.map(({ tab, label, Icon }) => (
        <button key={tab} type="button" className="tab" aria-current={state.tab === tab ? 'page' : undefined} onClick={() => wallet.goTo(tab)}>
          <Icon />
          {label}
        </button>
      ))}
    </nav>
  )
}

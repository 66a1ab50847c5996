import { useEffect, useSyncExternalStore } from 'react'
import { ActivityScreen } from './activity-screen.tsx'
import { CodeScreen } from './code-screen.tsx'
import { CheckIcon, CodeIcon, ConnectedIcon, CrossIcon, DisconnectedIcon, ListIcon, Mark, PhoneIcon, ScanIcon } from './icons.tsx'
import { PhonesScreen } from './phones-screen.tsx'
import { ScanScreen } from './scan-screen.tsx'
import type { Tab, Wallet, WalletState } from './wallet.ts'
import { cameBack, isRefused, paidBy, wordsOf } from './words.ts'

export function App({ wallet }: { wallet: Wallet }) {
  const state = useSyncExternalStore(wallet.subscribe, wallet.state)
  const words = wordsOf(state.language)
  useEffect(() => {
    document.documentElement.lang = words.htmlLanguage
  }, [words])
  return (
    <div className="desk">
      <div className="phone">
        <TopBar wallet={wallet} state={state} />
        <main className="screen">
          {state.denied && (
            <p className="trouble" role="alert">
              <CrossIcon />
              {words.denied}
            </p>
          )}
          {state.account === undefined ? <Opening state={state} /> : <Screen wallet={wallet} state={state} />}
        </main>
        <PaidNotice state={state} />
        <Tabs wallet={wallet} state={state} />
      </div>
      <p className="desk__note">{words.desk}</p>
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
      return <ActivityScreen wallet={wallet} state={state} />
    case 'phones':
      return <PhonesScreen wallet={wallet} state={state} />
  }
}

function TopBar({ wallet, state: { now, online, language } }: Parts) {
  const words = wordsOf(language)
  return (
    <header className="topbar">
      <span className="topbar__clock">{words.clock(now)}</span>
      <span className="topbar__name">
        <Mark /> Stillpoint
      </span>
      <button type="button" role="switch" aria-checked={online} aria-label={words.phoneIsOnline} className="switch" onClick={() => wallet.setOnline(!online)}>
        <span className="switch__face">
          {online ? <ConnectedIcon /> : <DisconnectedIcon />}
          {online ? words.online : words.offline}
        </span>
      </button>
    </header>
  )
}

function Opening({ state: { online, reachable, language } }: { state: WalletState }) {
  const words = wordsOf(language)
  return (
    <section className="empty" aria-live="polite">
      <Mark />
      <h1>{words.opening}</h1>
      <p>{online ? (reachable ? words.oneMoment : words.bankSilent) : words.firstOnline}</p>
    </section>
  )
}

function PaidNotice({ state: { paid, account, language } }: { state: WalletState }) {
  const words = wordsOf(language)
  const refused = paid !== undefined && isRefused(paid.state)
  const amount = paid !== undefined && account !== undefined ? words.money(...paidBy(paid, account.currency)) : ''
  return (
    <div className="notice" role="status">
      {paid !== undefined && account !== undefined && (
        <div className={refused ? 'notice__card notice__card--bad' : 'notice__card'}>
          {refused ? <CrossIcon /> : <CheckIcon />}
          <div>
            <strong>{cameBack(paid.state) ? words.backSum(amount) : refused ? words.refusedSum(amount) : words.paidSum(amount)}</strong>
            <span>{paid.merchant}</span>
          </div>
        </div>
      )}
    </div>
  )
}

const tabs: readonly { tab: Tab; Icon: () => React.JSX.Element }[] = [
  { tab: 'code', Icon: CodeIcon },
  { tab: 'scan', Icon: ScanIcon },
  { tab: 'activity', Icon: ListIcon },
  { tab: 'phones', Icon: PhoneIcon },
]

function Tabs({ wallet, state }: Parts) {
  const words = wordsOf(state.language)
  return (
    <nav className="tabs" aria-label={words.wallet}>
      {tabs.map(({ tab, Icon }) => (
        <button key={tab} type="button" className="tab" aria-current={state.tab === tab ? 'page' : undefined} onClick={() => wallet.goTo(tab)}>
          <Icon />
          {words.tabs[tab]}
        </button>
      ))}
    </nav>
  )
}

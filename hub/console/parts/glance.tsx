import type { ReactNode } from 'react'
import type { Overview } from '#protocol/hub-api/overview.ts'
import { formatMoney } from '../money.ts'
import { words } from '../words.ts'
import { AlertIcon, CheckIcon, OfflineIcon, OnlineIcon, WaitIcon } from './icons.tsx'
import './glance.css'

/** The four answers, each a link to what is behind it. */
export const Glance = ({ overview }: { readonly overview: Overview }) => (
  <nav className="glance" aria-label={words.glance}>
    <MoneyTile {...overview.money} />
    <StuckTile {...overview.counts} />
    <SettledTile {...overview.counts} />
    <TillsTile tills={overview.tills} />
  </nav>
)

type TileProps = {
  readonly to: string
  readonly title: string
  readonly tone: 'good' | 'calm' | 'attention'
  readonly mark: ReactNode
  readonly verdict: string
  readonly children: ReactNode
}

const Tile = ({ to, title, tone, mark, verdict, children }: TileProps) => (
  <a className="tile" href={`#${to}`} data-tone={tone}>
    <span className="tile-title">{title}</span>
    <span className="tile-verdict">
      <span className="tile-mark">{mark}</span>
      {verdict}
    </span>
    <span className="tile-detail">{children}</span>
  </a>
)

function MoneyTile({ balanced, totals }: Overview['money']) {
  const sums = totals.map(({ currency, debits, credits }) => (
    <span key={currency} className="tile-sum">
      {formatMoney(debits, currency)} {words.money.debits} {debits === credits ? words.money.equal : words.money.unequal} {formatMoney(credits, currency)}{' '}
      {words.money.credits}
    </span>
  ))
  return (
    <Tile
      to="balances"
      title={words.money.title}
      tone={balanced ? 'good' : 'attention'}
      mark={balanced ? <CheckIcon /> : <AlertIcon />}
      verdict={balanced ? words.money.balanced : words.money.unbalanced}
    >
      {totals.length === 0 ? words.money.empty : sums}
    </Tile>
  )
}

function StuckTile({ exceptions, atRisk, unsettledEntries }: Overview['counts']) {
  const needed = exceptions + atRisk > 0
  const tone = needed ? 'attention' : unsettledEntries > 0 ? 'calm' : 'good'
  return (
    <Tile
      to={atRisk > 0 ? 'at-risk' : exceptions > 0 ? 'stuck' : 'payments'}
      title={words.stuck.title}
      tone={tone}
      mark={needed ? <AlertIcon /> : unsettledEntries > 0 ? <WaitIcon /> : <CheckIcon />}
      verdict={atRisk > 0 ? words.stuck.atRisk(atRisk) : exceptions > 0 ? words.stuck.exceptions(exceptions) : words.stuck.nothing}
    >
      {atRisk > 0 && exceptions > 0 && <span className="tile-sum">{words.stuck.exceptions(exceptions)}</span>}
      {unsettledEntries > 0 ? words.stuck.unsettled(unsettledEntries) : words.stuck.allSettled}
    </Tile>
  )
}

const SettledTile = ({ settled, held }: Overview['counts']) => (
  <Tile to="payments" title={words.settled.title} tone="calm" mark={held > 0 ? <WaitIcon /> : <CheckIcon />} verdict={words.settled.settled(settled)}>
    {words.settled.held(held)}
  </Tile>
)

function TillsTile({ tills: all }: Pick<Overview, 'tills'>) {
  const tills = all.filter(({ link }) => link !== 'revoked')
  const offline = tills.filter(({ link }) => link !== 'online')
  const online = tills.length - offline.length
  return (
    <Tile
      to="tills"
      title={words.tills.title}
      tone="calm"
      mark={online === tills.length ? <OnlineIcon /> : <OfflineIcon />}
      verdict={tills.length === 0 ? words.tills.none : words.tills.online(online, tills.length)}
    >
      {offline.length > 0 && words.tills.offline(offline.map(({ name }) => name).join(', '))}
      {tills.length > 0 && offline.length === 0 && words.tills.allConnected}
    </Tile>
  )
}

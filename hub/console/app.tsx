import { useState, useSyncExternalStore } from 'react'
import type { Overview, TillView } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { Feed } from './feed.ts'
import { AcquirerState } from './parts/acquirer.tsx'
import { AddTill } from './parts/add-till.tsx'
import { AtRisk } from './parts/at-risk.tsx'
import { Balances } from './parts/balances.tsx'
import { Bank } from './parts/bank.tsx'
import { Catalogue } from './parts/catalogue.tsx'
import { Customers } from './parts/customers.tsx'
import { GiftCards } from './parts/gift-cards.tsx'
import { Glance } from './parts/glance.tsx'
import { PaymentPanel } from './parts/payment-panel.tsx'
import { Payments } from './parts/payments.tsx'
import { Policy } from './parts/policy.tsx'
import { RevokeTill } from './parts/revoke-till.tsx'
import { Sendings } from './parts/sendings.tsx'
import { Settlement } from './parts/settlement.tsx'
import { Staff } from './parts/staff.tsx'
import { Stuck } from './parts/stuck.tsx'
import { Tills } from './parts/tills.tsx'
import { TopBar } from './parts/top-bar.tsx'
import { words } from './words.ts'
import './app.css'

export type FeedStore = { get(): Feed; subscribe(listener: () => void): () => void }

export function App({ store }: { readonly store: FeedStore }) {
  const feed = useSyncExternalStore(store.subscribe, store.get)
  return (
    <>
      <TopBar feed={feed} />
      {feed.overview ? <Console overview={feed.overview} /> : <Connecting />}
    </>
  )
}

const Connecting = () => (
  <main className="quiet-page" aria-busy="true">
    <p className="quiet-title">{words.feed.connecting}</p>
    <p className="muted">{words.feed.connectingHint}</p>
  </main>
)

function Console({ overview }: { readonly overview: Overview }) {
  const [opened, setOpened] = useState<Id>()
  const [adding, setAdding] = useState(false)
  const [revoking, setRevoking] = useState<TillView>()
  const { at: now, payments } = overview
  const place = payments.findIndex(({ id }) => id === opened)
  const beside = (step: number): Id | undefined => (place < 0 ? undefined : payments[place + step]?.id)
  return (
    <main className="console">
      <Glance overview={overview} />
      <div className="console-main">
        <AtRisk atRisk={overview.atRisk} all={overview.counts.atRisk} now={now} onOpen={setOpened} />
        <Stuck exceptions={overview.exceptions} all={overview.counts.exceptions} now={now} onOpen={setOpened} />
        <Payments payments={payments} now={now} opened={opened} onOpen={setOpened} />
      </div>
      <div className="console-side">
        <Balances money={overview.money} />
        <Settlement now={now} onOpen={setOpened} />
        <Bank now={now} />
        {overview.acquirer !== undefined && <AcquirerState heading={words.acquirer.heading} acquirer={overview.acquirer} now={now} onOpen={setOpened} />}
        {overview.alipay !== undefined && <AcquirerState heading={words.acquirer.alipay} acquirer={overview.alipay} now={now} onOpen={setOpened} />}
        <Tills tills={overview.tills} now={now} onAdd={() => setAdding(true)} onRevoke={setRevoking} />
      </div>
      <div className="console-shop">
        <Staff />
        <Sendings now={now} />
        <Customers />
        <Policy />
        <GiftCards now={now} exceptions={overview.counts.exceptions} />
        <Catalogue />
      </div>
      {opened !== undefined && (
        <PaymentPanel
          id={opened}
          listed={payments[place]}
          newer={beside(-1)}
          older={beside(1)}
          accounts={overview.money.accounts}
          tills={overview.tills}
          now={now}
          onOpen={setOpened}
          onClose={() => setOpened(undefined)}
        />
      )}
      {revoking !== undefined && <RevokeTill till={revoking} onClose={() => setRevoking(undefined)} />}
      {adding && <AddTill now={now} onClose={() => setAdding(false)} />}
    </main>
  )
}

import { Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Overview, TillView } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { Feed } from './feed.ts'
import { pages } from './pages.tsx'
import { PaymentPanel } from './pages/payments/payment-panel.tsx'
import { AddTill } from './pages/tills/add-till.tsx'
import { RevokeTill } from './pages/tills/revoke-till.tsx'
import { Navigation } from './parts/navigation.tsx'
import { TopBar } from './parts/top-bar.tsx'
import { useRoute } from './router.ts'
import { overviewWords } from './overview-words.ts'
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
  const { page: wanted } = useRoute()
  const page = pages.find(({ id }) => id === wanted) ?? pages[0]
  if (page === undefined) throw new Error('the console has no pages')
  const main = useArrival(page.id)
  const { at: now, payments } = overview
  const place = payments.findIndex(({ id }) => id === opened)
  const beside = (step: number): Id | undefined => (place < 0 ? undefined : payments[place + step]?.id)
  return (
    <div className="console">
      {/* On another page the menu of a narrow screen is shut again. */}
      <Navigation key={page.id} current={page} overview={overview} />
      <main className="console-page" ref={main} tabIndex={-1} aria-label={words.nav.pages[page.id]}>
        <Suspense
          fallback={
            <p className="section-empty" data-waiting aria-busy="true">
              {overviewWords.loading}
            </p>
          }
        >
          <page.Page overview={overview} opened={opened} onOpen={setOpened} onAddTill={() => setAdding(true)} onRevoke={setRevoking} />
        </Suspense>
      </main>
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
      {revoking !== undefined && <RevokeTill till={revoking} now={now} onClose={() => setRevoking(undefined)} />}
      {adding && <AddTill now={now} onClose={() => setAdding(false)} />}
    </div>
  )
}

/** Another page begins at its top, with the focus there, and the window is called after it. */
function useArrival(page: keyof typeof words.nav.pages) {
  const main = useRef<HTMLElement>(null)
  const before = useRef(page)
  useEffect(() => {
    document.title = `${words.nav.pages[page]} · ${words.name}`
    if (before.current === page) return
    before.current = page
    main.current?.focus()
    window.scrollTo(0, 0)
  }, [page])
  return main
}

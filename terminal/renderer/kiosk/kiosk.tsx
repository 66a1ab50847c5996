import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { useListen } from '../input/use-listen.ts'
import { languageOfSystem } from '../language/languages.ts'
import { Announcer } from '../parts/announcer.tsx'
import type { Screen, Session } from '../session/session.ts'
import { setLanguage, t } from '../words.ts'
import { AgeCheck } from './age-check.tsx'
import { Foot } from './foot.tsx'
import { HelpDialog, StillThereDialog } from './dialogs.tsx'
import { watchIdle, type Idle } from './idle.ts'
import { Paying, Thanks } from './paying.tsx'
import { putAway } from './put-away.ts'
import { noticesForShoppers, remarkOf } from './remark.ts'
import { Attract, Picking, Shopping } from './shopping.tsx'
import { isLeftBehind, stepOf, type Step, type Wish } from './step.ts'
import { WeighingAtKiosk } from './weighing.tsx'
import './kiosk.css'

const ChoosingDialog = lazy(async () => ({ default: (await import('../goods/choosing-dialog.tsx')).ChoosingDialog }))

/** After this somebody who has paid has gone. */
const THANKED: DurationMs = 20 * SECOND

type Props = { readonly session: Session; readonly timers: Timers; readonly screen: Screen; readonly view: View }

/** Self-checkout: the same till for whoever stands before it alone. Upper half to read, lower half to touch, within reach of a wheelchair. */
export function Kiosk({ session, timers, screen, view }: Props) {
  const [wish, setWish] = useState<Wish>('nothing')
  const [isLarge, setLarge] = useState(false)
  const [needsHelp, setNeedsHelp] = useState(false)
  const away = screen.core !== 'up'
  const step = stepOf(view, wish)
  const [before, setBefore] = useState(step)
  const { choosing, weighing, till } = view
  const { isAsked, touched } = useIdle(timers, session, view, step, setWish)
  const ofShop = till.customerLanguage ?? languageOfSystem(navigator.languages)

  // The next shopper finds the kiosk as the first one did.
  if (step !== before) {
    setBefore(step)
    if (step === 'thanks') setWish('nothing')
    if (step === 'attract') {
      setLarge(false)
      setNeedsHelp(false)
    }
  }
  useEffect(() => {
    if (step === 'attract') setLanguage(ofShop)
  }, [step, ofShop])
  const stale = step === 'attract' ? noticesForShoppers(view.notices)[0]?.id : undefined
  useEffect(() => {
    if (stale !== undefined) void session.ask({ type: 'dismissNotice', notice: stale })
  }, [stale, session])
  useEffect(() => {
    if (step !== 'thanks') return undefined
    return timers.after(THANKED, () => void session.command({ type: 'continue' }))
  }, [step, timers, session])

  useListen(timers, {
    // No key of a cashier does anything here; Tab, Enter and Space press what has the focus.
    stage: () => 'dialog',
    mayBegin: () => {},
    scanned: ({ text, aim }) => {
      touched()
      void session.command({ type: 'scan', text, ...(aim === undefined ? {} : { aim }) })
    },
    unreadable: () => session.tell({ kind: 'error', code: 'code.malformed' }),
    action: () => {},
    discarded: () => session.tell({ kind: 'input_discarded' }),
  })

  const choose = (next: Wish) => {
    session.dismissAnswer()
    setWish(next)
  }
  return (
    <div
      className="kiosk"
      data-testid="kiosk"
      data-step={away ? 'away' : step}
      data-large={isLarge || undefined}
      onPointerDownCapture={touched}
      onKeyDownCapture={touched}
    >
      <Announcer view={view} away={away} />
      <header className="kiosk-head">
        <strong>{till.merchant}</strong>
        <span>{t('kiosk.title')}</span>
      </header>
      <main className="kiosk-main" tabIndex={-1}>
        {away ? <Said title={t('kiosk.away')} hint={t('kiosk.awayHint')} /> : <Scene {...{ session, screen, view, step, choose }} />}
      </main>
      <Foot
        isLarge={isLarge}
        onLarge={() => setLarge(!isLarge)}
        help={view.help}
        onHelp={() => setNeedsHelp(true)}
        onLanguage={() => step === 'attract' && setWish('scan')}
      />
      {!away && choosing?.step === 'age' && <AgeCheck choosing={choosing} view={view} session={session} />}
      {!away && choosing !== undefined && choosing.step !== 'age' && weighing === undefined && (
        <Suspense>
          <ChoosingDialog choosing={choosing} currency={till.currency} session={session} />
        </Suspense>
      )}
      {!away && weighing !== undefined && <WeighingAtKiosk key={weighing.gtin} weighing={weighing} currency={till.currency} session={session} />}
      {needsHelp && <HelpDialog view={view} session={session} onClose={() => setNeedsHelp(false)} />}
      {isAsked && !away && <StillThereDialog onYes={touched} onNo={() => leave(session, view, setWish)} />}
    </div>
  )
}

type SceneProps = Pick<Props, 'session' | 'screen' | 'view'> & { readonly step: Step; choose(wish: Wish): void }

function Scene({ session, screen, view, step, choose }: SceneProps) {
  const remark = remarkOf(screen)
  switch (step) {
    case 'closed':
      return <Said title={t('kiosk.closed')} hint={t('kiosk.closedHint')} />
    case 'attract':
      return <Attract shelves={screen.shelves} onBegin={() => choose('scan')} />
    case 'pick':
      return <Picking shelves={screen.shelves} currency={view.till.currency} session={session} onDone={() => choose('scan')} />
    case 'scan':
    case 'correct':
    case 'review':
      return <Shopping step={step} view={view} session={session} remark={remark} choose={choose} />
    case 'pay':
    case 'checking':
    case 'refused':
      return <Paying view={view} session={session} remark={remark} />
    case 'thanks':
      return <Thanks view={view} onFinish={() => void session.command({ type: 'continue' })} />
  }
}

/** The basket and an open payment are put away, and the kiosk waits for the next shopper. */
function leave(session: Session, { tender: { stage } }: View, setWish: (wish: Wish) => void): void {
  if (stage === 'deciding' || stage === 'unknown') return
  void putAway(session, stage).then(() => setWish('nothing'))
}

/** Watches whether somebody is there for as long as somebody's things are. */
function useIdle(timers: Timers, session: Session, view: View, step: Step, setWish: (wish: Wish) => void) {
  const [isAsked, setAsked] = useState(false)
  const idle = useRef<Idle>(undefined)
  const latest = useRef(view)
  useEffect(() => {
    latest.current = view
  })
  const isWatched = isLeftBehind(step)
  useEffect(() => {
    if (!isWatched) return undefined
    const watch = watchIdle(timers, setAsked, () => leave(session, latest.current, setWish))
    idle.current = watch
    return () => {
      idle.current = undefined
      watch.stop()
    }
  }, [timers, session, isWatched, setWish])
  // Whoever scans or pays touches nothing.
  useEffect(() => idle.current?.touched(), [view.sale, view.tender, view.weighing, step])
  return { isAsked, touched: () => idle.current?.touched() }
}

const Said = ({ title, hint }: { readonly title: string; readonly hint: string }) => (
  <div className="kiosk-see kiosk-said" role="status">
    <h1>{title}</h1>
    <p>{hint}</p>
  </div>
)

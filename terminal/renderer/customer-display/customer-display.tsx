import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'
import type { Currency } from '#protocol/money.ts'
import type { CustomerView } from '#protocol/till-api/customer.ts'
import { SECOND, type DurationMs, type Timers } from '#protocol/time.ts'
import { languageNames, languages, type Language } from '../language/languages.ts'
import { setLanguage, t, useLanguage } from '../words.ts'
import { CustomerBasket } from './customer-basket.tsx'
import { CustomerPayment } from './customer-payment.tsx'
import type { Feed, Shown } from './feed.ts'
import { Slides } from './slides.tsx'
import './customer-display.css'

/** After this a customer who has paid has gone, also when the cashier has not gone on yet. */
const THANKED: DurationMs = 20 * SECOND

type Props = {
  /** Undefined: a page without its token. */
  readonly feed: Feed | undefined
  readonly timers: Timers
  readonly ofSystem: Language
  /** Somebody wants nothing to move by itself. */
  readonly isStill: boolean
}

/** What stands before the customer: their goods as they are scanned, what to pay and how, and what came of it. */
export function CustomerDisplay({ feed, ...rest }: Props) {
  useLanguage()
  if (feed === undefined) return <NoToken />
  return <Following feed={feed} {...rest} />
}

function Following({ feed, timers, ofSystem, isStill }: Props & { readonly feed: Feed }) {
  const shown = useSyncExternalStore(feed.subscribe, feed.get)
  const { view } = shown
  const stage = view?.stage.name
  const ofShop = view?.language ?? ofSystem
  // Whoever chose another language has gone.
  useEffect(() => {
    if (stage === undefined || stage === 'idle' || stage === 'closed') setLanguage(ofShop)
  }, [stage, ofShop])
  if (shown.isShutOut) return <NoToken />
  if (view === undefined) return <Said title={t('customer.away')} />
  return (
    <div className="customer" data-testid="customer" data-stage={stage} data-waits={shown.isAway || undefined}>
      {view.training === true && <header className="customer-training">{t('customer.training')}</header>}
      <div className="customer-scene">
        <Scene shown={shown} view={view} timers={timers} isStill={isStill} />
      </div>
      {shown.isAway && (
        <p className="customer-away" role="status">
          {t('customer.away')}
        </p>
      )}
      <LanguageChoice />
    </div>
  )
}

type SceneProps = { readonly shown: Shown; readonly view: CustomerView; readonly timers: Timers; readonly isStill: boolean }

function Scene({ shown, view, timers, isStill }: SceneProps) {
  const { stage, shop } = view
  const slides = <Slides shop={shop} currency={view.currency} slides={shown.slides} timers={timers} isStill={isStill} />
  switch (stage.name) {
    case 'closed':
      return <Said title={t('customer.closed')} hint={t('customer.closedHint')} foot={shop} />
    case 'idle':
      return slides
    case 'approved':
      return <Thanks stage={stage} currency={view.currency} timers={timers} then={slides} />
    case 'selling':
      return <CustomerBasket view={view} />
    case 'paying':
    case 'checking':
    case 'refused':
      return (
        <div className="customer-halves">
          <CustomerBasket view={view} />
          <CustomerPayment stage={stage} currency={view.currency} />
        </div>
      )
  }
}

type ThanksProps = {
  readonly stage: Extract<CustomerView['stage'], { name: 'approved' }>
  readonly currency: Currency
  readonly timers: Timers
  readonly then: ReactNode
}

function Thanks({ stage, currency, timers, then }: ThanksProps) {
  const [isOver, setOver] = useState(false)
  useEffect(() => timers.after(THANKED, () => setOver(true)), [timers])
  return isOver ? then : <CustomerPayment stage={stage} currency={currency} />
}

const NoToken = () => <Said title={t('customer.noToken')} hint={t('customer.noTokenHint')} />

const Said = ({ title, hint, foot }: { readonly title: string; readonly hint?: string; readonly foot?: string }) => (
  <main className="customer-said">
    <h1>{title}</h1>
    {hint !== undefined && <p>{hint}</p>}
    {foot !== undefined && <p className="customer-said-foot">{foot}</p>}
  </main>
)

/** Of this page alone, until the next customer. */
function LanguageChoice() {
  const chosen = useLanguage()
  return (
    <nav className="customer-languages" aria-label={t('customer.languages')}>
      {languageNames.map((name) => (
        <button key={name} type="button" lang={languages[name].tag} dir={languages[name].dir} aria-pressed={name === chosen} onClick={() => setLanguage(name)}>
          {languages[name].name}
        </button>
      ))}
    </nav>
  )
}

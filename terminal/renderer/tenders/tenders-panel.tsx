import { lazy, Suspense, useState } from 'react'
import type { Minor } from '#protocol/money.ts'
import type { PartView, View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { DepositLater } from '../orders/order-later.tsx'
import { Button } from '../parts/button.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import './tenders.css'

/** Rarely opened, and not needed before the first sale. */
const TendersDialog = lazy(async () => ({ default: (await import('./tenders-dialog.tsx')).TendersDialog }))

/** What can be chosen beside showing a code or paying everything in cash. */
export type TendersStep = 'tip' | 'part' | 'foreign' | 'giveBack'

type Props = { readonly view: View; readonly session: Session }

/** What is paid so far, what is given on top and what is left; and the other ways to pay. */
export function TendersPanel({ view, session }: Props) {
  const [step, setStep] = useState<TendersStep>()
  const { tenders, till } = view
  if (tenders === undefined) return undefined
  const { parts, tips, foreign, tipMinor } = tenders
  const open = (next: TendersStep) => (
    <Button action={next} onClick={() => setStep(next)}>
      {t(`tenders.${next}`)}
    </Button>
  )
  return (
    <section className="tenders" aria-label={t('tenders.title')}>
      <PaidSoFar view={view} />
      <div className="tenders-ways">
        {(tips !== undefined || tipMinor > 0) && open('tip')}
        {open('part')}
        {foreign !== undefined && foreign.length > 0 && open('foreign')}
        {parts.length > 0 && open('giveBack')}
        <DepositLater view={view} session={session} />
      </div>
      {step !== undefined && (
        <Suspense>
          <TendersDialog step={step} tenders={tenders} currency={till.currency} session={session} onClose={() => setStep(undefined)} />
        </Suspense>
      )}
    </section>
  )
}

/** The parts, the tip and the rest; nothing where a sale is paid as a whole. */
export function PaidSoFar({ view: { tenders, till } }: Pick<Props, 'view'>) {
  if (tenders === undefined || (tenders.parts.length === 0 && tenders.tipMinor === 0)) return undefined
  const money = (minor: Minor) => formatMoney(minor, till.currency)
  return (
    <dl className="tenders-paid" data-testid="paid-so-far">
      {tenders.tipMinor > 0 && <Row name={t('tenders.tipOf')} value={money(tenders.tipMinor)} />}
      {tenders.parts.map((part, at) => (
        // Parts are only ever added.
        <Row key={at} name={nameOf(part)} value={money(part.amountMinor)} />
      ))}
      <Row name={t('tenders.rest')} value={money(tenders.restMinor)} isRest />
    </dl>
  )
}

const nameOf = ({ how, decidedBy }: PartView): string =>
  decidedBy === 'policy' ? t('tenders.takenOffline', { how: t(`tenders.how.${how}`) }) : t(`tenders.how.${how}`)

const Row = ({ name, value, isRest }: { readonly name: string; readonly value: string; readonly isRest?: true }) => (
  <div data-rest={isRest}>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

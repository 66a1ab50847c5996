import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Currency, Minor } from '#protocol/money.ts'
import type { TendersView } from '#protocol/till-api/api.ts'
import { AmountDialog } from '../cash/amount-dialog.tsx'
import { formatMoney, formatRate } from '../format.ts'
import { isAskedElsewhere } from '../gate/gate-text.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Entry } from '../screens/sales/amount-entry.ts'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import type { TendersStep } from './tenders-panel.tsx'

type Props = { readonly step: TendersStep; readonly tenders: TendersView; readonly currency: Currency; readonly session: Session; onClose(): void }
type Offer = NonNullable<TendersView['foreign']>[number]

export function TendersDialog({ step, ...props }: Props) {
  switch (step) {
    case 'tip':
      return <TipDialog {...props} />
    case 'part':
      return <PartDialog {...props} />
    case 'foreign':
      return <ForeignDialog {...props} />
    case 'giveBack':
      return <GiveBackDialog {...props} />
  }
}
type StepProps = Omit<Props, 'step'>

/** The shares that the shop offers, as sums; or one of the customer's own. */
function TipDialog({ tenders, currency, session, onClose }: StepProps) {
  const [entry, setEntry] = useState<Entry>({ minor: tenders.tipMinor, preset: true })
  const { tips = [] } = tenders
  const money = (minor: Minor) => formatMoney(minor, currency)
  return (
    <AmountDialog
      title={t('tenders.tip')}
      testId="tip"
      label={t('tenders.tipOf')}
      entry={entry}
      session={session}
      money={money}
      command={{ type: 'setTip', tipMinor: entry.minor }}
      doIt={t('tenders.giveTip', { sum: money(entry.minor) })}
      onEntry={setEntry}
      onClose={onClose}
    >
      <ul className="cash-suggestions" aria-label={t('tenders.tipChoices')}>
        {[{ ppm: 0, amountMinor: 0 }, ...tips].map(({ ppm, amountMinor }, at) => (
          <li key={ppm}>
            <Button choice={choiceKeys[at]} onClick={() => setEntry({ minor: amountMinor, preset: true })}>
              {ppm === 0 ? t('tenders.noTip') : `${formatRate(ppm)} · ${money(amountMinor)}`}
            </Button>
          </li>
        ))}
      </ul>
    </AmountDialog>
  )
}

/** How much of the rest the next code or card pays. */
function PartDialog({ tenders, currency, session, onClose }: StepProps) {
  const [entry, setEntry] = useState<Entry>({ minor: 0, preset: true })
  const money = (minor: Minor) => formatMoney(minor, currency)
  const fits = entry.minor > 0 && entry.minor <= tenders.restMinor
  return (
    <AmountDialog
      title={t('tenders.part')}
      testId="part"
      label={t('tenders.partOf')}
      entry={entry}
      session={session}
      money={money}
      command={fits ? { type: 'takePayment', amountMinor: entry.minor } : undefined}
      doIt={t('tenders.takePart')}
      suggestions={[...new Set([2, 3, 4].map((people) => Math.ceil(tenders.restMinor / people)))]}
      onEntry={setEntry}
      onClose={onClose}
    >
      <p className="cash-change" role="status" data-short={!fits || undefined}>
        {t('tenders.rest')}
        <strong>{money(Math.max(0, tenders.restMinor - entry.minor))}</strong>
      </p>
    </AmountDialog>
  )
}

/** Notes of another currency; what goes back is in the shop's own, and the till works it out. */
function ForeignDialog({ tenders, session, onClose }: StepProps) {
  const { foreign = [] } = tenders
  const [offer, setOffer] = useState<Offer | undefined>(foreign[0])
  const [entry, setEntry] = useState<Entry>({ minor: 0, preset: true })
  if (offer === undefined) return undefined
  const money = (minor: Minor) => formatMoney(minor, offer.currency)
  const choose = (next: Offer) => {
    setOffer(next)
    setEntry({ minor: 0, preset: true })
  }
  return (
    <AmountDialog
      key={offer.currency}
      title={t('tenders.foreignTitle', { sum: money(offer.toPayMinor) })}
      testId="foreign"
      label={t('cash.given')}
      entry={entry}
      session={session}
      money={money}
      command={entry.minor < offer.toPayMinor ? undefined : { type: 'payCash', tenderedMinor: entry.minor, currency: offer.currency }}
      doIt={t('cash.take')}
      suggestions={offer.suggestions}
      onEntry={setEntry}
      onClose={onClose}
    >
      {foreign.length > 1 && (
        <div className="tenders-currencies" role="group" aria-label={t('tenders.currencies')}>
          {foreign.map((other, at) => (
            <Button
              key={other.currency}
              choice={choiceKeys[choiceKeys.length - 1 - at]}
              aria-pressed={other.currency === offer.currency}
              onClick={() => choose(other)}
            >
              {other.currency}
            </Button>
          ))}
        </div>
      )}
      <p className="cash-hint">{t('tenders.changeInOwn')}</p>
    </AmountDialog>
  )
}

/** Asked once more: money that was taken moves back. */
function GiveBackDialog({ tenders, currency, session, onClose }: StepProps) {
  const [failed, setFailed] = useState<ErrorCode>()
  const [sending, setSending] = useState(false)
  const sum = tenders.parts.reduce((sofar, { amountMinor }) => sofar + amountMinor, 0)
  const send = async () => {
    if (sending) return
    setSending(true)
    const outcome = await session.ask({ type: 'abandonSale' })
    setSending(false)
    if (outcome.ok || isAskedElsewhere(outcome.code)) onClose()
    else setFailed(outcome.code)
  }
  return (
    <Dialog
      title={t('tenders.giveBackTitle', { sum: formatMoney(sum, currency) })}
      testId="give-back"
      tone="attention"
      onCancel={onClose}
      onMain={() => void send()}
      foot={
        <>
          <Button action="cancel" onClick={onClose}>
            {t('cash.back')}
          </Button>
          <Button action="pay" look="warning" disabled={sending} onClick={() => void send()}>
            {t('tenders.giveBack')}
          </Button>
        </>
      }
    >
      <p>{t('tenders.giveBackHint')}</p>
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}

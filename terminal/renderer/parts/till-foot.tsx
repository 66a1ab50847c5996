import { useEffect, useRef } from 'react'
import type { TenderView } from '#protocol/till-api/api.ts'
import type { Selling } from '../selling/use-selling.ts'
import { t } from '../words.ts'
import { Button } from './button.tsx'
import './till-foot.css'

type Props = {
  readonly stage: TenderView['stage']
  readonly empty: boolean
  readonly canReprint: boolean
  /** The basket is emptied by the next press. */
  readonly armed: boolean
  readonly actions: Selling['actions']
}

/** The one large step and the smaller ones beside it, at the same place at every stage of a sale. */
export function TillFoot(props: Props) {
  const { stage, empty, canReprint, armed, actions } = props
  return (
    <div className="till-foot">
      <MainStep {...props} />
      <div className="till-foot-row">
        {stage === 'none' && (
          <Button action="empty" look={armed ? 'warning' : 'plain'} disabled={empty} onClick={actions.empty}>
            {armed ? t('emptyAgain') : t('empty')}
          </Button>
        )}
        {(stage === 'none' || stage === 'awaiting_code') && (
          <Button action="cash" disabled={empty} onClick={actions.cash}>
            {t('cash.pay')}
          </Button>
        )}
        {stage === 'awaiting_code' && (
          <Button action="cancel" onClick={actions.cancel}>
            {t('cancelPayment')}
          </Button>
        )}
        {stage === 'unknown' && (
          <Button action="cancel" onClick={actions.cancel}>
            {t('unknown.giveUp')}
          </Button>
        )}
        {(stage === 'none' || stage === 'approved' || stage === 'refused') && (
          <Button action="reprint" disabled={!canReprint} onClick={actions.reprint}>
            {stage === 'approved' ? t('printCopy') : t('reprint')}
          </Button>
        )}
      </div>
    </div>
  )
}

/** Remounted at each stage, so that the focus of one step never lands on the next one: a second press must not become a payment. */
function MainStep({ stage, empty, actions }: Props) {
  switch (stage) {
    case 'none':
      return (
        <Button key={stage} look="primary" size="huge" action="pay" disabled={empty} onClick={actions.pay}>
          {t('takePayment')}
        </Button>
      )
    case 'awaiting_code':
    case 'deciding':
    case 'unknown':
      return (
        <p key={stage} className="till-foot-waiting">
          {stage === 'deciding' ? t('deciding') : stage === 'unknown' ? t('unknown.waiting') : t('waitingForCode')}
        </p>
      )
    case 'approved':
    case 'refused':
      return <NextStep key={stage} label={stage === 'approved' ? t('nextCustomer') : t('backToBasket')} onNext={actions.next} />
  }
}

function NextStep({ label, onNext }: { readonly label: string; onNext(): void }) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  return (
    <Button ref={button} look="primary" size="huge" action="next" onClick={onNext}>
      {label}
    </Button>
  )
}

import { useEffect, useRef } from 'react'
import type { TenderView } from '#protocol/till-api/api.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import './till-foot.css'

type Props = {
  readonly stage: TenderView['stage']
  readonly empty: boolean
  readonly canReprint: boolean
  /** The basket is emptied by the next press. */
  readonly armed: boolean
  onPay(): void
  onNext(): void
  onCancel(): void
  onEmpty(): void
  onReprint(): void
}

/** The one large step and the smaller ones beside it, at the same place at every stage of a sale. */
export function TillFoot(props: Props) {
  const { stage, empty, canReprint, armed } = props
  return (
    <div className="till-foot">
      <MainStep {...props} />
      <div className="till-foot-row">
        {stage === 'none' && (
          <Button action="empty" look={armed ? 'warning' : 'plain'} disabled={empty} onClick={props.onEmpty}>
            {armed ? words.emptyAgain : words.empty}
          </Button>
        )}
        {stage === 'awaiting_code' && (
          <Button action="cancel" onClick={props.onCancel}>
            {words.cancelPayment}
          </Button>
        )}
        {stage !== 'awaiting_code' && stage !== 'deciding' && (
          <Button action="reprint" disabled={!canReprint} onClick={props.onReprint}>
            {stage === 'approved' ? words.printCopy : words.reprint}
          </Button>
        )}
      </div>
    </div>
  )
}

/** Remounted at each stage, so that the focus of one step never lands on the next one: a second press must not become a payment. */
function MainStep({ stage, empty, onPay, onNext }: Props) {
  switch (stage) {
    case 'none':
      return (
        <Button key={stage} look="primary" size="huge" action="pay" disabled={empty} onClick={onPay}>
          {words.takePayment}
        </Button>
      )
    case 'awaiting_code':
    case 'deciding':
      return (
        <p key={stage} className="till-foot-waiting">
          {stage === 'deciding' ? words.deciding : words.waitingForCode}
        </p>
      )
    case 'approved':
    case 'refused':
      return <NextStep key={stage} label={stage === 'approved' ? words.nextCustomer : words.backToBasket} onNext={onNext} />
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

import { useState, type KeyboardEvent } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Minor } from '#protocol/money.ts'
import type { RefundView, SoldView, View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../../format.ts'
import { choiceKeys } from '../../input/keys.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { isAskedElsewhere } from '../../gate/gate-text.ts'
import { Failed } from '../../parts/failed.tsx'
import { AlertIcon, CheckIcon, WaitIcon } from '../../parts/icons.tsx'
import { ReceiptQr } from '../../parts/receipt-qr.tsx'
import type { Session } from '../../session/session.ts'
import { errorText, t } from '../../words.ts'
import { keypadKey, pressKey, type Entry } from './amount-entry.ts'
import { Keypad } from './keypad.tsx'
import { canVoid, leftOf } from './refundable.ts'
import type { Opened } from './use-refunding.ts'
import './refund-dialog.css'

type Wish = { readonly type: 'refund' | 'voidSale'; readonly amountMinor: Minor }
type Step = { readonly at: 'amount' } | { readonly at: 'confirm' | 'sending' | 'answered'; readonly wish: Wish; readonly failed?: ErrorCode }

type Props = {
  readonly opened: Opened
  readonly entry: Entry
  readonly view: View
  readonly session: Session
  onEntry(entry: Entry): void
  onClose(): void
}

/** Amount, then a second look that names it, then what came of it. */
export function RefundDialog({ opened, entry, view, session, onEntry, onClose }: Props) {
  const { refundId, number } = opened
  const sold = view.sold.find(({ receiptNumber }) => receiptNumber === number)
  const cash = sold?.cash === true
  const [step, setStep] = useState<Step>({ at: 'amount' })
  const money = (minor: Minor) => formatMoney(minor, view.till.currency)

  const send = async (wish: Wish) => {
    setStep({ at: 'sending', wish })
    const outcome = await session.ask(
      wish.type === 'refund' ? { type: 'refund', refundId, receiptNumber: number, amountMinor: wish.amountMinor } : { type: 'voidSale', receiptNumber: number },
    )
    // Whoever allows it is asked by a dialog of their own, and it is done then.
    if (!outcome.ok && isAskedElsewhere(outcome.code)) onClose()
    else setStep(outcome.ok ? { at: 'answered', wish } : { at: 'confirm', wish, failed: outcome.code })
  }

  if (step.at === 'amount')
    return <AmountStep {...{ sold, number, entry, money }} onEntry={onEntry} onNext={(wish) => setStep({ at: 'confirm', wish })} onClose={onClose} />
  if (step.at === 'answered') {
    const refund = view.refunds.find((one) => one.refundId === refundId)
    const qr = view.lastReturned?.number === (refund?.receiptNumber ?? number) ? view.lastReturned : undefined
    return <Answered wish={step.wish} refund={refund} cash={cash} qr={qr} money={money} onClose={onClose} />
  }
  return (
    <Confirm
      wish={step.wish}
      number={number}
      elsewhere={sold === undefined}
      cash={cash}
      sending={step.at === 'sending'}
      failed={step.failed}
      money={money}
      onYes={() => void send(step.wish)}
      onBack={() => setStep({ at: 'amount' })}
    />
  )
}

type Money = { money(minor: Minor): string }
type AmountProps = Money & {
  readonly sold: SoldView | undefined
  readonly number: string
  readonly entry: Entry
  onEntry(entry: Entry): void
  onNext(wish: Wish): void
  onClose(): void
}

function AmountStep({ sold, number, entry, money, onEntry, onNext, onClose }: AmountProps) {
  const most = sold === undefined ? undefined : leftOf(sold)
  const tooMuch = most !== undefined && entry.minor > most
  const possible = entry.minor > 0 && !tooMuch
  const next = () => {
    if (possible) onNext({ type: 'refund', amountMinor: entry.minor })
  }
  const keyDown = (event: KeyboardEvent) => {
    const key = keypadKey(event.key)
    if (key !== undefined) onEntry(pressKey(entry, key))
    else if (event.key === 'Enter' && !event.repeat) next()
    else return
    event.preventDefault()
  }
  return (
    <Dialog
      title={t('refund.title')}
      testId="refund"
      onCancel={onClose}
      onMain={next}
      foot={
        <>
          <Button action="cancel" onClick={onClose}>
            {t('refund.cancel')}
          </Button>
          <Button action="pay" look="primary" disabled={!possible} onClick={next}>
            {entry.minor > 0 ? t('refund.next', { sum: money(entry.minor) }) : t('refund.nextEmpty')}
          </Button>
        </>
      }
    >
      <div className="refund-sale">
        <p>
          <strong>{t('refund.receipt', { number })}</strong>
        </p>
        {sold === undefined ? (
          <p>{t('refund.elsewhere')}</p>
        ) : (
          <dl>
            <Sum name={t('refund.paid')} value={money(sold.totalMinor)} />
            <Sum name={t('refund.back')} value={money(sold.refundedMinor)} />
            <Sum name={t('refund.left')} value={money(leftOf(sold))} />
          </dl>
        )}
      </div>
      {most === 0 ? (
        <p>{t('refund.nothingLeft')}</p>
      ) : (
        <>
          <div className="refund-amount">
            <input
              readOnly
              inputMode="none"
              data-focus-first=""
              aria-label={t('refund.amount')}
              aria-invalid={tooMuch}
              value={money(entry.minor)}
              onKeyDown={keyDown}
            />
            {most !== undefined && (
              <Button choice={choiceKeys[0]} disabled={entry.minor === most} onClick={() => onEntry({ minor: most, preset: true })}>
                {t('refund.all')}
              </Button>
            )}
          </div>
          <p className="refund-most" role="status">
            {tooMuch && t('refund.most', { sum: money(most) })}
          </p>
          <Keypad disabled={false} onPress={(key) => onEntry(pressKey(entry, key))} />
          {sold !== undefined && canVoid(sold) && (
            <Button look="quiet" choice={choiceKeys.at(-1)} onClick={() => onNext({ type: 'voidSale', amountMinor: sold.totalMinor })}>
              {t('refund.voidSale')}
            </Button>
          )}
        </>
      )}
    </Dialog>
  )
}

const Sum = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

type ConfirmProps = Money & {
  readonly wish: Wish
  readonly number: string
  readonly elsewhere: boolean
  readonly cash: boolean
  readonly sending: boolean
  readonly failed: ErrorCode | undefined
  onYes(): void
  onBack(): void
}

/** The step that moves money is not where the step before was: a double press does not get this far. */
function Confirm({ wish, number, elsewhere, cash, sending, failed, money, onYes, onBack }: ConfirmProps) {
  const sum = money(wish.amountMinor)
  const title = wish.type === 'refund' ? t('refund.confirm', { sum }) : t('refund.confirmVoid', { sum })
  const yes = wish.type === 'voidSale' ? t('refund.yesVoid') : elsewhere ? t('refund.yesRequest', { sum }) : t('refund.yes', { sum })
  return (
    <Dialog
      key="confirm"
      title={title}
      testId="refund"
      {...(sending ? {} : { onCancel: onBack, onMain: onYes })}
      foot={
        <>
          <Button action="cancel" disabled={sending} onClick={onBack}>
            {t('refund.back1')}
          </Button>
          <Button action="pay" look="primary" disabled={sending} onClick={onYes}>
            {sending ? t('refund.sending') : yes}
          </Button>
        </>
      }
    >
      <p>
        <strong>{t('refund.confirmFor', { number })}</strong>{' '}
        {elsewhere ? t('refund.confirmRequest') : cash ? t('refund.confirmCash') : t('refund.confirmHint')}
      </p>
      {failed !== undefined && <Failed code={failed} {...(failed === 'till.core_restarting' ? { next: t('refund.again') } : {})} />}
    </Dialog>
  )
}

type AnsweredProps = Money & {
  readonly wish: Wish
  readonly refund: RefundView | undefined
  readonly cash: boolean
  readonly qr: View['lastReturned']
  onClose(): void
}

function Answered({ wish, refund, cash, qr, money, onClose }: AnsweredProps) {
  const { title, hint, tone } = answerText(wish, refund, cash, money)
  return (
    <Dialog
      key="answered"
      title={title}
      testId="refund"
      onCancel={onClose}
      onMain={onClose}
      foot={
        <Button action="pay" look="primary" onClick={onClose}>
          {t('refund.close')}
        </Button>
      }
    >
      <p className="refund-answer" data-tone={tone} role="status">
        {tone === 'done' ? <CheckIcon /> : tone === 'requested' ? <WaitIcon /> : <AlertIcon />}
        {hint}
      </p>
      {qr !== undefined && <ReceiptQr text={qr.text} choice={choiceKeys[0]} />}
    </Dialog>
  )
}

/** A refund whose view has not come yet is one that was asked for: it says no more than is known. */
function answerText({ type, amountMinor }: Wish, refund: RefundView | undefined, cash: boolean, money: Money['money']) {
  const sum = money(refund?.amountMinor ?? amountMinor)
  if (type === 'voidSale') return { title: t('refund.voided', { sum }), hint: cash ? t('refund.voidedCash') : t('refund.voidedHint'), tone: 'done' } as const
  switch (refund?.state) {
    case 'done': {
      const hint = refund.receiptNumber === undefined ? t('refund.confirmHint') : t('refund.doneReceipt', { number: refund.receiptNumber })
      return { title: t('refund.done', { sum }), hint, tone: 'done' } as const
    }
    case 'declined': {
      const why = refund.code && errorText(refund.code)
      return { title: t('refund.declined', { sum }), hint: why === undefined ? '' : `${why.say} ${why.next}`, tone: 'declined' } as const
    }
    case 'requested':
    case undefined:
      return { title: t('refund.requested', { sum }), hint: t('refund.requestedHint'), tone: 'requested' } as const
  }
}

import { useEffect, useRef, type ReactNode } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Currency } from '#protocol/money.ts'
import type { TenderView } from '#protocol/till-api/api.ts'
import type { EpochMs, Timers } from '#protocol/time.ts'
import { formatMoney } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { AlertIcon, ApprovedMark, CameraIcon, CheckIcon, PhoneIcon, PrinterIcon, RefusedMark, UnknownMark } from '../../parts/icons.tsx'
import { focusMainRegion } from '../../parts/main-region.ts'
import { ExchangeNote } from '../../parts/exchange-note.tsx'
import { QrCode } from '../../parts/qr-code.tsx'
import { ReceiptQr } from '../../parts/receipt-qr.tsx'
import { receiptTrouble } from '../../parts/receipt-text.ts'
import { unreachable } from '#protocol/outcome.ts'
import { useCountdown } from '../../selling/use-countdown.ts'
import { errorText, t } from '../../words.ts'
import './tender.css'

type Open = Exclude<TenderView, { stage: 'none' }>
type At<Stage extends Open['stage']> = { readonly tender: Extract<Open, { stage: Stage }>; readonly currency: Currency }

type Props = {
  readonly tender: Open
  readonly currency: Currency
  readonly now: EpochMs
  readonly timers: Timers
  /** What is paid so far, and other ways to pay. */ readonly ways: ReactNode
  /** What can pay now, and why the rest cannot. */ readonly possible: ReactNode
  /** Ways to a receipt beside the paper, of this number. */ more(receiptNumber: string): ReactNode
  onCamera(): void
}

/** The payment, in the place of the products. */
export function Tender({ tender, currency, now, timers, ways, possible, more, onCamera }: Props) {
  switch (tender.stage) {
    case 'awaiting_code':
      return <AwaitingCode tender={tender} currency={currency} ways={ways} possible={possible} onCamera={onCamera} />
    case 'deciding':
      return <Deciding tender={tender} currency={currency} />
    case 'unknown':
      return <Unknown tender={tender} currency={currency} now={now} timers={timers} />
    case 'approved':
      return <Approved tender={tender} currency={currency} more={more} />
    case 'refused':
      return <Refused tender={tender} currency={currency} />
    default:
      return unreachable(tender)
  }
}

/** Takes the focus when it opens, so that a key pressed next acts on the payment and not on a product left behind. */
function Pane({ stage, children, takesFocus }: { readonly stage: Open['stage']; readonly children: ReactNode; readonly takesFocus: boolean }) {
  const pane = useRef<HTMLElement>(null)
  useEffect(() => {
    if (takesFocus) pane.current?.focus()
    return () => focusMainRegion(document)
  }, [takesFocus])
  return (
    <section className="tender" data-testid="tender" data-stage={stage} aria-label={t('tender.title')} tabIndex={-1} ref={pane}>
      {children}
    </section>
  )
}

const Amount = ({ label, children }: { readonly label?: string; readonly children: string }) => (
  <p className="tender-amount">
    {label !== undefined && <span className="tender-amount-label">{label}</span>}
    <strong>{children}</strong>
  </p>
)

function AwaitingCode({ tender, currency, ways, possible, onCamera }: At<'awaiting_code'> & Pick<Props, 'ways' | 'possible' | 'onCamera'>) {
  const amount = formatMoney(tender.amountMinor, currency)
  const qr = <QrCode text={tender.request} label={t('tender.request', { amount })} />
  return (
    <Pane stage={tender.stage} takesFocus>
      <Amount label={t('tender.toPay')}>{amount}</Amount>
      {tender.exchange !== undefined && <ExchangeNote exchange={tender.exchange} shop={currency} />}
      {ways}
      {tender.refused !== undefined && <RefusedCode key={tender.refused.n} code={tender.refused.code} />}
      {tender.boundRequired ? (
        <div className="tender-bound">
          <div className="tender-bound-code">{qr}</div>
          <div>
            <h2>{t('tender.boundTitle')}</h2>
            <ol className="tender-steps">
              {(['boundStep1', 'boundStep2', 'boundStep3'] as const).map((step) => (
                <li key={step}>{t(`tender.${step}`)}</li>
              ))}
            </ol>
          </div>
        </div>
      ) : (
        <>
          <div className="tender-show">
            <PhoneIcon />
            <div>
              <h2>{t('tender.askForCode')}</h2>
              <p>
                {t('tender.scanIt')} {t('tenders.orGiftCard')} {t('card.orSwipe')}
              </p>
            </div>
          </div>
          <div className="tender-or">
            {qr}
            <div>
              <h3>{t('tender.orScan')}</h3>
              <p>{t('tender.orScanHint')}</p>
            </div>
          </div>
        </>
      )}
      {possible}
      <Button action="camera" onClick={onCamera}>
        <CameraIcon />
        {t('devices.camera')}
      </Button>
    </Pane>
  )
}

function RefusedCode({ code }: { readonly code: ErrorCode }) {
  const { say, next, tone } = errorText(code)
  return (
    <div className="tender-code-refused" data-tone={tone}>
      {tone === 'refused' ? <RefusedMark /> : <AlertIcon />}
      <p>
        <strong>
          {t('refused.codeTitle')}. {say}
        </strong>
        <span>
          {next} {t('tender.stillOpen')}
        </span>
      </p>
    </div>
  )
}

function Deciding({ tender, currency }: At<'deciding'>) {
  return (
    <Pane stage={tender.stage} takesFocus>
      <Amount>{formatMoney(tender.amountMinor, currency)}</Amount>
      <h2>{t('decidingTitle')}</h2>
      <div className="tender-pulse" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
      <p className="tender-hint">{t('decidingHint')}</p>
    </Pane>
  )
}

/** Neither yes nor no, and calm about it: what is being done, for how much longer, and that nobody charges again. */
function Unknown({ tender, currency, now, timers }: At<'unknown'> & Pick<Props, 'now' | 'timers'>) {
  const left = useCountdown(timers, tender.since, tender.until, now)
  return (
    <Pane stage={tender.stage} takesFocus>
      <UnknownMark />
      <h2 className="tender-verdict">{t('unknown.title')}</h2>
      <Amount>{formatMoney(tender.amountMinor, currency)}</Amount>
      <div className="tender-unknown">
        <p>
          <strong>{t('unknown.say')}</strong> {t('unknown.never')}
        </p>
        <p className="tender-countdown" role="timer">
          {left > 0 ? t('unknown.left', { count: left }) : t('unknown.ending')}
        </p>
        <p>{t('unknown.after')}</p>
        {tender.code !== 'payment.unresolved' && (
          <p className="tender-unknown-why">
            {t('unknown.why')}: {errorText(tender.code).say}
          </p>
        )}
      </div>
    </Pane>
  )
}

function Approved({ tender, currency, more }: At<'approved'> & Pick<Props, 'more'>) {
  return (
    <Pane stage={tender.stage} takesFocus={false}>
      <ApprovedMark />
      <h2 className="tender-verdict">{t('approved.title')}</h2>
      {tender.cash === undefined || tender.cash.changeMinor === 0 ? (
        <Amount>{formatMoney(tender.amountMinor, currency)}</Amount>
      ) : (
        <Amount label={t('cash.change')}>{formatMoney(tender.cash.changeMinor, currency)}</Amount>
      )}
      <ul className="tender-facts">
        <li>
          <CheckIcon />
          {howPaid(tender, currency)}
        </li>
        <ReceiptFact tender={tender} />
      </ul>
      <div className="tender-receipt">
        {more(tender.receiptNumber)}
        {tender.receiptText !== undefined && <ReceiptQr key={tender.receiptNumber} text={tender.receiptText} />}
      </div>
    </Pane>
  )
}

function howPaid({ parts, cash, decidedBy, amountMinor }: At<'approved'>['tender'], currency: Currency): string {
  if (parts !== undefined) return t('tenders.several', { count: parts.length })
  if (cash === undefined) return t(`approved.${decidedBy}`)
  const given = cash.foreign ?? { tenderedMinor: cash.tenderedMinor, currency }
  return t('cash.taken', { sum: formatMoney(amountMinor, currency), given: formatMoney(given.tenderedMinor, given.currency) })
}

function ReceiptFact({ tender }: Pick<At<'approved'>, 'tender'>) {
  const { receipt, receiptNumber } = tender
  const trouble = receiptTrouble(tender)
  return (
    <li data-trouble={trouble !== undefined || undefined}>
      {trouble === undefined ? <PrinterIcon /> : <AlertIcon />}
      <span>
        {t('approved.receipt', { number: receiptNumber })} · {t(`receipt.${receipt}`)}
        {trouble !== undefined && <span className="tender-facts-next">{trouble}</span>}
      </span>
    </li>
  )
}

function Refused({ tender, currency }: At<'refused'>) {
  const { say, next } = errorText(tender.code)
  return (
    <Pane stage={tender.stage} takesFocus={false}>
      <RefusedMark />
      <h2 className="tender-verdict">{t('refused.title')}</h2>
      <p className="tender-not-taken">{t('refused.notTaken', { amount: formatMoney(tender.amountMinor, currency) })}</p>
      <div className="tender-why">
        <p className="tender-why-say">{say}</p>
        <p>
          <span className="tender-why-label">{t('refused.nextTitle')}</span>
          {next}
        </p>
      </div>
    </Pane>
  )
}

import { useEffect, useRef, type ReactNode } from 'react'
import { errors, type ErrorCode } from '#protocol/errors.ts'
import type { Currency } from '#protocol/money.ts'
import type { TenderView } from '#protocol/till-api/api.ts'
import type { EpochMs, Timers } from '#protocol/time.ts'
import { formatMoney } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { AlertIcon, ApprovedMark, CameraIcon, CheckIcon, PhoneIcon, PrinterIcon, RefusedMark, UnknownMark } from '../parts/icons.tsx'
import { QrCode } from '../parts/qr-code.tsx'
import { receiptTrouble } from '../parts/receipt-text.ts'
import { unreachable } from '#protocol/outcome.ts'
import { useCountdown } from '../selling/use-countdown.ts'
import { words } from '../words.ts'
import './tender.css'

type Open = Exclude<TenderView, { stage: 'none' }>
type At<Stage extends Open['stage']> = { readonly tender: Extract<Open, { stage: Stage }>; readonly currency: Currency }

type Props = { readonly tender: Open; readonly currency: Currency; readonly now: EpochMs; readonly timers: Timers; onCamera(): void }

/** The payment, in the place of the products. */
export function Tender({ tender, currency, now, timers, onCamera }: Props) {
  switch (tender.stage) {
    case 'awaiting_code':
      return <AwaitingCode tender={tender} currency={currency} onCamera={onCamera} />
    case 'deciding':
      return <Deciding tender={tender} currency={currency} />
    case 'unknown':
      return <Unknown tender={tender} currency={currency} now={now} timers={timers} />
    case 'approved':
      return <Approved tender={tender} currency={currency} />
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
  }, [takesFocus])
  return (
    <section className="tender" data-testid="tender" data-stage={stage} aria-label={words.tender.title} tabIndex={-1} ref={pane}>
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

function AwaitingCode({ tender, currency, onCamera }: At<'awaiting_code'> & Pick<Props, 'onCamera'>) {
  const amount = formatMoney(tender.amountMinor, currency)
  const qr = <QrCode text={tender.request} label={words.tender.request(amount)} />
  return (
    <Pane stage={tender.stage} takesFocus>
      <Amount label={words.tender.toPay}>{amount}</Amount>
      {tender.refused !== undefined && <RefusedCode key={tender.refused.n} code={tender.refused.code} />}
      {tender.boundRequired ? (
        <div className="tender-bound">
          <div className="tender-bound-code">{qr}</div>
          <div>
            <h2>{words.tender.boundTitle}</h2>
            <ol className="tender-steps">
              {words.tender.boundSteps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </div>
        </div>
      ) : (
        <>
          <div className="tender-show">
            <PhoneIcon />
            <div>
              <h2>{words.tender.askForCode}</h2>
              <p>{words.tender.scanIt}</p>
            </div>
          </div>
          <div className="tender-or">
            {qr}
            <div>
              <h3>{words.tender.orScan}</h3>
              <p>{words.tender.orScanHint}</p>
            </div>
          </div>
        </>
      )}
      <Button action="camera" onClick={onCamera}>
        <CameraIcon />
        {words.devices.camera}
      </Button>
    </Pane>
  )
}

function RefusedCode({ code }: { readonly code: ErrorCode }) {
  const { say, next, tone } = errors[code]
  return (
    <div className="tender-code-refused" data-tone={tone}>
      {tone === 'refused' ? <RefusedMark /> : <AlertIcon />}
      <p>
        <strong>
          {words.refused.codeTitle}. {say}
        </strong>
        <span>
          {next} {words.tender.stillOpen}
        </span>
      </p>
    </div>
  )
}

function Deciding({ tender, currency }: At<'deciding'>) {
  return (
    <Pane stage={tender.stage} takesFocus>
      <Amount>{formatMoney(tender.amountMinor, currency)}</Amount>
      <h2>{words.decidingTitle}</h2>
      <div className="tender-pulse" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
      <p className="tender-hint">{words.decidingHint}</p>
    </Pane>
  )
}

/** Neither yes nor no, and calm about it: what is being done, for how much longer, and that nobody charges again. */
function Unknown({ tender, currency, now, timers }: At<'unknown'> & Pick<Props, 'now' | 'timers'>) {
  const left = useCountdown(timers, tender.since, tender.until, now)
  return (
    <Pane stage={tender.stage} takesFocus>
      <UnknownMark />
      <h2 className="tender-verdict">{words.unknown.title}</h2>
      <Amount>{formatMoney(tender.amountMinor, currency)}</Amount>
      <div className="tender-unknown">
        <p>
          <strong>{words.unknown.say}</strong> {words.unknown.never}
        </p>
        <p className="tender-countdown" role="timer">
          {left > 0 ? words.unknown.left(left) : words.unknown.ending}
        </p>
        <p>{words.unknown.after}</p>
        {tender.code !== 'payment.unresolved' && (
          <p className="tender-unknown-why">
            {words.unknown.why}: {errors[tender.code].say}
          </p>
        )}
      </div>
    </Pane>
  )
}

function Approved({ tender, currency }: At<'approved'>) {
  return (
    <Pane stage={tender.stage} takesFocus={false}>
      <ApprovedMark />
      <h2 className="tender-verdict">{words.approved.title}</h2>
      <Amount>{formatMoney(tender.amountMinor, currency)}</Amount>
      <ul className="tender-facts">
        <li>
          <CheckIcon />
          {words.approved[tender.decidedBy]}
        </li>
        <ReceiptFact tender={tender} />
      </ul>
    </Pane>
  )
}

function ReceiptFact({ tender }: Pick<At<'approved'>, 'tender'>) {
  const { receipt, receiptNumber } = tender
  const trouble = receiptTrouble(tender)
  return (
    <li data-trouble={trouble !== undefined || undefined}>
      {trouble === undefined ? <PrinterIcon /> : <AlertIcon />}
      <span>
        {words.approved.receipt(receiptNumber)} · {words.receipt[receipt]}
        {trouble !== undefined && <span className="tender-facts-next">{trouble}</span>}
      </span>
    </li>
  )
}

function Refused({ tender, currency }: At<'refused'>) {
  const { say, next } = errors[tender.code]
  return (
    <Pane stage={tender.stage} takesFocus={false}>
      <RefusedMark />
      <h2 className="tender-verdict">{words.refused.title}</h2>
      <p className="tender-not-taken">{words.refused.notTaken(formatMoney(tender.amountMinor, currency))}</p>
      <div className="tender-why">
        <p className="tender-why-say">{say}</p>
        <p>
          <span className="tender-why-label">{words.refused.nextTitle}</span>
          {next}
        </p>
      </div>
    </Pane>
  )
}

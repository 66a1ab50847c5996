import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import type { View } from '#protocol/till-api/api.ts'
import type { ReturningLine } from '#protocol/till-api/returns.ts'
import { formatMoney, formatWeight } from '../format.ts'
import { isAskedElsewhere } from '../gate/gate-text.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import { CheckIcon } from '../parts/icons.tsx'
import { ReceiptQr } from '../parts/receipt-qr.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { Reason, reasonText, type ReasonChoice } from './reason.tsx'
import { Ways, type Way } from './ways.tsx'
import './returns.css'

type Props = {
  readonly returnId: Id
  readonly number: string
  readonly view: View
  readonly session: Session
  /** A sum in place of goods. */
  onSum(): void
  /** Nothing comes back: the customer wants the receipt. */
  onSend(): void
  onClose(): void
}

/** What was sold under a receipt: what of it comes back, why, and in which way its value goes back. */
export function ReturnDialog({ returnId, number, view, session, onSum, onSend, onClose }: Props) {
  const { returning, returned } = view
  const [way, setWay] = useState<Way>('as_paid')
  const [reason, setReason] = useState<ReasonChoice>({ kind: 'faulty' })
  const [sending, setSending] = useState(false)
  const [failed, setFailed] = useState<ErrorCode>()
  const money = (minor: Minor) => formatMoney(minor, view.till.currency)
  if (returned?.returnId === returnId)
    return <Done paid={money(returned.paidMinor)} as={returned.as} number={returned.receiptNumber} qr={view.lastReturned} onClose={onClose} />
  if (returning?.receiptNumber !== number) return null

  const chosen = returning.lines.flatMap(({ line, chosen: units }) => (units === 0 ? [] : [{ line, units }]))
  const open = returning.ways.find(({ as }) => as === way) ?? returning.ways[0]
  const text = reasonText(reason)
  const canSend = open !== undefined && text !== '' && !sending
  const choose = async (line: number, units: number) => {
    const lines = [...chosen.filter((one) => one.line !== line), ...(units === 0 ? [] : [{ line, units }])]
    const outcome = await session.ask({ type: 'chooseReturn', lines })
    setFailed(outcome.ok ? undefined : outcome.code)
  }
  const all = () => {
    const lines = returning.lines.flatMap(({ line, left }) => (left === 0 ? [] : [{ line, units: left }]))
    void session.ask({ type: 'chooseReturn', lines })
  }
  const send = async () => {
    if (!canSend) return
    setSending(true)
    const outcome = await session.ask({ type: 'returnGoods', returnId, receiptNumber: number, lines: chosen, as: open.as, reason: text })
    setSending(false)
    if (outcome.ok) return
    if (isAskedElsewhere(outcome.code)) onClose()
    else setFailed(outcome.code)
  }

  return (
    <Dialog
      title={t('returns.title')}
      testId="return"
      {...(sending ? {} : { onCancel: onClose, onMain: () => void send() })}
      foot={
        <>
          <Button action="cancel" disabled={sending} onClick={onClose}>
            {t('refund.cancel')}
          </Button>
          <Button action="pay" look="primary" disabled={!canSend} onClick={() => void send()}>
            {open === undefined ? t('returns.chooseFirst') : t('returns.give', { sum: money(open.minor) })}
          </Button>
        </>
      }
    >
      <p>
        <strong>{t('refund.receipt', { number })}</strong>
      </p>
      <ul className="return-lines">
        {returning.lines.map((line) => (
          <Line key={line.line} line={line} money={money} onUnits={(units) => void choose(line.line, units)} />
        ))}
      </ul>
      <div className="return-tools">
        <Button choice={choiceKeys[0]} onClick={all}>
          {t('returns.all')}
        </Button>
        <Button look="quiet" choice={choiceKeys[1]} onClick={onSum}>
          {t('returns.sum')}
        </Button>
        {view.training !== true && (
          <Button look="quiet" choice={choiceKeys[2]} onClick={onSend}>
            {t('receipts.send')}
          </Button>
        )}
      </div>
      <Reason choice={reason} onChoice={setReason} />
      {open !== undefined && <Ways ways={returning.ways} way={open.as} money={money} onWay={setWay} />}
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}

type LineProps = { readonly line: ReturningLine; money(minor: Minor): string; onUnits(units: number): void }

/** Of a kilogram or a pound. */
const TENTH = 100

/** Pieces one by one, and what was weighed in tenths of its unit. */
function Line({ line: { name, left, chosen, weight, totalMinor }, money, onUnits }: LineProps) {
  const step = weight === undefined ? 1 : TENTH
  const amount = (units: number) => (weight === undefined ? String(units) : formatWeight({ milli: units, unit: weight.unit }))
  return (
    <li className="return-line" data-chosen={chosen > 0 || undefined}>
      <span className="return-name">
        {name}
        <small>{left === 0 ? t('returns.nothingLeft') : t('returns.left', { amount: amount(left), sum: money(totalMinor) })}</small>
      </span>
      <Button aria-label={t('returns.fewer', { name })} disabled={chosen === 0} onClick={() => onUnits(Math.max(0, chosen - step))}>
        −
      </Button>
      <output aria-label={t('returns.chosen', { name })}>{amount(chosen)}</output>
      <Button aria-label={t('returns.more', { name })} disabled={chosen >= left} onClick={() => onUnits(Math.min(left, chosen + step))}>
        +
      </Button>
    </li>
  )
}

type DoneProps = { readonly paid: string; readonly as: Way; readonly number: string; readonly qr: View['lastReturned']; onClose(): void }

function Done({ paid, as, number, qr, onClose }: DoneProps) {
  return (
    <Dialog
      key="done"
      title={t('refund.done', { sum: paid })}
      testId="return"
      onCancel={onClose}
      onMain={onClose}
      foot={
        <Button action="pay" look="primary" onClick={onClose}>
          {t('refund.close')}
        </Button>
      }
    >
      <p className="refund-answer" data-tone="done" role="status">
        <CheckIcon />
        {t(`returns.done.${as}`)} {t('refund.doneReceipt', { number })}
      </p>
      {qr?.number === number && <ReceiptQr text={qr.text} choice={choiceKeys[0]} />}
    </Dialog>
  )
}

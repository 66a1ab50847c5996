import { useEffect, useState } from 'react'
import type { ErrorText } from '#protocol/errors.ts'
import { errors } from '../../failures.ts'
import type { AccountView, PaymentDetail, PaymentView, PostingView, RefundView, TillView } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { accountNames, type AccountName } from '../../account-names.ts'
import { fetchPayment, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { formatWhole } from '../../times.ts'
import { postingWord } from '../../trace.ts'
import { words } from '../../words.ts'
import { Account } from '../../parts/account.tsx'
import { Button } from '../../parts/button.tsx'
import { StatusChip } from '../../parts/chip.tsx'
import { Drawer } from '../../parts/drawer.tsx'
import { AlertIcon, CrossIcon, DownIcon, UpIcon } from '../../parts/icons.tsx'
import { HoldPayment } from '../escrow/hold-payment.tsx'
import { PaymentRisk } from './payment-risk.tsx'
import { RefusedRefund } from './refused-refund.tsx'
import { Time } from '../../parts/time.tsx'
import { Trace } from './trace.tsx'
import './payment-panel.css'

type Props = {
  readonly id: Id
  /** Its row, while it is among those listed: newer than what was fetched. */
  readonly listed: PaymentView | undefined
  readonly newer: Id | undefined
  readonly older: Id | undefined
  readonly accounts: readonly AccountView[]
  readonly tills: readonly TillView[]
  readonly now: EpochMs
  readonly onOpen: (id: Id) => void
  readonly onClose: () => void
}

/** The entries and postings behind one payment. Fetched again whenever its row changes. */
export function PaymentPanel({ id, listed, newer, older, accounts, tills, now, onOpen, onClose }: Props) {
  const [answer, setAnswer] = useState<Answer<PaymentDetail>>()
  const [attempt, setAttempt] = useState(0)
  const version = listed && `${listed.state} ${listed.settled} ${listed.exception} ${listed.refundedMinor}`
  useEffect(() => {
    let wanted = true
    void fetchPayment(id).then((fetched) => wanted && setAnswer(fetched))
    return () => {
      wanted = false
    }
  }, [id, version, attempt])

  const detail = answer?.ok === true && answer.value.payment.id === id ? answer.value : undefined
  const payment = listed ?? detail?.payment
  return (
    <Drawer title={words.payment.title} place="side" onClose={onClose}>
      <header className="drawer-head">
        <h2>{words.payment.title}</h2>
        <Button look="quiet" icon aria-label={words.payment.newer} disabled={newer === undefined} onClick={() => newer && onOpen(newer)}>
          <UpIcon />
        </Button>
        <Button look="quiet" icon aria-label={words.payment.older} disabled={older === undefined} onClick={() => older && onOpen(older)}>
          <DownIcon />
        </Button>
        <Button look="quiet" icon aria-label={words.payment.close} onClick={onClose}>
          <CrossIcon />
        </Button>
      </header>
      {payment && <Summary payment={payment} />}
      {detail?.refusedRefund !== undefined && (
        <RefusedRefund payment={id} currency={detail.payment.currency} refused={detail.refusedRefund} onAsked={(value) => setAnswer({ ok: true, value })} />
      )}
      {payment?.risk !== undefined && <PaymentRisk key={`risk ${id}`} payment={id} outcome={payment.risk} isAlone={payment.decidedBy === 'policy'} />}
      {detail !== undefined && <HoldPayment key={id} payment={detail.payment} />}
      {detail !== undefined && (
        <Behind detail={detail} names={accountNames(accounts)} tillNames={new Map(tills.map((till) => [till.id, till.name]))} now={now} />
      )}
      {detail === undefined && answer?.ok !== false && <p className="muted">{words.payment.loading}</p>}
      {answer?.ok === false && <Failed unknown={answer.status === 404} onRetry={() => setAttempt(attempt + 1)} />}
    </Drawer>
  )
}

function Summary({ payment }: { readonly payment: PaymentView }) {
  const { id, amountMinor, refundedMinor, currency, at, settledAt, till, wallet, profile, decidedBy, receiptNumber, exception } = payment
  const facts: readonly (readonly [string, string | undefined])[] = [
    [words.payments.till, till],
    [words.payments.decidedBy, decidedBy && words.payments[decidedBy]],
    [words.payments.wallet, profile === 'cash' ? words.payments.profile.cash : wallet && profile && `${wallet} · ${words.payments.profile[profile]}`],
    [words.payments.receipt, receiptNumber],
    [
      words.payment.refundedSum,
      refundedMinor === 0 ? undefined : words.payment.refundedOf(formatMoney(refundedMinor, currency), formatMoney(amountMinor - refundedMinor, currency)),
    ],
    [words.payment.intended, formatWhole(at)],
    [words.payment.settledAt, settledAt === undefined ? words.payment.notSettled : formatWhole(settledAt)],
    [words.payment.id, id],
  ]
  return (
    <>
      <p className="panel-amount">
        {formatMoney(amountMinor, currency)} <StatusChip payment={payment} />
      </p>
      {exception && <Why {...errors[exception]} />}
      <dl className="panel-facts">
        {facts.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd className={name === words.payment.id ? 'mono' : undefined}>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </>
  )
}

/** What to do about a refusal is said to the cashier, at the till. */
const Why = ({ say, next, tone }: ErrorText) => (
  <div className="panel-why" data-tone={tone}>
    <AlertIcon />
    <p>
      <strong>{say}</strong> {tone === 'attention' && next}
    </p>
  </div>
)

type Names = ReadonlyMap<string, AccountName>

type BehindProps = { readonly detail: PaymentDetail; readonly names: Names; readonly tillNames: ReadonlyMap<Id, string>; readonly now: EpochMs }

function Behind({ detail, names, tillNames, now }: BehindProps) {
  const { postings, refunds } = detail
  return (
    <>
      <Trace detail={detail} tillNames={tillNames} now={now} />
      {refunds.length > 0 && <Refunds refunds={refunds} now={now} />}
      <h3 className="panel-title">{words.payment.postings}</h3>
      {postings.length === 0 && <p className="muted">{words.payment.noPostings}</p>}
      <ol className="panel-postings">
        {postings.map((posting) => (
          <Posting key={posting.id} posting={posting} names={names} now={now} />
        ))}
      </ol>
    </>
  )
}

function Refunds({ refunds, now }: { readonly refunds: readonly RefundView[]; readonly now: EpochMs }) {
  return (
    <>
      <h3 className="panel-title">{words.payment.refunds}</h3>
      <ol className="panel-postings">
        {refunds.map(({ id, till, how, amountMinor, currency, verdict, at }) => (
          <li key={id}>
            <p>
              <strong>{formatMoney(amountMinor, currency)}</strong>
              <span className="panel-verdict">{verdict === 'approved' ? words.payment.refundApproved : words.payment.refundDeclined}</span>
              <span className="panel-at">
                <Time at={at} now={now} />
              </span>
            </p>
            <p className="muted">
              {words.payment.how[how]} · {till}
            </p>
            {verdict !== 'approved' && <p>{errors[verdict].say}</p>}
          </li>
        ))}
      </ol>
    </>
  )
}

const Posting = ({
  posting: { id, kind, debit, credit, amountMinor, currency, at },
  names,
  now,
}: {
  readonly posting: PostingView
  readonly names: Names
  readonly now: EpochMs
}) => (
  <li>
    <p>
      <strong>{postingWord(kind, id)}</strong>
      <span className="panel-at">
        <Time at={at} now={now} />
      </span>
    </p>
    <table>
      <tbody>
        <tr>
          <th scope="row">{words.payment.debit}</th>
          <td>
            <Account id={debit} name={names.get(debit)} />
          </td>
          <td className="money">{formatMoney(amountMinor, currency)}</td>
        </tr>
        <tr>
          <th scope="row">{words.payment.credit}</th>
          <td>
            <Account id={credit} name={names.get(credit)} />
          </td>
          <td className="money">{formatMoney(amountMinor, currency)}</td>
        </tr>
      </tbody>
    </table>
  </li>
)

const Failed = ({ unknown, onRetry }: { readonly unknown: boolean; readonly onRetry: () => void }) => (
  <div className="panel-failed" role="alert">
    <p>{unknown ? words.payment.unknown : words.payment.failed}</p>
    <Button onClick={onRetry}>{words.payment.retry}</Button>
  </div>
)

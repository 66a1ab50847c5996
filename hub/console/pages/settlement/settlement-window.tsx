import { useEffect, useState } from 'react'
import type { SettlementState, WindowDetail, WindowTotal, WindowView } from '#protocol/hub-api/settlement.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fetchWindow } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { settlementWords as words } from '../../settlement-words.ts'
import { Button } from '../../parts/button.tsx'
import { Time } from '../../parts/time.tsx'
import { CloseNow } from './close-now.tsx'

type Props = {
  readonly window: WindowView
  readonly now: EpochMs
  readonly who: string | undefined
  readonly isShown: boolean
  readonly onToggle: () => void
  readonly onOpen: (payment: Id) => void
  readonly onDone: (state: SettlementState) => void
}

/** What a window has come to, and when it is opened what it counts. */
export function SettlementWindow({ window, now, who, isShown, onToggle, onOpen, onDone }: Props) {
  const [isClosing, setClosing] = useState(false)
  const { id, merchant, currency, date, endsAt, state, postings, totals, netMinor, closedBy } = window
  const named = Object.entries(totals) as [WindowTotal, string][]
  return (
    <li className="work-item">
      <div className="work-head">
        <strong>{date}</strong>
        <strong>{formatMoney(Number(netMinor), currency)}</strong>
      </div>
      <p className="muted">
        {merchant} · {words.window[state]}
        {state === 'open' && (
          <>
            {' '}
            <Time at={endsAt} now={now} />
          </>
        )}
        {closedBy !== undefined && closedBy !== 'hub' && (
          <>
            {' '}
            {words.closedEarly(closedBy)} <Time at={endsAt} now={now} />
          </>
        )}
      </p>
      <div className="work-tools">
        <Button onClick={onToggle} aria-expanded={isShown}>
          {words.postings(postings)}
        </Button>
        {state === 'open' && !isClosing && (
          <Button needs="money" onClick={() => setClosing(true)}>
            {words.closeNow}
          </Button>
        )}
      </div>
      {isClosing && state === 'open' && <CloseNow window={window} who={who} onDone={onDone} onClose={() => setClosing(false)} />}
      {isShown && (
        <>
          <dl className="settlement-totals">
            {named.map(([name, minor]) => (
              <div key={name}>
                <dt>{words.totals[name]}</dt>
                <dd>{formatMoney(Number(minor), currency)}</dd>
              </div>
            ))}
            <div>
              <dt>{words.net}</dt>
              <dd>{formatMoney(Number(netMinor), currency)}</dd>
            </div>
          </dl>
          <Postings id={id} count={postings} onOpen={onOpen} />
        </>
      )}
    </li>
  )
}

function Postings({ id, count, onOpen }: { readonly id: string; readonly count: number; readonly onOpen: (payment: Id) => void }) {
  const [detail, setDetail] = useState<WindowDetail>()
  useEffect(() => {
    void fetchWindow(id).then((answer) => (answer.ok ? setDetail(answer.value) : undefined))
  }, [id, count])
  if (detail === undefined) return null
  const { currency } = detail.window
  const isPart = detail.postings.filter(({ kind }) => kind !== 'fees' && kind !== 'feeTax').length < count
  return (
    <>
      {isPart && <p className="muted">{words.more}</p>}
      <ul className="settlement-postings">
        {detail.postings.map(({ id: posting, payment, kind, effectMinor, feeMinor = 0, taxMinor = 0 }) => (
          <li key={posting}>
            {payment === undefined ? (
              <span>{words.totals[kind]}</span>
            ) : (
              <button type="button" className="settlement-link" onClick={() => onOpen(payment)}>
                {words.totals[kind]} · {payment.slice(-6).toUpperCase()}
              </button>
            )}
            <span>
              {feeMinor + taxMinor !== 0 && <span className="muted">{words.fee(formatMoney(feeMinor + taxMinor, currency))} </span>}
              {formatMoney(Number(effectMinor), currency)}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

import type { PaymentDetail } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { traceOf, type Event } from '../../trace.ts'
import { words } from '../../words.ts'
import { Time } from '../../parts/time.tsx'

type Props = { readonly detail: PaymentDetail; readonly tillNames: ReadonlyMap<Id, string>; readonly now: EpochMs }

/** Everything that happened to a payment, at tills and at the hub, in one line of beads. */
export function Trace({ detail, tillNames, now }: Props) {
  const events = traceOf(detail, (till) => tillNames.get(till) ?? till)
  return (
    <>
      <h3 className="panel-title">{words.payment.trace}</h3>
      {events.length === 0 && <p className="muted">{words.payment.noTrace}</p>}
      <ol className="panel-entries">
        {events.map((event) => (
          <TraceEvent key={event.key} event={event} now={now} />
        ))}
      </ol>
    </>
  )
}

const TraceEvent = ({ event: { what, kind, where, place, at, receivedAt, why, detail, raw }, now }: { readonly event: Event; readonly now: EpochMs }) => (
  <li data-where={where}>
    <p>
      <strong>{what}</strong>
      <span className="panel-at">
        <Time at={at} now={now} />
      </span>
    </p>
    {why !== undefined && <p>{why}</p>}
    {detail !== undefined && <p>{detail}</p>}
    <p className="muted">
      {place === undefined ? words.payment.atHub : words.payment.atTill(place.till, words.stuck.place(place.epoch, place.n))}
      {receivedAt !== undefined && (
        <>
          {' '}
          · {words.payment.received} <Time at={receivedAt} now={now} />
        </>
      )}{' '}
      ·{' '}
      <span className="mono" title={place?.hash}>
        {kind}
      </span>
    </p>
    {raw !== undefined && (
      <details className="panel-raw">
        <summary>{words.payment.raw}</summary>
        <pre className="mono" tabIndex={0}>
          {raw}
        </pre>
      </details>
    )}
  </li>
)

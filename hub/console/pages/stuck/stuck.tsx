import { errors } from '../../failures.ts'
import type { Id } from '#protocol/ids.ts'
import type { ExceptionView } from '#protocol/hub-api/overview.ts'
import type { EpochMs } from '#protocol/time.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { AlertIcon } from '../../parts/icons.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import './stuck.css'

type Props = { readonly exceptions: readonly ExceptionView[]; readonly all: number; readonly now: EpochMs; readonly onOpen: (payment: Id) => void }

/** What needs a person, and why, in the sentences of the error table. Nothing is drawn when nothing does. */
export function Stuck({ exceptions, all, now, onOpen }: Props) {
  if (exceptions.length === 0) return null
  const note = all > exceptions.length ? { note: words.stuck.showing(exceptions.length, all) } : {}
  return (
    <Section id="stuck" title={words.stuck.heading} tone="attention" {...note}>
      <ul className="exceptions">
        {exceptions.map((exception) => (
          <Exception key={`${exception.till} ${exception.epoch} ${exception.n}`} exception={exception} now={now} onOpen={onOpen} />
        ))}
      </ul>
    </Section>
  )
}

function Exception({ exception, now, onOpen }: Pick<Props, 'now' | 'onOpen'> & { readonly exception: ExceptionView }) {
  const { code, detail, paymentId, till, epoch, n, at } = exception
  const { say, next, tone } = errors[code]
  return (
    <li className="exception">
      <AlertIcon />
      <div>
        <p className="exception-say">{say}</p>
        {/* What to do about a refusal is said to the cashier, at the till. */}
        {tone === 'attention' && <p>{next}</p>}
        <p className="exception-place muted">
          <Time at={at} now={now} /> · {till} · {words.stuck.place(epoch, n)} · <span className="mono">{code}</span>
          {detail && ` · ${detail}`}
        </p>
      </div>
      {paymentId !== undefined && <Button onClick={() => onOpen(paymentId)}>{words.stuck.open}</Button>}
    </li>
  )
}

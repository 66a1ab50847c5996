import type { AcquirerView } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney } from '../../money.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { AlertIcon, WaitIcon } from '../../parts/icons.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import './acquirer.css'

type Props = { readonly heading: string; readonly acquirer: AcquirerView; readonly now: EpochMs; readonly onOpen: (payment: Id) => void }

/** Whether cards or another scheme’s wallets can be authorised, and what the acquirer has yet to undo. */
export function AcquirerState({ heading, acquirer, now, onOpen }: Props) {
  const { id, link, since, answered, silent, stray, waiting, reversals } = acquirer
  return (
    <Section id={`acquirer-${id}`} title={heading} note={id} {...(waiting > 0 || link !== 'ready' ? { tone: 'attention' as const } : {})}>
      <p className="acquirer-line">
        <span className="chip" data-tone={link === 'ready' ? 'done' : 'attention'} data-testid="acquirer-link">
          {link === 'ready' ? null : <AlertIcon />}
          {words.acquirer.links[link]}
        </span>{' '}
        <span className="muted">
          {words.acquirer.since} <Time at={since} now={now} />
        </span>
      </p>
      <p className="acquirer-line muted">{words.acquirer.counts(answered, silent, stray)}</p>
      {waiting > 0 && (
        <>
          <p className="acquirer-line">
            <WaitIcon /> {words.acquirer.waiting(waiting)}
          </p>
          <ul className="claims">
            {reversals.map(({ payment, card, amountMinor, currency, since: from, tries }) => (
              <li key={payment} className="claim" data-testid="reversal">
                <strong>{formatMoney(amountMinor, currency)}</strong> <span className="mono">{card}</span>
                <p className="muted">
                  {words.acquirer.since} <Time at={from} now={now} /> · {words.acquirer.tries(tries)}
                </p>
                <Button onClick={() => onOpen(payment)}>{words.acquirer.open}</Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  )
}

import { useState } from 'react'
import { errors } from '../../failures.ts'
import type { AtRiskView } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney } from '../../money.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { ClaimDialog } from './claim-dialog.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import './at-risk.css'

type Props = { readonly atRisk: readonly AtRiskView[]; readonly all: number; readonly now: EpochMs; readonly onOpen: (payment: Id) => void }
type Asked = { readonly what: 'retry' | 'writeOff'; readonly claim: AtRiskView }

/** Money that tills have promised and wallets have not paid, oldest first: how it stands, and what a person can do. Nothing is drawn when there is none. */
export function AtRisk({ atRisk, all, now, onOpen }: Props) {
  const [asked, setAsked] = useState<Asked>()
  if (atRisk.length === 0 && asked === undefined) return null
  return (
    <Section
      id="at-risk"
      title={words.atRisk.heading}
      tone="attention"
      note={all > atRisk.length ? words.atRisk.showing(atRisk.length, all) : words.atRisk.note}
    >
      <ul className="claims">
        {atRisk.map((claim) => (
          <Claim key={claim.id} claim={claim} now={now} onOpen={onOpen} onAsk={(what) => setAsked({ what, claim })} />
        ))}
      </ul>
      {asked !== undefined && <ClaimDialog what={asked.what} claim={asked.claim} onClose={() => setAsked(undefined)} />}
    </Section>
  )
}

type ClaimProps = { readonly claim: AtRiskView; readonly now: EpochMs; readonly onOpen: Props['onOpen']; readonly onAsk: (what: Asked['what']) => void }

function Claim({ claim, now, onOpen, onAsk }: ClaimProps) {
  const { id, till, state, claimMinor, currency, code, since, attempts, nextAttemptAt } = claim
  const sum = formatMoney(claimMinor, currency)
  return (
    <li className="claim" data-testid="claim">
      <div className="claim-sum">
        <strong>{sum}</strong>
        <Chip tone={state === 'RETRY' ? 'open' : 'attention'}>{words.atRisk.states[state]}</Chip>
      </div>
      <div className="claim-text">
        <p>{errors[code].say}</p>
        <p className="muted">
          {till} · {words.atRisk.since} <Time at={since} now={now} /> · {words.atRisk.attempts(attempts)} ·{' '}
          {nextAttemptAt === undefined ? (
            words.atRisk.noNext
          ) : (
            <>
              {words.atRisk.next} <Time at={nextAttemptAt} now={now} />
            </>
          )}
        </p>
      </div>
      <div className="claim-actions" role="group" aria-label={words.atRisk.actions(sum)}>
        <Button onClick={() => onOpen(id)}>{words.atRisk.open}</Button>
        <Button needs="operate" onClick={() => onAsk('retry')}>
          {words.atRisk.retry}
        </Button>
        {/* As long as the hub still tries by itself, nothing is given up. */}
        <Button needs="money" disabled={state === 'RETRY'} onClick={() => onAsk('writeOff')}>
          {words.atRisk.writeOff}
        </Button>
      </div>
    </li>
  )
}

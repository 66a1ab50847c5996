import { useState } from 'react'
import type { MerchantDetail, MerchantVersionView } from '#protocol/hub-api/merchants.ts'
import type { EpochMs } from '#protocol/time.ts'
import { decideOnMerchant, type Answer } from '../../hub.ts'
import { merchantWords as words } from '../../merchant-words.ts'
import { Button } from '../../parts/button.tsx'
import { ChangeList } from '../../parts/change-list.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Time } from '../../parts/time.tsx'
import { Field } from '../../parts/work-list.tsx'
import type { Tone } from '../../payment-status.ts'

type Props = {
  readonly id: string
  readonly detail: MerchantDetail
  readonly who: string | undefined
  readonly now: EpochMs
  onDone(after: MerchantDetail): void
}

const tones: Readonly<Record<MerchantVersionView['state'], Tone>> = {
  inForce: 'done',
  planned: 'open',
  proposed: 'attention',
  past: 'ended',
  withdrawn: 'refused',
}

/** Who changed what, and what of it still waits for somebody. */
export const MerchantHistory = ({ id, detail, who, now, onDone }: Props) => (
  <section className="merchant-history" aria-label={words.history}>
    <h3>{words.history}</h3>
    <ul>
      {detail.versions.map((version) => (
        <li key={version.number}>
          <Version id={id} version={version} who={who} now={now} onDone={onDone} />
        </li>
      ))}
    </ul>
  </section>
)

type VersionProps = Omit<Props, 'detail'> & { readonly version: MerchantVersionView }

function Version({ id, version, who, now, onDone }: VersionProps) {
  const { number, by, at, from, state, decidedBy, changes } = version
  const [name, setName] = useState('')
  const [answer, setAnswer] = useState<Answer<MerchantDetail>>()
  const canAct = who !== undefined || name.trim() !== ''
  const decide = async (what: 'agree' | 'withdraw') => {
    const decided = await decideOnMerchant(id, what, { number, ...(who === undefined && { by: name.trim() }) })
    setAnswer(decided)
    if (decided.ok) onDone(decided.value)
  }
  return (
    <>
      <p className="work-head">
        <span>
          <strong>{number}</strong> <span className="muted">{words.by(by, decidedBy, state === 'withdrawn')}</span> <Time at={at} now={now} />
        </span>
        <Chip tone={tones[state]}>{words.versionStates[state]}</Chip>
      </p>
      {from !== at && (
        <p className="muted">
          {words.from} <Time at={from} now={now} />
        </p>
      )}
      {number === 1 ? <p className="muted">{words.first}</p> : <ChangeList changes={changes} names={words.changed} empty={words.empty} />}
      {(state === 'proposed' || state === 'planned') && (
        <>
          {state === 'proposed' && <p>{words.agreeHint}</p>}
          <div className="work-tools">
            {who === undefined && <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />}
            {state === 'proposed' && (
              <Button needs="money" look="primary" disabled={!canAct} onClick={() => void decide('agree')}>
                {words.agree}
              </Button>
            )}
            <Button needs="money" disabled={!canAct} onClick={() => void decide('withdraw')}>
              {words.withdraw}
            </Button>
          </div>
        </>
      )}
      <Refusal answer={answer} otherwise={words.failed} />
    </>
  )
}

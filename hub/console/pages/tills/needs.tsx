import { useState } from 'react'
import type { FleetState, NeedView } from '#protocol/hub-api/fleet.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fleetWords } from '../../fleet-words.ts'
import type { NeedDeed } from '../../hub.ts'
import { needText } from '../../need-text.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import { Field, ReasonForm } from '../../parts/work-list.tsx'

const words = fleetWords.needs
/** The hub keeps no longer text. */
const MAX_WORDS = 500

/** False: it was refused, and the page says why. */
export type ActOnNeed = (need: string, what: NeedDeed, said?: { readonly words: string }) => Promise<boolean>
type Props = {
  readonly fleet: Pick<FleetState, 'needs' | 'ended' | 'who'>
  readonly now: EpochMs
  /** Who acts; empty where nobody has said so. */
  readonly who: string
  readonly name: string
  readonly setName: (name: string) => void
  readonly act: ActOnNeed
  readonly onOpen: (till: Id) => void
}

/** Everything that waits for a person, the most pressing first; each with what to do, and who does it. */
export function Needs({ fleet: { needs, ended, who: signedIn }, now, who, name, setName, act, onOpen }: Props) {
  return (
    <Section id="needs" title={words.title} {...(needs.length > 0 ? { tone: 'attention' as const } : {})}>
      {signedIn === undefined && needs.length > 0 && (
        <div className="work-tools">
          <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />
        </div>
      )}
      {needs.length === 0 && <p className="section-empty">{words.nothing}</p>}
      <ul>
        {needs.map((need) => (
          <NeedItem key={need.id} need={need} now={now} canAct={who !== ''} isMine={need.takenBy === who} act={act} onOpen={onOpen} />
        ))}
      </ul>
      {ended.length > 0 && (
        <details className="needs-ended">
          <summary>{words.ended}</summary>
          <ul>
            {ended.map((need) => (
              <li key={need.id} className="work-item">
                <PastNeed need={need} now={now} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  )
}

type ItemProps = {
  readonly need: NeedView
  readonly now: EpochMs
  readonly canAct: boolean
  readonly isMine: boolean
  readonly act: ActOnNeed
  readonly onOpen: (till: Id) => void
}

function NeedItem({ need, now, canAct, isMine, act, onOpen }: ItemProps) {
  const [noting, setNoting] = useState(false)
  const { id, till, tillName, takenBy, since } = need
  const { say, why, next } = needText(need)
  return (
    <li className="work-item" data-testid="need">
      <div className="work-head">
        <strong>{say}</strong>
        <Chip tone={takenBy === undefined ? 'attention' : 'open'}>{takenBy === undefined ? words.nobody : words.takenBy(takenBy)}</Chip>
      </div>
      {why !== undefined && <p>{why}</p>}
      <p>{next}</p>
      <p className="muted">
        {words.since} <Time at={since} now={now} />
      </p>
      <Acts need={need} now={now} />
      {noting ? (
        <ReasonForm
          words={{ reason: words.noteWords, yes: words.save, cancel: words.cancel }}
          longest={MAX_WORDS}
          say={(text) => act(id, 'note', { words: text })}
          onClose={() => setNoting(false)}
        />
      ) : (
        <div className="work-tools">
          {isMine ? (
            <Button needs="operate" disabled={!canAct} onClick={() => void act(id, 'leave')}>
              {words.leave}
            </Button>
          ) : (
            <Button needs="operate" look="primary" disabled={!canAct} onClick={() => void act(id, 'take')}>
              {words.take}
            </Button>
          )}
          <Button needs="operate" disabled={!canAct} onClick={() => void act(id, 'done')}>
            {words.done}
          </Button>
          <Button needs="operate" disabled={!canAct} onClick={() => setNoting(true)}>
            {words.note}
          </Button>
          {till !== undefined && (
            <Button look="quiet" onClick={() => onOpen(till)}>
              {words.open(tillName ?? '')}
            </Button>
          )}
        </div>
      )}
    </li>
  )
}

/** What was, and who did what about it. */
export const PastNeed = ({ need, now }: { readonly need: NeedView; readonly now: EpochMs }) => (
  <>
    <p>
      <strong>{needText(need).say}</strong>
    </p>
    <p className="muted">
      <Time at={need.since} now={now} />
      {need.overAt !== undefined && (
        <>
          {' – '}
          <Time at={need.overAt} now={now} />
        </>
      )}
    </p>
    <Acts need={need} now={now} />
  </>
)

const Acts = ({ need: { acts }, now }: { readonly need: NeedView; readonly now: EpochMs }) => (
  <ul className="muted">
    {acts.map(({ at, act, by, words: said }) => (
      <li key={`${at} ${act} ${by ?? ''}`}>
        <Time at={at} now={now} /> · {by === undefined ? '' : `${by}: `}
        {words.acts[act]}
        {said !== undefined && ` (${said})`}
      </li>
    ))}
  </ul>
)

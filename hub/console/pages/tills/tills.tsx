import type { FleetTill } from '#protocol/hub-api/fleet.ts'
import type { TillView } from '#protocol/hub-api/overview.ts'
import type { Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { briefly, diskOf, lasting } from './till-past.tsx'
import { fleetWords } from '../../fleet-words.ts'
import { formatCount, words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { OfflineIcon, OnlineIcon, PlusIcon, WaitIcon } from '../../parts/icons.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import './tills.css'

type Props = {
  readonly tills: readonly TillView[]
  readonly fleet: readonly FleetTill[]
  readonly now: EpochMs
  readonly onAdd: () => void
  readonly onRevoke: (till: TillView) => void
  readonly onOpen: (till: Id) => void
}

/** Those that need somebody stand first. */
export const Tills = ({ tills, fleet, now, onAdd, onRevoke, onOpen }: Props) => (
  <Section
    id="tills"
    title={words.tills.title}
    tools={
      <Button needs="operate" onClick={onAdd}>
        <PlusIcon />
        {words.tills.add}
      </Button>
    }
  >
    {tills.length === 0 && <p className="section-empty">{words.tills.empty}</p>}
    <ul>
      {tills
        .map((till) => ({ till, known: fleet.find(({ id }) => id === till.id) }))
        .toSorted((one, other) => (other.known?.needs.length ?? 0) - (one.known?.needs.length ?? 0))
        .map(({ till, known }) => (
          <Till key={till.id} till={till} known={known} now={now} onRevoke={() => onRevoke(till)} onOpen={() => onOpen(till.id)} />
        ))}
    </ul>
  </Section>
)

const linkIcons = { online: OnlineIcon, offline: OfflineIcon, 'never seen': WaitIcon, revoked: OfflineIcon } as const

type TillProps = {
  readonly till: TillView
  readonly known: FleetTill | undefined
  readonly now: EpochMs
  readonly onRevoke: () => void
  readonly onOpen: () => void
}

function Till({ till, known, now, onRevoke, onOpen }: TillProps) {
  const LinkIcon = linkIcons[till.link]
  const behind = till.received - till.safe
  return (
    <li className="till">
      <div className="till-head">
        <p>
          <span className="till-name">{till.name}</span> <span className="muted">{till.store}</span>
        </p>
        <p className="till-link" data-link={till.link}>
          <LinkIcon />
          <span>
            {words.tills.link[till.link]}
            {till.since !== undefined && (
              <span className="till-since">
                {' '}
                {words.tills.since} <Time at={till.since} now={now} />
              </span>
            )}
          </span>
        </p>
      </div>
      <dl className="till-marks" title={words.tills.watermarks}>
        <div>
          <dt>{words.tills.received}</dt>
          <dd>{formatCount(till.received)}</dd>
        </div>
        <div>
          <dt>{words.tills.safe}</dt>
          <dd>
            {formatCount(till.safe)}
            {behind > 0 && <span className="muted"> · {words.tills.behind(behind)}</span>}
          </dd>
        </div>
        <div>
          <dt>{words.tills.epoch}</dt>
          <dd>{formatCount(till.epoch)}</dd>
        </div>
        <div>
          <dt>{words.tills.lastEntry}</dt>
          <dd>{till.lastEntryAt === undefined ? words.tills.never : <Time at={till.lastEntryAt} now={now} />}</dd>
        </div>
      </dl>
      {known?.health !== undefined && till.link !== 'revoked' && (
        <p className="till-health">
          {briefly(known.health)}
          {known.health.disk !== undefined && ` · ${fleetWords.till.disk}: ${diskOf(known.health.disk)}`} · {fleetWords.till.up} {lasting(known.health.upMs)}
        </p>
      )}
      <div className="work-tools">
        <Button look="quiet" onClick={onOpen} aria-label={`${fleetWords.till.more}: ${till.name}`}>
          {fleetWords.till.more}
        </Button>
        <Button needs="administer" look="quiet" onClick={onRevoke}>
          {words.tills.revoke}
        </Button>
      </div>
    </li>
  )
}

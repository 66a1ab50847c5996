import { useEffect, useState } from 'react'
import type { HealthView, TillPast } from '#protocol/hub-api/fleet.ts'
import { knownError } from '#protocol/errors.ts'
import type { TillView } from '#protocol/hub-api/overview.ts'
import { DAY, HOUR, MINUTE, SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { PastNeed } from './needs.tsx'
import { TillKeys } from './till-keys.tsx'
import { errors } from '../../failures.ts'
import { fleetWords } from '../../fleet-words.ts'
import { fetchTillPast, type Answer } from '../../hub.ts'
import { Button } from '../../parts/button.tsx'
import { Drawer } from '../../parts/drawer.tsx'
import { Time } from '../../parts/time.tsx'
import { formatCount, locale } from '../../words.ts'

const words = fleetWords.till
const GIB = 1024 ** 3
const size = new Intl.NumberFormat(locale, { style: 'unit', unit: 'gigabyte', maximumFractionDigits: 1 })

type Props = { readonly till: TillView; readonly health: HealthView | undefined; readonly now: EpochMs; readonly onClose: () => void }

/** How one till is and was, with everything that somebody had to see to. */
export function TillPastPanel({ till, health, now, onClose }: Props) {
  const [past, setPast] = useState<Answer<TillPast>>()
  const heardAt = health?.heardAt
  useEffect(() => {
    let wanted = true
    void fetchTillPast(till.id).then((fetched) => wanted && setPast(fetched))
    return () => void (wanted = false)
  }, [till.id, heardAt])
  return (
    <Drawer title={till.name} place="side" onClose={onClose}>
      <header className="drawer-head">
        <h2>{till.name}</h2>
        <Button onClick={onClose}>{words.close}</Button>
      </header>
      <div className="till-past">
        {health === undefined ? <p>{words.never}</p> : <Now health={health} now={now} />}
        <TillKeys till={till.id} now={now} heardAt={heardAt} />
        <h3>{words.wants}</h3>
        {past === undefined && <p className="muted">{words.loading}</p>}
        {past?.ok === false && <p role="alert">{words.failed}</p>}
        {past?.ok === true && (
          <>
            {past.value.needs.length === 0 && <p className="muted">{words.none}</p>}
            <ul>
              {past.value.needs.map((need) => (
                <li key={need.id}>
                  <PastNeed need={need} now={now} />
                </li>
              ))}
            </ul>
            <h3>{words.past}</h3>
            <ul>
              {past.value.past.map((one) => (
                <li key={one.heardAt}>
                  <Time at={one.heardAt} now={now} /> · {briefly(one)}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Drawer>
  )
}

function Now({ health, now }: { readonly health: HealthView; readonly now: EpochMs }) {
  const { versions, clock, disk, journal, devices, blocked, update } = health
  const facts: readonly (readonly [string, string])[] = [
    [words.version, versionOf(health)],
    ...(update?.waiting === undefined ? [] : [[words.version, words.waits(update.waiting)] as const]),
    [words.up, lasting(health.upMs)],
    [words.clock, clock.doubtful ? words.doubtful : clockOf(clock.offMs)],
    ...(disk === undefined ? [] : [[words.disk, diskOf(disk)] as const]),
    [words.journal, words.entries(journal.entries, journal.waiting)],
    [
      words.documents,
      [versions.policy, versions.catalogue, versions.denied].map((version) => (version === undefined ? '–' : formatCount(version))).join(' · '),
    ],
    [words.schema, formatCount(versions.store)],
    ...(blocked === undefined ? [] : [[words.blocked, sayOf(blocked)] as const]),
  ]
  return (
    <>
      <dl className="till-facts">
        {facts.map(([name, value]) => (
          <div key={`${name} ${value}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>{words.heard}</dt>
          <dd>
            <Time at={health.heardAt} now={now} /> {health.leaving === true && `· ${words.off}`}
          </dd>
        </div>
      </dl>
      <h3>{words.devices}</h3>
      {devices.length === 0 && <p className="muted">{words.noDevices}</p>}
      <ul className="till-devices">
        {devices.map(({ kind, state, code }, index) => (
          <li key={`${kind} ${index}`}>
            {fleetWords.devices[kind]}: {code === undefined || state === 'ready' ? fleetWords.states[state] : sayOf(code)}
          </li>
        ))}
      </ul>
      {update?.refused.map(({ release, why }) => (
        <p key={release}>{words.refused(release, why)}</p>
      ))}
      {health.errors.length > 0 && <h3>{words.errors}</h3>}
      <ul>
        {health.errors.toReversed().map(({ code, at }) => (
          <li key={`${at} ${code}`}>
            <Time at={at} now={now} /> · {sayOf(code)}
          </li>
        ))}
      </ul>
    </>
  )
}

/** Its version, and how far it is with an update. */
export function versionOf({ versions, update }: HealthView): string {
  if (update === undefined) return versions.app
  return `${versions.app}, ${words.release(update.release)}${update.trial ? `, ${words.trial}` : ''}`
}

/** A line for a list: version, and what is not as it should be. */
export function briefly(health: HealthView): string {
  const trouble = health.devices.filter(({ state }) => state !== 'ready').map(({ kind, state }) => `${fleetWords.devices[kind]}: ${fleetWords.states[state]}`)
  return [
    versionOf(health),
    ...(health.leaving === true ? [words.off] : []),
    ...(health.help === undefined ? [] : [words.called]),
    ...(health.blocked === undefined ? [] : [words.blocked]),
    ...(health.clock.doubtful ? [`${words.clock}: ${words.doubtful}`] : []),
    ...trouble,
  ].join(' · ')
}

/** A till may know more reasons than this console. */
const sayOf = (code: string): string => errors[knownError(code, 'device.fault')].say
const clockOf = (offMs: DurationMs): string => (Math.abs(offMs) < 2 * SECOND ? words.clockRight : words.clockOff(Math.round(offMs / SECOND)))
export const diskOf = ({ freeBytes, allBytes }: NonNullable<HealthView['disk']>): string =>
  words.free(Math.floor((freeBytes * 100) / Math.max(1, allBytes)), size.format(freeBytes / GIB))

export function lasting(ms: DurationMs): string {
  if (ms >= DAY) return words.days(Math.floor(ms / DAY))
  return ms >= HOUR ? words.hours(Math.floor(ms / HOUR)) : words.minutes(Math.floor(ms / MINUTE))
}

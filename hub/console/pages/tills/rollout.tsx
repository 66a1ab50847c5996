import { useState } from 'react'
import { updateStandings, type RolloutAct, type RolloutView } from '#protocol/hub-api/fleet.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fleetWords } from '../../fleet-words.ts'
import type { RolloutDeed } from '../../hub.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import { ReasonForm } from '../../parts/work-list.tsx'
import { formatCount, locale } from '../../words.ts'

const words = fleetWords.rollout
const MAX_WORDS = 500
/** Of a thousand tills. */
const SHARES = [10, 50, 100, 250, 500, 1000] as const
const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
const shareOf = (perMille: number): string => percents.format(perMille / 1000)

export type ActOnRollout = (what: RolloutDeed, said: Readonly<Record<string, unknown>>) => Promise<boolean>
type Props = { readonly rollout: RolloutView; readonly now: EpochMs; readonly canAct: boolean; readonly act: ActOnRollout }

/** What tills run next: how far they are with it, and what somebody may do about it. */
export function Rollout({ rollout, now, canAct, act }: Props) {
  const { release, version, halted, stages, share, standings, acts } = rollout
  return (
    <Section id="rollout" title={words.title} {...(halted ? { tone: 'attention' as const } : {})}>
      <div className="work-item">
        <div className="work-head">
          <strong>{words.what(formatCount(release), version)}</strong>
          <Chip tone={halted ? 'attention' : 'open'}>{halted ? words.halted : words.goesOut}</Chip>
        </div>
        <dl className="till-marks">
          {updateStandings.map((standing) => (
            <div key={standing}>
              <dt>{words.standings[standing]}</dt>
              <dd>{formatCount(standings[standing])}</dd>
            </div>
          ))}
        </dl>
        {!halted &&
          stages.map(({ perMille, notBefore }) => (
            <p key={`${perMille} ${notBefore}`} className="muted">
              {words.stage(shareOf(perMille))}, {words.from} <Time at={notBefore} now={now} />
            </p>
          ))}
        <p className="muted">{words.share(shareOf(share))}</p>
        <Doing rollout={rollout} canAct={canAct} act={act} />
        <ul className="muted">
          {acts.map((one) => (
            <li key={`${one.at} ${one.act}`}>
              <Time at={one.at} now={now} /> · {told(one)}
            </li>
          ))}
        </ul>
      </div>
    </Section>
  )
}

function Doing({ rollout: { halted, stages, earlier }, canAct, act }: Omit<Props, 'now'>) {
  const [doing, setDoing] = useState<'halt' | 'go-on' | 'roll-back'>()
  const [to, setTo] = useState('')
  const [share, setShare] = useState('1000')
  const open = Math.max(0, ...stages.map(({ perMille }) => perMille))
  const close = () => setDoing(undefined)
  const back = earlier.find(({ release }) => String(release) === to) ?? earlier[0]
  const say = { reason: words.why, yes: words.yes, cancel: words.cancel }
  if (doing === 'halt' || doing === 'go-on') return <ReasonForm words={say} longest={MAX_WORDS} say={(why) => act(doing, { why })} onClose={close} />
  if (doing === 'roll-back' && back !== undefined) {
    return (
      <ReasonForm words={say} longest={MAX_WORDS} say={(why) => act('roll-back', { release: back.release, why })} onClose={close}>
        <label className="work-field">
          <span>{words.to}</span>
          <select value={back.release} onChange={({ target }) => setTo(target.value)}>
            {earlier.map(({ release, version }) => (
              <option key={release} value={release}>
                {words.earlier(formatCount(release), version)}
              </option>
            ))}
          </select>
        </label>
        <p className="muted">{words.rollBackHint}</p>
      </ReasonForm>
    )
  }
  const more = SHARES.filter((each) => each > open)
  return (
    <div className="work-tools">
      {halted ? (
        <Button needs="administer" look="primary" disabled={!canAct} onClick={() => setDoing('go-on')}>
          {words.goOn}
        </Button>
      ) : (
        <Button needs="administer" disabled={!canAct} onClick={() => setDoing('halt')}>
          {words.halt}
        </Button>
      )}
      {!halted && more.length > 0 && (
        <>
          <label className="work-field">
            <span>{words.many}</span>
            <select value={share} onChange={({ target }) => setShare(target.value)}>
              {more.map((each) => (
                <option key={each} value={each}>
                  {shareOf(each)}
                </option>
              ))}
            </select>
          </label>
          <Button needs="administer" look="primary" disabled={!canAct} onClick={() => void act('widen', { perMille: Number(share) })}>
            {words.widen}
          </Button>
        </>
      )}
      {back !== undefined && (
        <Button needs="administer" disabled={!canAct} onClick={() => setDoing('roll-back')}>
          {words.rollBack}
        </Button>
      )}
    </div>
  )
}

function told({ act, by, words: said }: RolloutAct): string {
  const what = by === undefined ? words.acts[act] : `${by}: ${words.acts[act]}`
  if (said === undefined) return what
  return `${what} (${act === 'widened' ? shareOf(Number(said)) : said})`
}

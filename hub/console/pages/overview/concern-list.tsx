import type { EpochMs } from '#protocol/time.ts'
import type { Found } from '../../concerns.ts'
import { overviewWords as words } from '../../overview-words.ts'
import { AlertIcon, CheckIcon } from '../../parts/icons.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'

type Props = { readonly id: string; readonly title: string; readonly fine: string; readonly found: readonly Found[]; readonly now: EpochMs }

/** The answer to one question: what there is, each with its reasons, and a way to everything behind it. */
export function Concerns({ id, title, fine, found, now }: Props) {
  const needed = found.some(({ tone }) => tone === 'act')
  return (
    <Section id={id} title={title} {...(needed ? { tone: 'attention' as const } : {})}>
      {!needed && (
        <p className="concern-fine">
          <CheckIcon /> {fine}
        </p>
      )}
      <ul className="concerns">
        {found.map(({ key, say, tone, why = [], since, link }) => (
          <li key={key} data-tone={tone}>
            {tone === 'act' && <AlertIcon />}
            <div>
              <p className="concern-say">{link === undefined ? say : <a href={link}>{say}</a>}</p>
              {why.map((reason) => (
                <p key={reason} className="muted">
                  {reason}
                </p>
              ))}
              {since !== undefined && (
                <p className="muted">
                  {words.since} <Time at={since} now={now} />
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

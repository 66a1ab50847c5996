import type { View } from '#protocol/till-api/api.ts'
import { AlertIcon, CheckIcon } from '../parts/icons.tsx'
import { errorText, t } from '../words.ts'
import { possibleWays, type PossibleWay } from './possible.ts'
import './possible-ways.css'

/** What can pay this now, in a line, and why the rest cannot: to be read at a glance by whoever is asked “do you take…?”. */
export function PossibleWays({ view }: { readonly view: View }) {
  const ways = possibleWays(view)
  const [open, closed] = [ways.filter(({ why }) => why === undefined), ways.filter(({ why }) => why !== undefined)]
  if (ways.length === 0) return undefined
  return (
    <section className="possible" aria-label={t('tenders.possible.title')} data-testid="possible-ways">
      <ul className="possible-open">
        {[...open.map(({ way }) => way), 'cash' as const].map((way) => (
          <li key={way} data-way={way}>
            <CheckIcon />
            {t(`tenders.possible.${way}`)}
          </li>
        ))}
      </ul>
      {closed.length > 0 && (
        <ul className="possible-closed">
          {closed.map(({ way, why }) => (
            <li key={way} data-way={way}>
              <AlertIcon />
              <span>
                <strong>{t(`tenders.possible.${way}`)}</strong> {why !== undefined && reasonOf(why)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

const reasonOf = (why: NonNullable<PossibleWay['why']>): string => (why === 'noReader' ? t('tenders.possible.noReader') : errorText(why).say)

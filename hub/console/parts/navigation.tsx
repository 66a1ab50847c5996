import { useContext, useState } from 'react'
import type { Overview } from '#protocol/hub-api/overview.ts'
import { choose, language, languages, type Language } from '../language/chosen.ts'
import { pages, type Group, type PageEntry } from '../pages.tsx'
import { linkTo } from '../router.ts'
import { words } from '../words.ts'
import { Session, useMay } from './session.ts'
import './navigation.css'

const groups = Object.keys(words.nav.groups) as readonly Group[]

/** All pages by what they are about; on a narrow screen behind one button. */
export function Navigation({ current, overview }: { readonly current: PageEntry; readonly overview: Overview }) {
  const [isOpen, setOpen] = useState(false)
  const may = useMay()
  const isSignedIn = useContext(Session)?.person !== undefined
  const offered = pages.filter(
    ({ isHidden, needs, forSignedIn, isThere }) =>
      isHidden !== true && may(needs ?? 'look') && (forSignedIn !== true || isSignedIn) && (isThere?.(overview) ?? true),
  )
  return (
    <nav className="navigation" aria-label={words.nav.label} data-open={isOpen}>
      <button type="button" className="navigation-menu" aria-expanded={isOpen} aria-controls="navigation-groups" onClick={() => setOpen(!isOpen)}>
        <span>{words.nav.menu}</span> <strong>{words.nav.pages[current.id]}</strong>
      </button>
      <div id="navigation-groups" className="navigation-groups">
        {groups.map((group) => {
          const own = offered.filter((page) => page.group === group)
          return (
            own.length > 0 && (
              <div key={group} className="navigation-group">
                <p id={`navigation-${group}`}>{words.nav.groups[group]}</p>
                <ul aria-labelledby={`navigation-${group}`}>
                  {own.map(({ id }) => (
                    <li key={id}>
                      <a href={linkTo(id === pages[0]?.id ? '' : id)} aria-current={id === current.id ? 'page' : undefined} onClick={() => setOpen(false)}>
                        {words.nav.pages[id]}
                        <Badge page={id} overview={overview} />
                      </a>
                    </li>
                  ))}
                </ul>
              </div>
            )
          )
        })}
        <LanguageChoice />
      </div>
    </nav>
  )
}

/** How much waits for a person. */
function Badge({ page, overview: { counts, tills } }: { readonly page: PageEntry['id']; readonly overview: Overview }) {
  const count = page === 'stuck' ? counts.exceptions + counts.atRisk : page === 'tills' ? tills.filter(({ link }) => link === 'offline').length : 0
  return count > 0 && <span className="navigation-badge">{count}</span>
}

const LanguageChoice = () => (
  <label className="navigation-language">
    <span>{words.nav.language}</span>
    <select value={language} onChange={({ target }) => choose(target.value as Language)}>
      {(Object.keys(languages) as Language[]).map((one) => (
        <option key={one} value={one} lang={languages[one].locale}>
          {languages[one].name}
        </option>
      ))}
    </select>
  </label>
)

import { useEffect, useState } from 'react'
import type { CatalogueChange } from '#protocol/hub-api/catalogue.ts'
import { editingWords as words } from '../../editing-words.ts'
import { fetchCatalogueChanges } from '../../hub.ts'
import { ChangeList } from '../../parts/change-list.tsx'
import { formatWhole, machineTime } from '../../times.ts'

/** Who changed what, the newest first. `version` says when to look again. */
export function CatalogueHistory({ version }: { readonly version: number }) {
  const [changes, setChanges] = useState<readonly CatalogueChange[]>()
  useEffect(() => {
    void fetchCatalogueChanges().then((answer) => (answer.ok ? setChanges(answer.value) : undefined))
  }, [version])
  if (changes === undefined) return null
  return (
    <section aria-label={words.history}>
      <h3>{words.history}</h3>
      {changes.length === 0 && <p className="muted">{words.noHistory}</p>}
      <ul className="catalogue-found" tabIndex={0} aria-label={words.history}>
        {changes.map((change) => (
          <li key={change.version}>
            <p>
              <strong>{words.catalogue(change.what, change)}</strong>{' '}
              <span className="muted">
                {words.by(change.by, change.version)}, <time dateTime={machineTime(change.at)}>{formatWhole(change.at)}</time>
              </span>
            </p>
            {change.items.map(({ gtin, name, fields }) => (
              <div key={gtin}>
                {name}
                {fields.length > 0 && <ChangeList changes={fields} names={words.names} empty={words.empty} />}
              </div>
            ))}
          </li>
        ))}
      </ul>
    </section>
  )
}

import { useEffect, useState, type ChangeEvent } from 'react'
import type { CataloguePreview, CatalogueState } from '#protocol/hub-api/catalogue.ts'
import { applyCatalogue, fetchCatalogue, previewCatalogue, type Answer } from '../../hub.ts'
import { editingWords } from '../../editing-words.ts'
import { formatCount, words } from '../../words.ts'
import { CatalogueHistory } from './catalogue-history.tsx'
import { Products } from './products.tsx'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import './catalogue.css'

/** What tills sell, and a file that would change it: first what it would do, then, if somebody says so, it does. */
export function Catalogue() {
  const [state, setState] = useState<CatalogueState>()
  const [file, setFile] = useState<File>()
  const [answer, setAnswer] = useState<Answer<CataloguePreview>>()
  const [applying, setApplying] = useState(false)
  const applied = answer?.ok ? answer.value.applied : undefined
  const [edited, setEdited] = useState<number>()
  useEffect(() => {
    void fetchCatalogue().then((fetched) => (fetched.ok ? setState(fetched.value) : undefined))
  }, [applied, edited])

  const choose = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const chosen = target.files?.[0]
    // So that the same file, mended, can be chosen again.
    target.value = ''
    if (chosen === undefined) return
    setFile(chosen)
    setAnswer(await previewCatalogue(chosen))
  }
  const apply = async () => {
    if (file === undefined) return
    setApplying(true)
    setAnswer(await applyCatalogue(file))
    setApplying(false)
  }

  return (
    <Section id="catalogue" title={words.catalogue.title} {...(state && { note: words.catalogue.version(state.version) })}>
      <div className="catalogue">
        {state && <p>{words.catalogue.sum(formatCount(state.products), formatCount(state.categories.length))}</p>}
        {edited !== undefined && (
          <p className="catalogue-applied" role="status">
            {editingWords.applied(edited)}
          </p>
        )}
        {state && <Products version={state.version} onApplied={setEdited} />}
        <label className="catalogue-file">
          <span>{words.catalogue.choose}</span>
          <input type="file" accept=".csv,text/csv" onChange={choose} />
        </label>
        {answer?.ok && (
          <div className="catalogue-answer" role="status">
            <p>
              <strong>{file?.name}</strong> {words.catalogue.found(answer.value)}
            </p>
            <Examples preview={answer.value} />
            {applied !== undefined && <p className="catalogue-applied">{words.catalogue.applied(applied)}</p>}
            {answer.value.bad > 0 && <p className="catalogue-bad">{words.catalogue.isBad}</p>}
            {applied === undefined && answer.value.bad === 0 && (
              <Button needs="operate" look="primary" disabled={applying} onClick={apply}>
                {words.catalogue.apply}
              </Button>
            )}
          </div>
        )}
        <Refusal answer={answer} otherwise={words.catalogue.failed} />
        {state && <CatalogueHistory version={state.version} />}
      </div>
    </Section>
  )
}

function Examples({ preview: { examples } }: { readonly preview: CataloguePreview }) {
  return (
    <ul className="catalogue-examples" tabIndex={0} aria-label={words.catalogue.examples}>
      {examples.bad.map(({ line, field, value, say }) => (
        <li key={`${line} ${field} ${say}`} className="catalogue-bad">
          {words.catalogue.bad(line, field, value, say)}
        </li>
      ))}
      {examples.added.map(({ gtin, name }) => (
        <li key={gtin}>{words.catalogue.added(name)}</li>
      ))}
      {examples.changed.map(({ gtin, name, fields }) => (
        <li key={gtin}>{words.catalogue.changed(name, fields)}</li>
      ))}
      {examples.gone.map(({ gtin, name }) => (
        <li key={gtin}>{words.catalogue.gone(name)}</li>
      ))}
    </ul>
  )
}

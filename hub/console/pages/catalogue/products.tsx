import { useEffect, useState, type FormEvent } from 'react'
import type { ProductEdited, ProductsFound, ProductText } from '#protocol/hub-api/catalogue.ts'
import { editProduct, findProducts, removeProduct, type Answer } from '../../hub.ts'
import { editingWords as words } from '../../editing-words.ts'
import { Button } from '../../parts/button.tsx'
import { PlusIcon } from '../../parts/icons.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Field } from '../../parts/work-list.tsx'

type Opened = { readonly before: ProductText | undefined }
const fields = ['gtin', 'name', 'category', 'price', 'tax'] as const
const NOTHING: ProductText = { gtin: '', name: '', category: '', price: '', tax: '' }

/** Products by what somebody searches for, each to be edited. `version`: of the catalogue, which says when to look again. */
export function Products({ version, onApplied }: { readonly version: number; onApplied(version: number): void }) {
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<ProductsFound>()
  const [opened, setOpened] = useState<Opened>()
  useEffect(() => {
    let isWanted = true
    void findProducts(query).then((answer) => (answer.ok && isWanted ? setFound(answer.value) : undefined))
    return () => {
      isWanted = false
    }
  }, [query, version])
  const close = () => setOpened(undefined)
  const done = (applied: number) => {
    close()
    onApplied(applied)
  }
  return (
    <div className="catalogue-products">
      <h3>{words.products}</h3>
      <div className="work-tools">
        <Field label={words.search} type="search" value={query} maxLength={100} onChange={setQuery} />
        <Button needs="operate" onClick={() => setOpened({ before: undefined })}>
          <PlusIcon />
          {words.add}
        </Button>
      </div>
      {opened !== undefined && opened.before === undefined && <ProductForm before={undefined} onDone={done} onClose={close} />}
      {found?.products.length === 0 && <p className="muted">{words.none}</p>}
      <ul className="catalogue-found" tabIndex={0} aria-label={words.products}>
        {found?.products.map((product) => (
          <li key={product.gtin}>
            <div className="catalogue-product">
              <span>
                {product.name} <span className="muted">{product.category}</span>
              </span>
              <span className="money">
                {product.price} <span className="muted">{product.tax} %</span>
              </span>
              <Button needs="operate" look="quiet" aria-label={words.edit(product.name)} onClick={() => setOpened({ before: product })}>
                {words.edit('')}
              </Button>
            </div>
            {opened?.before?.gtin === product.gtin && <ProductForm before={opened.before} onDone={done} onClose={close} />}
          </li>
        ))}
      </ul>
      {found?.more === true && <p className="muted">{words.more}</p>}
    </div>
  )
}

/** `before`: as the person saw it, which the hub compares with what is there now. */
function ProductForm({ before, onDone, onClose }: { readonly before: ProductText | undefined; onDone(version: number): void; onClose(): void }) {
  const [draft, setDraft] = useState(before ?? NOTHING)
  const [answer, setAnswer] = useState<Answer<ProductEdited>>()
  const take = async (sent: Promise<Answer<ProductEdited>>) => {
    const edited = await sent
    setAnswer(edited)
    if (edited.ok && edited.value.applied !== undefined) onDone(edited.value.applied)
  }
  const save = (event: FormEvent) => {
    event.preventDefault()
    void take(editProduct(draft, before))
  }
  return (
    <form className="work-form catalogue-form" aria-label={before === undefined ? words.addTitle : words.edit(before.name)} onSubmit={save}>
      <div className="work-tools">
        {fields.map((field) => (
          <Field
            key={field}
            label={words.fields[field]}
            value={draft[field]}
            readOnly={field === 'gtin' && before !== undefined}
            onChange={(value) => setDraft({ ...draft, [field]: value })}
          />
        ))}
      </div>
      {answer?.ok === true && answer.value.bad.length > 0 && (
        <div className="refusal" role="alert">
          {answer.value.bad.map(({ field, value, say }) => (
            <p key={field}>{words.bad(words.fields[fields.find((one) => one === field) ?? 'gtin'], value, say)}</p>
          ))}
        </div>
      )}
      <Refusal answer={answer} otherwise={words.failed} />
      <div className="work-tools">
        <Button type="submit" look="primary">
          {words.save}
        </Button>
        {before !== undefined && <Button onClick={() => void take(removeProduct(before))}>{words.remove}</Button>}
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}

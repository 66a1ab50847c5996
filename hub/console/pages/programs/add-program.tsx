import { useEffect, useState, type FormEvent } from 'react'
import type { MerchantsState } from '#protocol/hub-api/merchants.ts'
import type { ToldProgram } from '#protocol/hub-api/programs.ts'
import { addProgram, fetchMerchants, fetchScopes, type Answer } from '../../hub.ts'
import { programWords as words } from '../../program-words.ts'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Field } from '../../parts/work-list.tsx'

/** Whose program it is and what it may do. A new one may only read, until somebody says otherwise. */
export function AddProgram({ onMade, onClose }: { onMade(made: ToldProgram): void; onClose(): void }) {
  const [merchants, setMerchants] = useState<MerchantsState['merchants']>([])
  const [scopes, setScopes] = useState<readonly string[]>([])
  const [name, setName] = useState('')
  const [merchant, setMerchant] = useState('')
  const [isSandbox, setSandbox] = useState(false)
  const [chosen, setChosen] = useState<readonly string[]>()
  const [answer, setAnswer] = useState<Answer<ToldProgram>>()
  useEffect(() => {
    void fetchMerchants().then((fetched) => (fetched.ok ? setMerchants(fetched.value.merchants) : undefined))
    void fetchScopes().then((fetched) => (fetched.ok ? setScopes(fetched.value) : undefined))
  }, [])
  const whose = merchant === '' ? (merchants[0]?.id ?? '') : merchant
  const allowed = chosen ?? scopes.filter((scope) => scope.endsWith(':read'))
  const isReady = name.trim() !== '' && whose !== '' && allowed.length > 0
  const add = async (event: FormEvent) => {
    event.preventDefault()
    const made = await addProgram({ name: name.trim(), merchant: whose, sandbox: isSandbox, scopes: allowed })
    setAnswer(made)
    if (made.ok) onMade(made.value)
  }
  return (
    <form className="work-form program-form" aria-label={words.add} onSubmit={(event) => void add(event)}>
      <div className="work-tools">
        <Field label={words.name} value={name} maxLength={80} onChange={setName} />
        <label className="work-field">
          <span>{words.merchant}</span>
          <select value={whose} onChange={({ target }) => setMerchant(target.value)}>
            {merchants.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label className="program-check">
        <input type="checkbox" checked={isSandbox} onChange={({ target }) => setSandbox(target.checked)} />
        <span>{words.sandbox}</span>
      </label>
      <fieldset className="program-scopes">
        <legend>{words.scopes}</legend>
        {scopes.map((scope) => (
          <label key={scope} className="program-check">
            <input
              type="checkbox"
              checked={allowed.includes(scope)}
              onChange={({ target }) => setChosen(target.checked ? [...allowed, scope] : allowed.filter((one) => one !== scope))}
            />
            <span className="mono">{scope}</span>
          </label>
        ))}
      </fieldset>
      <Refusal answer={answer} otherwise={words.failed} />
      <div className="work-tools">
        <Button type="submit" look="primary" disabled={!isReady}>
          {words.make}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}

import { useState } from 'react'
import type { PolicyState } from '#protocol/hub-api/policy.ts'
import { deniedKinds, type DeniedKind } from '#protocol/policy/deny-list.ts'
import { allowName, denyName, type Answer } from '../../hub.ts'
import { policyWords } from '../../policy-words.ts'
import { Button } from '../../parts/button.tsx'

const words = policyWords.denied

/** What nobody may pay with any more: a lost phone, a blocked card. Tills that are online have it at once. */
export function Denied({ state, onChange }: { readonly state: PolicyState; readonly onChange: (answer: Answer<PolicyState>) => void }) {
  const [kind, setKind] = useState<DeniedKind>('wallet')
  const [id, setId] = useState('')
  const [reason, setReason] = useState('')
  const deny = async () => {
    const answer = await denyName({ kind, id: id.trim() }, reason.trim())
    if (answer.ok) setId('')
    onChange(answer)
  }
  return (
    <form
      className="policy"
      onSubmit={(event) => {
        event.preventDefault()
        void deny()
      }}
    >
      <p className="policy-heading">
        {words.title} <span className="muted">{words.size(state.denied.size)}</span>
      </p>
      <label className="policy-field">
        <span>{words.kind}</span>
        <select value={kind} onChange={({ target }) => setKind(deniedKinds.find((known) => known === target.value) ?? 'wallet')}>
          {deniedKinds.map((known) => (
            <option key={known} value={known}>
              {words.kinds[known]}
            </option>
          ))}
        </select>
      </label>
      <label className="policy-field">
        <span>{words.id}</span>
        <input value={id} onChange={({ target }) => setId(target.value)} maxLength={200} required />
      </label>
      <label className="policy-field">
        <span>{words.reason}</span>
        <input value={reason} onChange={({ target }) => setReason(target.value)} maxLength={200} required />
      </label>
      <Button needs="administer" type="submit" disabled={id.trim() === '' || reason.trim() === ''}>
        {words.deny}
      </Button>
      <ul className="policy-denied">
        {state.denied.newest.map((denied) => (
          <li key={`${denied.kind} ${denied.id}`}>
            <span>
              {words.kinds[denied.kind]} {denied.id} · {denied.reason}
            </span>
            <Button needs="administer" onClick={() => void allowName({ kind: denied.kind, id: denied.id }, words.allow).then(onChange)}>
              {words.allow}
            </Button>
          </li>
        ))}
      </ul>
    </form>
  )
}

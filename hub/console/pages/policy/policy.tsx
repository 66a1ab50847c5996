import { useEffect, useState, type ReactNode } from 'react'
import type { PolicyPreview, PolicyState } from '#protocol/hub-api/policy.ts'
import { errors } from '../../failures.ts'
import { fetchPolicy, previewPolicy, signPolicy, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { formOf, rulesOf, type PolicyForm } from '../../policy-form.ts'
import { policyWords as words } from '../../policy-words.ts'
import { Button } from '../../parts/button.tsx'
import { Denied } from './denied.tsx'
import { PolicyKinds, PolicySteps } from './policy-terms.tsx'
import { RiskCurve } from './risk-curve.tsx'
import { Section } from '../../parts/section.tsx'
import './policy.css'

const amounts = [
  'perPaymentMinor',
  'perShownCodeMinor',
  'perInstrumentMinor',
  'perTillMinor',
  'storeMinor',
  'maxOfflineHours',
  'denyListHours',
  'validHours',
  'doubtfulPercent',
] as const

/** What tills may do without the hub: first what a change could cost and would have done, then, if somebody says so, it is signed. */
export function Policy() {
  const [state, setState] = useState<PolicyState>()
  const [form, setForm] = useState<PolicyForm>()
  const [preview, setPreview] = useState<Answer<PolicyPreview>>()
  const [signed, setSigned] = useState<Answer<PolicyState>>()
  const take = (fetched: Answer<PolicyState>) => {
    if (!fetched.ok) return
    setState(fetched.value)
    setForm((before) => before ?? formOf(fetched.value.rules, fetched.value.currency))
  }
  useEffect(() => {
    void fetchPolicy().then(take)
  }, [])
  if (state === undefined || form === undefined) return null

  const rules = rulesOf(form, state.rules, state.currency)
  const change = (changed: Partial<PolicyForm>) => {
    setForm({ ...form, ...changed })
    // Only what was shown is signed.
    setPreview(undefined)
    setSigned(undefined)
  }
  const sign = async () => {
    if (rules === undefined) return
    const answer = await signPolicy(rules)
    setSigned(answer)
    take(answer)
    setPreview(undefined)
  }
  return (
    <Section id="policy" title={words.title} note={words.version(state.version)}>
      <form
        className="policy"
        onSubmit={(event) => {
          event.preventDefault()
          if (rules !== undefined) void previewPolicy(rules).then(setPreview)
        }}
      >
        {amounts.map((name) => (
          <label key={name} className="policy-field">
            <span>{words.fields[name]}</span>
            <input inputMode="decimal" value={form[name]} onChange={({ target }) => change({ [name]: target.value })} />
          </label>
        ))}
        <PolicySteps form={form} onChange={change} />
        <PolicyKinds form={form} onChange={change} />
        <RiskCurve risk={form.risk} currency={state.currency} onChoose={(risk) => change({ risk })} />
        <label className="policy-field">
          <span>{words.fields.duplicateBorneBy}</span>
          <select value={form.duplicateBorneBy} onChange={({ target }) => change({ duplicateBorneBy: target.value === 'issuer' ? 'issuer' : 'merchant' })}>
            <option value="issuer">{words.bearers.issuer}</option>
            <option value="merchant">{words.bearers.merchant}</option>
          </select>
        </label>
        {rules === undefined && (
          <p className="policy-bad" role="alert">
            {words.bad}
          </p>
        )}
        <Button type="submit" disabled={rules === undefined}>
          {words.preview}
        </Button>
        {preview?.ok && <Preview preview={preview.value} currency={state.currency} />}
        {preview?.ok && (
          <Button needs="administer" look="primary" onClick={() => void sign()}>
            {words.sign}
          </Button>
        )}
        {signed?.ok && (
          <p className="policy-good" role="status">
            {words.signed(signed.value.version)}
          </p>
        )}
        {(preview?.ok === false || signed?.ok === false) && (
          <p className="policy-bad" role="alert">
            {words.failed}
          </p>
        )}
      </form>
      <Slices state={state} />
      <Denied state={state} onChange={take} />
    </Section>
  )
}

function Preview({ preview, currency }: { readonly preview: PolicyPreview; readonly currency: string }) {
  const { worst, now } = preview
  const money = (minor: number) => formatMoney(minor, currency)
  const codes = [...new Set([now.alone, now.all, preview.alone, preview.all].flatMap(({ refused }) => refused.map(({ code }) => code)))]
  const row = (name: ReactNode, key: string, before: string, after: string) => (
    <tr key={key}>
      <th scope="row">{name}</th>
      <td>{before}</td>
      <td>{after}</td>
    </tr>
  )
  const tallies = (which: 'alone' | 'all') => {
    const told = ({ payments = 0, sumMinor = 0 } = {}) => words.tally(payments, money(sumMinor))
    const refusedFor = (replayed: PolicyPreview['all'], code: string) => told(replayed.refused.find((tally) => tally.code === code))
    return [
      row(`${words.week}, ${words[which]}: ${words.accepted}`, which, told(now[which].accepted), told(preview[which].accepted)),
      ...codes.map((code) => row(errors[code].say, `${which} ${code}`, refusedFor(now[which], code), refusedFor(preview[which], code))),
    ]
  }
  return (
    <div className="policy-preview" role="status">
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{words.now}</th>
            <th scope="col">{words.proposed}</th>
          </tr>
        </thead>
        <tbody>
          {row(<strong>{words.worst}</strong>, 'worst', money(now.worst.lossMinor), money(worst.lossMinor))}
          {row(words.worstTill, 'till', money(now.worst.tillMinor), money(worst.tillMinor))}
          {row(words.worstInstrument, 'instrument', money(now.worst.instrumentMinor), money(worst.instrumentMinor))}
          {row(words.worstShown, 'shown', money(now.worst.shownCodeMinor), money(worst.shownCodeMinor))}
          {row(words.instruments, 'instruments', String(now.worst.instruments), String(worst.instruments))}
          {tallies('alone')}
          {tallies('all')}
        </tbody>
      </table>
      {worst.untilOldEndMinor > 0 && <p>{words.old(money(worst.untilOldEndMinor))}</p>}
    </div>
  )
}

function Slices({ state: { tills, currency } }: { readonly state: PolicyState }) {
  if (tills.every(({ sliceMinor }) => sliceMinor === undefined)) return null
  return (
    <div className="policy">
      <p className="policy-heading">{words.slices}</p>
      <ul>
        {tills.map(({ id, name, sliceMinor }) => (
          <li key={id}>
            {name}: {formatMoney(sliceMinor ?? 0, currency)}
          </li>
        ))}
      </ul>
    </div>
  )
}

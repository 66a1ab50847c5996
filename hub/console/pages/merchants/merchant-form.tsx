import { useState, type FormEvent, type ReactNode } from 'react'
import type { MerchantDetail } from '#protocol/hub-api/merchants.ts'
import { changeMerchant, type Answer } from '../../hub.ts'
import { draftOf, emptyRate, instruments, termsOf, type MerchantDraft, type RateDraft } from '../../merchant-form.ts'
import { merchantWords as words } from '../../merchant-words.ts'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Field } from '../../parts/work-list.tsx'

type Props = {
  readonly title: string
  /** Undefined: a new merchant. */
  readonly detail: MerchantDetail | undefined
  readonly who: string | undefined
  onDone(after: MerchantDetail): void
  onClose(): void
}
type Texts = { [K in keyof MerchantDraft]: MerchantDraft[K] extends string ? (string extends MerchantDraft[K] ? K : never) : never }[keyof MerchantDraft]

/** All of a merchant's terms. They are sent whole, and the hub says what is wrong with them. */
export function MerchantForm({ title, detail, who, onDone, onClose }: Props) {
  const [draft, setDraft] = useState(() => draftOf(detail?.terms))
  const [later, setLater] = useState('')
  const [isLater, setIsLater] = useState(false)
  const [name, setName] = useState('')
  const [answer, setAnswer] = useState<Answer<MerchantDetail>>()
  const set = (part: Partial<MerchantDraft>) => setDraft({ ...draft, ...part })
  const text = (field: Texts, label: string, more: { readonly maxLength?: number; readonly type?: string } = {}): ReactNode => (
    <Field label={label} value={draft[field]} {...more} onChange={(value) => set({ [field]: value })} />
  )
  const from = isLater ? new Date(later).getTime() : undefined
  const isReady = (who !== undefined || name.trim() !== '') && !Number.isNaN(from)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const when = from === undefined ? {} : { from }
    const saved = await changeMerchant({
      terms: termsOf(draft, detail?.terms),
      before: detail?.newest ?? 0,
      ...when,
      ...(who === undefined && { by: name.trim() }),
    })
    setAnswer(saved)
    if (saved.ok) onDone(saved.value)
  }
  const { fields } = words
  return (
    <form className="merchant-form" aria-label={title} onSubmit={(event) => void save(event)}>
      <h3>{title}</h3>
      <fieldset>
        <legend>{fields.name}</legend>
        {text('name', fields.name, { maxLength: 140 })}
        {text('legalName', fields.legalName, { maxLength: 140 })}
        {text('country', fields.country, { maxLength: 2 })}
        {text('timeZone', fields.timeZone, { maxLength: 64 })}
        {text('cutOff', fields.cutOff, { type: 'time' })}
        <Choice label={fields.state} value={draft.state} choices={words.states} onChange={(state) => set({ state })} />
      </fieldset>
      <fieldset>
        <legend>{fields.account}</legend>
        <p className="muted">{fields.accountHint}</p>
        {text('iban', fields.iban, { maxLength: 42 })}
        {text('holder', fields.holder, { maxLength: 70 })}
        {text('bic', fields.bic, { maxLength: 11 })}
      </fieldset>
      <Stores draft={draft} set={set} />
      <fieldset>
        <legend>{fields.fees}</legend>
        <p className="muted">{fields.feesHint}</p>
        {instruments.map((instrument) => (
          <Rate
            key={instrument}
            name={fields.instruments[instrument]}
            rate={draft.rates[instrument]}
            onChange={(rate) => set({ rates: { ...draft.rates, [instrument]: rate } })}
          />
        ))}
        {text('taxPercent', fields.tax)}
        {text('chargeback', fields.chargeback)}
        {text('recoverAfterDays', fields.recover)}
        <Choice label={fields.atRefund} value={draft.atRefund} choices={fields.atRefunds} onChange={(atRefund) => set({ atRefund })} />
        <Choice label={fields.refundRate} value={draft.refundRate} choices={fields.refundRates} onChange={(refundRate) => set({ refundRate })} />
      </fieldset>
      <fieldset>
        <legend>{fields.reserve}</legend>
        <p className="muted">{fields.reserveHint}</p>
        {text('reservePercent', fields.reservePercent)}
        {text('reserveDays', fields.reserveDays)}
      </fieldset>
      <fieldset>
        <legend>{fields.escrow}</legend>
        <p className="muted">{fields.reserveHint}</p>
        {text('secondPersonAbove', fields.secondPersonAbove)}
        {text('evidenceDays', fields.evidenceDays)}
      </fieldset>
      <fieldset>
        <legend>{fields.when}</legend>
        <Choice
          label={fields.when}
          value={isLater ? 'later' : 'now'}
          choices={{ now: fields.now, later: fields.later }}
          onChange={(when) => setIsLater(when === 'later')}
        />
        {isLater && <Field label={fields.at} type="datetime-local" value={later} onChange={setLater} />}
        {who === undefined && <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />}
      </fieldset>
      <Wrong answer={answer} />
      <div className="work-tools">
        <Button type="submit" look="primary" disabled={!isReady}>
          {words.save}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}

/** The hub names the field that it cannot take; what it is to be is said here. */
function Wrong({ answer }: { readonly answer: Answer<MerchantDetail> | undefined }) {
  const [path = ''] = answer?.ok === false ? (answer.detail ?? '').split(': ') : []
  const known = Object.keys(words.wrong).find((field) => path === field || path.startsWith(`${field}.`))
  return known === undefined ? (
    <Refusal answer={answer} otherwise={words.failed} />
  ) : (
    <p className="refusal" role="alert">
      {words.wrong[known]}
    </p>
  )
}

function Stores({ draft: { stores }, set }: { readonly draft: MerchantDraft; set(part: Partial<MerchantDraft>): void }) {
  const { fields } = words
  return (
    <fieldset>
      <legend>{fields.stores}</legend>
      {stores.map((store, at) => (
        <div key={store.id ?? at} className="merchant-row">
          <Field
            label={fields.store(at + 1)}
            value={store.name}
            maxLength={140}
            onChange={(name) => set({ stores: stores.map((one) => (one === store ? { ...one, name } : one)) })}
          />
          <Button look="quiet" aria-label={`${fields.remove}: ${fields.store(at + 1)}`} onClick={() => set({ stores: stores.filter((one) => one !== store) })}>
            {fields.remove}
          </Button>
        </div>
      ))}
      <div className="merchant-row">
        <Button onClick={() => set({ stores: [...stores, { name: '' }] })}>{fields.addStore}</Button>
      </div>
    </fieldset>
  )
}

function Rate({ name, rate, onChange }: { readonly name: string; readonly rate: RateDraft | undefined; onChange(rate: RateDraft | undefined): void }) {
  const { fields } = words
  return (
    <fieldset>
      <legend>{name}</legend>
      <label className="merchant-check">
        <input type="checkbox" checked={rate !== undefined} onChange={({ target }) => onChange(target.checked ? emptyRate : undefined)} />
        <span>{fields.charge(name)}</span>
      </label>
      {rate?.tiers.map((tier, at) => {
        const change = (part: Partial<typeof tier>) => onChange({ ...rate, tiers: rate.tiers.map((one, other) => (other === at ? { ...one, ...part } : one)) })
        return (
          <div key={at} className="merchant-row">
            <Field label={fields.from} inputMode="numeric" value={tier.from} readOnly={at === 0} onChange={(value) => change({ from: value })} />
            <Field label={fields.percent} inputMode="decimal" value={tier.percent} onChange={(percent) => change({ percent })} />
            {at > 0 && (
              <Button look="quiet" onClick={() => onChange({ ...rate, tiers: rate.tiers.filter((_, other) => other !== at) })}>
                {fields.remove}
              </Button>
            )}
          </div>
        )
      })}
      {rate !== undefined && (
        <>
          <div className="merchant-row">
            <Button onClick={() => onChange({ ...rate, tiers: [...rate.tiers, { from: '', percent: '' }] })}>{fields.addTier}</Button>
          </div>
          <Field label={fields.fixed} inputMode="numeric" value={rate.fixed} onChange={(fixed) => onChange({ ...rate, fixed })} />
          <Field label={fields.minimum} inputMode="numeric" value={rate.minimum} onChange={(minimum) => onChange({ ...rate, minimum })} />
          <Field label={fields.maximum} inputMode="numeric" value={rate.maximum} onChange={(maximum) => onChange({ ...rate, maximum })} />
        </>
      )}
    </fieldset>
  )
}

type ChoiceProps<T extends string> = { readonly label: string; readonly value: T; readonly choices: Readonly<Record<T, string>>; onChange(value: T): void }

function Choice<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  const values = Object.keys(choices) as T[]
  return (
    <label className="work-field">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => onChange(values.find((one) => one === target.value) ?? value)}>
        {values.map((one) => (
          <option key={one} value={one}>
            {choices[one]}
          </option>
        ))}
      </select>
    </label>
  )
}

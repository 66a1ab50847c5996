import { formKinds, type KindForm, type PolicyForm } from '../../policy-form.ts'
import { policyWords as words } from '../../policy-words.ts'
import { Button } from '../../parts/button.tsx'

type Props = { readonly form: PolicyForm; readonly onChange: (changed: Partial<PolicyForm>) => void }

/** What is left of every cap, the longer a till has not heard of the hub. */
export function PolicySteps({ form: { steps }, onChange }: Props) {
  const change = (at: number, changed: Partial<PolicyForm['steps'][number]>) =>
    onChange({ steps: steps.map((step, index) => (index === at ? { ...step, ...changed } : step)) })
  return (
    <fieldset className="policy-group">
      <legend>{words.steps}</legend>
      {steps.map(({ hours, percent }, at) => (
        // Steps have no names: they are known by their place.
        <p key={at} className="policy-step">
          <label>
            {words.stepHours} <input inputMode="decimal" value={hours} onChange={({ target }) => change(at, { hours: target.value })} />
          </label>
          <label>
            <input inputMode="decimal" value={percent} onChange={({ target }) => change(at, { percent: target.value })} /> {words.stepPercent}
          </label>
          <Button look="quiet" icon aria-label={words.removeStep(at + 1)} onClick={() => onChange({ steps: steps.filter((_, index) => index !== at) })}>
            ×
          </Button>
        </p>
      ))}
      <Button look="quiet" onClick={() => onChange({ steps: [...steps, { hours: '', percent: '' }] })}>
        {words.addStep}
      </Button>
    </fieldset>
  )
}

const columns = [
  ['payment', words.kindPayment],
  ['instrument', words.kindInstrument],
  ['count', words.kindCount],
] as const satisfies readonly (readonly [keyof KindForm, string])[]

/** Tighter caps of one kind. Without any, wallets have the general ones, and cards and credit are not taken without the hub. */
export function PolicyKinds({ form: { kinds }, onChange }: Props) {
  return (
    <fieldset className="policy-group">
      <legend>{words.kinds}</legend>
      <table className="policy-kinds">
        <thead>
          <tr>
            <td />
            {columns.map(([name, word]) => (
              <th key={name} scope="col">
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {formKinds.map((kind) => (
            <tr key={kind}>
              <th scope="row">{words.kind[kind]}</th>
              {columns.map(([name, word]) => (
                <td key={name}>
                  <input
                    inputMode="decimal"
                    aria-label={`${words.kind[kind]}: ${word}`}
                    value={kinds[kind][name]}
                    placeholder={name === 'count' ? '' : words.noCaps[kind]}
                    onChange={({ target }) => onChange({ kinds: { ...kinds, [kind]: { ...kinds[kind], [name]: target.value } } })}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </fieldset>
  )
}

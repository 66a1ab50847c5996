import { useState, type FormEvent, type InputHTMLAttributes, type ReactNode } from 'react'
import { Button } from './button.tsx'
import './work-list.css'

type FieldProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'className' | 'value' | 'onChange'> & {
  readonly label: string
  readonly value: string
  onChange(value: string): void
}

export const Field = ({ label, onChange, ...rest }: FieldProps) => (
  <label className="work-field">
    <span>{label}</span>
    <input autoComplete="off" {...rest} onChange={({ target }) => onChange(target.value)} />
  </label>
)

type ReasonProps = {
  readonly words: { readonly reason: string; readonly yes: string; readonly cancel: string }
  /** In characters, as the hub keeps them. */
  readonly longest: number
  /** Whether `children`, which are asked before the reason, are answered. */
  readonly isReady?: boolean
  readonly children?: ReactNode
  /** False: it was refused, and the page says why. */
  say(reason: string): Promise<boolean>
  onClose(): void
}

/** Nothing is decided about money without a reason. Closes when it was taken. */
export function ReasonForm({ words, longest, isReady = true, children, say, onClose }: ReasonProps) {
  const [text, setText] = useState('')
  const reason = text.trim()
  const canSay = isReady && reason !== ''
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (canSay && (await say(reason))) onClose()
  }
  return (
    <form className="work-form" onSubmit={(event) => void submit(event)}>
      {children}
      <Field label={words.reason} value={text} maxLength={longest} onChange={setText} />
      <div className="work-tools">
        <Button type="submit" look="primary" disabled={!canSay}>
          {words.yes}
        </Button>
        <Button onClick={onClose}>{words.cancel}</Button>
      </div>
    </form>
  )
}

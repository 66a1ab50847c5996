import { useState, type FormEvent } from 'react'
import { Button } from '../parts/button.tsx'
import type { Answer, Session } from '../session/session.ts'
import { errorText, t } from '../words.ts'
import { enrolInput } from './enrol-input.ts'
import './enrol-form.css'

/** Makes a new till known to its hub. */
export function EnrolForm({ session, answer }: { readonly session: Session; readonly answer: Answer | undefined }) {
  const [hub, setHub] = useState('')
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState<'hub' | 'code'>()
  const [asking, setAsking] = useState(false)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const input = enrolInput(hub, code)
    if ('wrong' in input) return setWrong(input.wrong)
    setWrong(undefined)
    setAsking(true)
    session.dismissAnswer()
    await session.command(input.command)
    setAsking(false)
  }

  const complaint =
    wrong === 'hub'
      ? t('enrol.wrongHub')
      : wrong === 'code'
        ? t('enrol.wrongCode')
        : answer?.kind === 'error'
          ? `${errorText(answer.code).say} ${errorText(answer.code).next}`
          : ''
  return (
    <form className="enrol-form" noValidate onSubmit={(event) => void submit(event)}>
      <label>
        {t('enrol.hub')}
        <input
          type="url"
          dir="ltr"
          value={hub}
          placeholder={t('enrol.hubExample')}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={wrong === 'hub'}
          onChange={(event) => setHub(event.target.value)}
        />
      </label>
      <label>
        {t('enrol.code')}
        <input
          type="text"
          value={code}
          dir="ltr"
          autoComplete="one-time-code"
          autoCapitalize="off"
          spellCheck={false}
          aria-invalid={wrong === 'code'}
          onChange={(event) => setCode(event.target.value)}
        />
      </label>
      <p className="enrol-form-complaint" role="alert">
        {complaint}
      </p>
      <Button look="primary" size="huge" disabled={asking} type="submit">
        {asking ? t('enrol.going') : t('enrol.go')}
      </Button>
    </form>
  )
}

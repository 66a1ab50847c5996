import { useState, type FormEvent } from 'react'
import { errors } from '#protocol/errors.ts'
import { Button } from '../parts/button.tsx'
import type { Answer, Session } from '../session/session.ts'
import { words } from '../words.ts'
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
      ? words.enrol.wrongHub
      : wrong === 'code'
        ? words.enrol.wrongCode
        : answer?.kind === 'error'
          ? `${errors[answer.code].say} ${errors[answer.code].next}`
          : ''
  return (
    <form className="enrol-form" noValidate onSubmit={(event) => void submit(event)}>
      <label>
        {words.enrol.hub}
        <input
          type="url"
          value={hub}
          placeholder={words.enrol.hubExample}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={wrong === 'hub'}
          onChange={(event) => setHub(event.target.value)}
        />
      </label>
      <label>
        {words.enrol.code}
        <input
          type="text"
          value={code}
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
        {asking ? words.enrol.going : words.enrol.go}
      </Button>
    </form>
  )
}

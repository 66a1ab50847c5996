import { useEffect, useState, useSyncExternalStore, type FormEvent, type ReactNode } from 'react'
import type { ConsolePerson, SessionState, ToldInvitation } from '#protocol/hub-api/session.ts'
import type { FeedStore } from '../app.tsx'
import type { Answer } from '../hub.ts'
import { acceptInvitation, addPasskey, fetchSession, invitationIn, readInvitation, signIn, signInByPasskey, signOut } from '../session.ts'
import { door } from '../session-words.ts'
import { Button } from './button.tsx'
import { QrCode } from './qr-code.tsx'
import { Session } from './session.ts'
import { Refusal } from './refusal.tsx'
import './door.css'

/** Shows the console to who may see it: everybody at this machine until somebody has enrolled, then who is signed in. */
export function Door({ store, children }: { readonly store: FeedStore; readonly children: ReactNode }) {
  const { link } = useSyncExternalStore(store.subscribe, store.get)
  const [session, setSession] = useState<SessionState>()
  const [invitation, setInvitation] = useState(() => invitationIn(location.hash))
  const look = () => void fetchSession().then((answer) => (answer.ok ? setSession(answer.value) : undefined))
  // A connection that is lost may be a session that has ended.
  useEffect(look, [link])

  const entered = () => {
    history.replaceState(null, '', location.pathname)
    setInvitation(undefined)
    look()
  }
  if (invitation !== undefined) return <Enrol token={invitation} onDone={entered} />
  if (session?.needed === true && session.person === undefined) return <SignIn onDone={entered} />
  return (
    <Session value={session}>
      {session?.person !== undefined && <Account person={session.person} onLeft={look} />}
      {children}
    </Session>
  )
}

function SignIn({ onDone }: { onDone(): void }) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [asking, setAsking] = useState(false)
  const [answer, setAnswer] = useState<Answer<unknown>>()
  const [note, setNote] = useState<string>()
  const ask = async (how: () => Promise<Answer<ConsolePerson> | undefined>) => {
    setAsking(true)
    const said = await how()
    setAsking(false)
    setNote(said === undefined ? door.noPasskey : undefined)
    setAnswer(said)
    setCode('')
    if (said?.ok === true) onDone()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void ask(() => signIn(name, password, code))
  }
  return (
    <main className="door">
      <form className="door-card" onSubmit={submit}>
        <h1>{door.title}</h1>
        <label htmlFor="door-name">{door.name}</label>
        <input id="door-name" value={name} maxLength={80} required autoComplete="username" autoFocus onChange={({ target }) => setName(target.value)} />
        <label htmlFor="door-password">{door.password}</label>
        <input
          id="door-password"
          type="password"
          value={password}
          maxLength={256}
          required
          autoComplete="current-password"
          onChange={({ target }) => setPassword(target.value)}
        />
        <Code code={code} onChange={setCode} />
        <Refusal answer={answer} otherwise={door.failed} />
        {note !== undefined && <p role="status">{note}</p>}
        <Button type="submit" look="primary" disabled={asking}>
          {door.go}
        </Button>
        <Button disabled={asking} onClick={() => void ask(signInByPasskey)}>
          {door.passkey}
        </Button>
      </form>
    </main>
  )
}

const Code = ({ code, onChange }: { readonly code: string; onChange(code: string): void }) => (
  <>
    <label htmlFor="door-code">{door.code}</label>
    <input
      id="door-code"
      value={code}
      inputMode="numeric"
      pattern="[0-9]{6}"
      maxLength={6}
      required
      autoComplete="one-time-code"
      onChange={({ target }) => onChange(target.value)}
    />
  </>
)

function Enrol({ token, onDone }: { readonly token: string; onDone(): void }) {
  const [told, setTold] = useState<Answer<ToldInvitation>>()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [answer, setAnswer] = useState<Answer<unknown>>()
  useEffect(() => void readInvitation(token).then(setTold), [token])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const accepted = await acceptInvitation(token, password, code)
    if (accepted.ok) onDone()
    else setAnswer(accepted)
  }
  if (told?.ok !== true)
    return (
      <main className="door" aria-busy={told === undefined}>
        <div className="door-card">
          <Refusal answer={told} otherwise={door.failed} />
          {told !== undefined && <Button onClick={onDone}>{door.title}</Button>}
        </div>
      </main>
    )
  const { name, uri, secret } = told.value
  return (
    <main className="door">
      <form className="door-card" onSubmit={(event) => void submit(event)}>
        <h1>{door.invited(name)}</h1>
        <p>{door.invitedHint}</p>
        <QrCode text={uri} name={door.key} />
        <output className="mono door-key" aria-label={door.key}>
          {secret}
        </output>
        <label htmlFor="door-password">{door.newPassword}</label>
        <input
          id="door-password"
          type="password"
          value={password}
          minLength={12}
          maxLength={256}
          required
          autoComplete="new-password"
          onChange={({ target }) => setPassword(target.value)}
        />
        <Code code={code} onChange={setCode} />
        <Refusal answer={answer} otherwise={door.failed} />
        <Button type="submit" look="primary">
          {door.enrol}
        </Button>
      </form>
    </main>
  )
}

function Account({ person, onLeft }: { readonly person: ConsolePerson; onLeft(): void }) {
  const [answer, setAnswer] = useState<Answer<null>>()
  const [added, setAdded] = useState(false)
  const add = async () => {
    const said = await addPasskey()
    setAdded(said?.ok === true)
    setAnswer(said)
  }
  return (
    <nav className="signed-in" aria-label={door.signedInAs(person.name, person.role)}>
      <p>{door.signedInAs(person.name, person.role)}</p>
      <Refusal answer={answer} otherwise={door.failed} />
      {added && <p role="status">{door.passkeyAdded}</p>}
      <Button look="quiet" onClick={() => void add()}>
        {door.addPasskey}
      </Button>
      <Button look="quiet" onClick={() => void signOut().then(onLeft)}>
        {door.signOut}
      </Button>
    </nav>
  )
}

import { useEffect, useState, type FormEvent } from 'react'
import type { ConsolePerson, PersonAtConsole } from '#protocol/hub-api/session.ts'
import type { Answer } from '../../hub.ts'
import { fetchPeople, invitationLink, invitePerson, removePerson } from '../../session.ts'
import { door } from '../../session-words.ts'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import '../../parts/door.css'

const roles = ['viewer', 'operator', 'finance', 'admin'] as const

/** Who may use the console, for administrators. */
export function People() {
  const [people, setPeople] = useState<readonly PersonAtConsole[]>([])
  const [answer, setAnswer] = useState<Answer<unknown>>()
  const [name, setName] = useState('')
  const [role, setRole] = useState<ConsolePerson['role']>('viewer')
  const [invited, setInvited] = useState<{ readonly name: string; readonly link: string }>()
  const read = () => void fetchPeople().then((fetched) => (fetched.ok ? setPeople(fetched.value) : setAnswer(fetched)))
  useEffect(read, [])
  const invite = async (event: FormEvent) => {
    event.preventDefault()
    const said = await invitePerson(name, role)
    setAnswer(said)
    if (said.ok) setInvited({ name, link: invitationLink(said.value.token) })
  }
  const remove = async (id: string) => {
    setAnswer(await removePerson(id))
    read()
  }
  return (
    <Section id="people" title={door.peopleTitle}>
      <ul className="door-people">
        {people.map((person) => (
          <li key={person.id}>
            <p>
              {door.signedInAs(person.name, person.role)}
              <span className="muted"> {[door.passkeys(person.passkeys), ...(person.locked ? [door.locked] : [])].join(', ')}</span>
            </p>
            <Button look="quiet" aria-label={door.removeOf(person.name)} onClick={() => void remove(person.id)}>
              {door.remove}
            </Button>
          </li>
        ))}
      </ul>
      <form className="door-card" onSubmit={(event) => void invite(event)}>
        <label htmlFor="people-name">{door.name}</label>
        <input id="people-name" value={name} maxLength={80} required autoComplete="off" onChange={({ target }) => setName(target.value)} />
        <label htmlFor="people-role">{door.role}</label>
        <select id="people-role" value={role} onChange={({ target }) => setRole(roles.find((one) => one === target.value) ?? role)}>
          {roles.map((one) => (
            <option key={one} value={one}>
              {door.roles[one]}
            </option>
          ))}
        </select>
        <Refusal answer={answer} otherwise={door.failed} />
        {invited !== undefined && (
          <output className="mono door-key" aria-label={door.linkFor(invited.name)}>
            {invited.link}
          </output>
        )}
        <Button type="submit" look="primary">
          {door.invite}
        </Button>
      </form>
    </Section>
  )
}

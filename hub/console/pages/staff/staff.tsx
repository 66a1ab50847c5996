import { useEffect, useState } from 'react'
import type { LooseReturns, PersonState, StaffState, ToldPerson } from '#protocol/hub-api/staff.ts'
import { roles, type Role } from '#protocol/staff/roles.ts'
import { changePerson, fetchLooseReturns, fetchStaff, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { words } from '../../words.ts'
import { AddPerson, Made } from './add-person.tsx'
import { StaffHistory } from './staff-history.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { PlusIcon } from '../../parts/icons.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import './staff.css'

type Opened = { readonly what: 'add' } | { readonly what: 'retire'; readonly person: PersonState } | { readonly what: 'made'; readonly told: ToldPerson }

/** Who may sign in at the tills. Every change is at the tills at once, or when they are next online. */
export function Staff() {
  const [state, setState] = useState<StaffState>()
  const [opened, setOpened] = useState<Opened>()
  const [failed, setFailed] = useState<Answer<unknown>>()
  const [loose, setLoose] = useState<LooseReturns>()
  const read = () => {
    void fetchLooseReturns().then((fetched) => (fetched.ok ? setLoose(fetched.value) : undefined))
    void fetchStaff().then((fetched) => (fetched.ok ? setState(fetched.value) : setFailed(fetched)))
  }
  useEffect(read, [])

  const made = (told: ToldPerson) => {
    setOpened(told.pin === undefined && told.badge === undefined ? undefined : { what: 'made', told })
    read()
  }
  const change = async (person: PersonState, what: 'pin' | 'badge' | 'role' | 'retire', body: { readonly role?: Role } = {}) => {
    const answer = await changePerson(person.id, what, body)
    setFailed(answer.ok ? undefined : answer)
    if (answer.ok) made(answer.value)
    else setOpened(undefined)
  }

  return (
    <Section
      id="staff"
      title={words.staff.title}
      tools={
        <Button needs="administer" onClick={() => setOpened({ what: 'add' })}>
          <PlusIcon />
          {words.staff.add}
        </Button>
      }
    >
      <div className="staff">
        {state?.people.length === 0 && <p>{words.staff.none}</p>}
        <ul>
          {state?.people.map((person) => (
            <Person
              key={person.id}
              person={person}
              onChange={(what, body) => void change(person, what, body)}
              onRetire={() => setOpened({ what: 'retire', person })}
            />
          ))}
        </ul>
        {loose !== undefined && loose.counts.length > 0 && <Loose loose={loose} />}
        <Refusal answer={failed} otherwise={words.staff.failed} />
        {state !== undefined && <StaffHistory changes={state.changes} />}
      </div>
      {opened?.what === 'add' && <AddPerson onMade={made} onClose={() => setOpened(undefined)} />}
      {opened?.what === 'made' && <Made told={opened.told} onClose={() => setOpened(undefined)} />}
      {opened?.what === 'retire' && <Retire person={opened.person} onYes={() => void change(opened.person, 'retire')} onClose={() => setOpened(undefined)} />}
    </Section>
  )
}

/** Nothing can be compared with a sale there: whoever does it often is worth a look. */
const Loose = ({ loose: { currency, counts } }: { readonly loose: LooseReturns }) => (
  <>
    <h3>{words.staff.loose}</h3>
    <ul>
      {counts.map(({ till, person, returns, paidMinor }) => (
        <li key={`${till} ${person}`}>{words.staff.looseCount(person ?? words.staff.nobody, till, returns, formatMoney(paidMinor, currency))}</li>
      ))}
    </ul>
  </>
)

type PersonProps = { readonly person: PersonState; onChange(what: 'pin' | 'badge' | 'role', body?: { readonly role?: Role }): void; onRetire(): void }

function Person({ person, onChange, onRetire }: PersonProps) {
  const { name, role, hasBadge } = person
  return (
    <li className="staff-person" aria-label={name}>
      <strong className="staff-name">{name}</strong>
      <select
        aria-label={words.staff.roleOf(name)}
        value={role}
        onChange={({ target }) => {
          const chosen = roles.find((one) => one === target.value)
          if (chosen !== undefined) onChange('role', { role: chosen })
        }}
      >
        {roles.map((one) => (
          <option key={one} value={one}>
            {words.staff.roles[one]}
          </option>
        ))}
      </select>
      <Button needs="administer" look="quiet" onClick={() => onChange('pin')}>
        {words.staff.newPin}
      </Button>
      <Button needs="administer" look="quiet" onClick={() => onChange('badge')}>
        {hasBadge ? words.staff.anotherBadge : words.staff.newBadge}
      </Button>
      <Button needs="administer" look="quiet" onClick={onRetire}>
        {words.staff.retire}
      </Button>
    </li>
  )
}

function Retire({ person: { name }, onYes, onClose }: { readonly person: PersonState; onYes(): void; onClose(): void }) {
  const title = words.staff.retireTitle(name)
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-form">
        <p>{words.staff.retireHint}</p>
        <div className="dialog-foot">
          <Button onClick={onClose}>{words.staff.cancel}</Button>
          <Button look="primary" onClick={onYes}>
            {words.staff.retireYes}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

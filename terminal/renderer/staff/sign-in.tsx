import { useEffect, useState, type FormEvent } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { PIN_PATTERN } from '#protocol/staff/roles.ts'
import type { StaffView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatTime } from '../format.ts'
import { choiceKeys } from '../input/keys.ts'
import { Button } from '../parts/button.tsx'
import { Failed } from '../parts/failed.tsx'
import { EraseIcon } from '../parts/icons.tsx'
import { t } from '../words.ts'
import '../screens/sales/keypad.css'
import './staff.css'

type People = StaffView['people']
type Props = {
  readonly people: People
  readonly now: EpochMs
  /** What the PIN is for. */
  readonly does: string
  onPin(staff: Id, pin: string): Promise<Outcome<null>>
}

/** First who, then their PIN. A badge needs neither: it is scanned, whatever is shown here. */
export function SignIn({ people, now, does, onPin }: Props) {
  const [chosen, setChosen] = useState<Id>()
  // Also where this is no dialog, whose keys press its buttons.
  useEffect(() => {
    const choose = ({ key, repeat }: KeyboardEvent) => {
      const place = repeat ? -1 : choiceKeys.findIndex((one) => one === key)
      if (place >= 0) setChosen((before) => before ?? people[place]?.id)
    }
    window.addEventListener('keydown', choose)
    return () => window.removeEventListener('keydown', choose)
  }, [people])
  const person = people.find(({ id }) => id === chosen) ?? (people.length === 1 ? people[0] : undefined)
  if (person !== undefined)
    return <PinForm key={person.id} person={person} now={now} does={does} onPin={onPin} {...(people.length > 1 && { onOther: () => setChosen(undefined) })} />
  return (
    <div className="sign-in">
      <p>{t('staff.who')}</p>
      <ul className="sign-in-people">
        {people.map(({ id, name, role }, index) => (
          <li key={id}>
            <Button choice={choiceKeys[index]} onClick={() => setChosen(id)}>
              <strong>{name}</strong> <small>{t(`staff.roles.${role}`)}</small>
            </Button>
          </li>
        ))}
      </ul>
      <p className="sign-in-hint">{t('staff.badge')}</p>
    </div>
  )
}

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const
const MOST_DIGITS = 12

type PinProps = Omit<Props, 'people'> & { readonly person: People[number]; readonly onOther?: () => void }

function PinForm({ person, now, does, onPin, onOther }: PinProps) {
  const [pin, setPin] = useState('')
  const [asking, setAsking] = useState(false)
  const [failed, setFailed] = useState<ErrorCode>()
  const type = (next: string) => setPin(next.replaceAll(/\D/g, '').slice(0, MOST_DIGITS))
  const isPin = PIN_PATTERN.test(pin)
  const enter = async (event: FormEvent) => {
    event.preventDefault()
    if (asking || !isPin) return
    setAsking(true)
    const outcome = await onPin(person.id, pin)
    setAsking(false)
    setPin('')
    setFailed(outcome.ok ? undefined : outcome.code)
  }
  return (
    <form className="sign-in" onSubmit={(event) => void enter(event)}>
      <label className="sign-in-pin">
        {t('staff.pin', { name: person.name })}
        <input
          type="password"
          inputMode="none"
          autoComplete="off"
          autoFocus
          data-focus-first
          value={pin}
          maxLength={MOST_DIGITS}
          onChange={(event) => type(event.target.value)}
        />
      </label>
      {person.waitUntil !== undefined && <p role="status">{t('staff.waitUntil', { time: formatTime(person.waitUntil, now) })}</p>}
      {failed !== undefined && <Failed code={failed} />}
      <div className="keypad" role="group" aria-label={t('refund.keypad')}>
        {keys.map((key) => (
          <button key={key} type="button" className="button" onClick={() => type(pin + key)}>
            {key}
          </button>
        ))}
        <button type="button" className="button" aria-label={t('refund.erase')} onClick={() => setPin(pin.slice(0, -1))}>
          <EraseIcon />
        </button>
        <button type="button" className="button" onClick={() => type(`${pin}0`)}>
          0
        </button>
        <button type="submit" className="button" data-look="primary" disabled={asking || !isPin}>
          {does}
        </button>
      </div>
      {onOther !== undefined && (
        <Button look="quiet" onClick={onOther}>
          {t('staff.other')}
        </Button>
      )}
    </form>
  )
}

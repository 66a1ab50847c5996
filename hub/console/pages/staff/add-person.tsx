import { useState } from 'react'
import type { ToldPerson } from '#protocol/hub-api/staff.ts'
import { PIN_PATTERN, roles, type Role } from '#protocol/staff/roles.ts'
import { addPerson } from '../../hub.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogForm } from '../../parts/dialog.tsx'
import './staff.css'

const MAX_NAME = 60

/** A new name on the list. Left empty, the PIN is made by the hub. */
export function AddPerson({ onMade, onClose }: { onMade(told: ToldPerson): void; onClose(): void }) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('cashier')
  const [pin, setPin] = useState('')
  const [badge, setBadge] = useState(false)
  const isPin = pin === '' || PIN_PATTERN.test(pin)
  const { addYes: yes, cancel, failed } = words.staff
  const send = () => addPerson({ name: name.trim(), role, badge, ...(pin === '' ? {} : { pin }) })

  return (
    <Dialog title={words.staff.addTitle} onClose={onClose}>
      <DialogForm words={{ yes, asking: yes, cancel, failed }} isReady={name.trim() !== '' && isPin} send={send} onDone={onMade} onClose={onClose}>
        <div className="staff-form">
          <label htmlFor="person-name">{words.staff.name}</label>
          <input id="person-name" value={name} maxLength={MAX_NAME} required autoComplete="off" onChange={({ target }) => setName(target.value)} autoFocus />
          <label htmlFor="person-role">{words.staff.role}</label>
          <select id="person-role" value={role} onChange={({ target }) => setRole(roles.find((one) => one === target.value) ?? role)}>
            {roles.map((one) => (
              <option key={one} value={one}>
                {words.staff.roles[one]}
              </option>
            ))}
          </select>
          <label htmlFor="person-pin">{words.staff.pin}</label>
          <input
            id="person-pin"
            type="password"
            inputMode="numeric"
            value={pin}
            maxLength={12}
            autoComplete="off"
            aria-invalid={!isPin}
            aria-describedby="person-pin-hint"
            onChange={({ target }) => setPin(target.value)}
          />
          <p id="person-pin-hint" className="muted">
            {words.staff.pinHint}
          </p>
          <label className="staff-check">
            <input type="checkbox" checked={badge} onChange={({ target }) => setBadge(target.checked)} />
            {words.staff.withBadge}
          </label>
        </div>
      </DialogForm>
    </Dialog>
  )
}

/** What was made, shown once. */
export function Made({ told: { person, pin, badge }, onClose }: { readonly told: ToldPerson; onClose(): void }) {
  const title = words.staff.madeTitle(person.name)
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-form">
        <p>{words.staff.madeHint}</p>
        {pin !== undefined && (
          <output className="told-once mono" aria-label={words.staff.pin}>
            {pin}
          </output>
        )}
        {badge !== undefined && (
          <>
            <p>{words.staff.badgeHint}</p>
            <output className="told-once mono" aria-label={words.staff.badge}>
              {badge}
            </output>
          </>
        )}
        <div className="dialog-foot">
          <Button look="primary" onClick={onClose}>
            {words.staff.done}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

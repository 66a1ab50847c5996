import type { StaffChange } from '#protocol/hub-api/staff.ts'
import { editingWords as words } from '../../editing-words.ts'
import { formatWhole, machineTime } from '../../times.ts'

/** Who changed what about whom. */
export const StaffHistory = ({ changes }: { readonly changes: readonly StaffChange[] }) => (
  <section aria-label={words.history}>
    <h3>{words.history}</h3>
    {changes.length === 0 && <p className="muted">{words.noHistory}</p>}
    <ul className="staff-history" tabIndex={0} aria-label={words.history}>
      {changes.map(({ at, by, person, name, what, before, after }) => (
        <li key={`${at} ${person} ${what}`}>
          {words.staff(what, name, before, after)}{' '}
          <span className="muted">
            {words.whom(by)}, <time dateTime={machineTime(at)}>{formatWhole(at)}</time>
          </span>
        </li>
      ))}
    </ul>
  </section>
)

import type { FieldChange } from '#protocol/hub-api/merchants.ts'
import './change-list.css'

type Props = {
  readonly changes: readonly FieldChange[]
  /** What the parts of a field's name are called; the others are shown as they are. */
  readonly names: Readonly<Record<string, string>>
  /** In place of what was not there, or is not any more. */
  readonly empty: string
}

/** What somebody changed, from what to what. */
export const ChangeList = ({ changes, names, empty }: Props) => (
  <ul className="change-list">
    {changes.map(({ field, before, after }) => (
      <li key={field}>
        <span>{namesOf(field, names)}</span> <del>{before === '' ? empty : before}</del> <span aria-hidden="true">→</span>{' '}
        <ins>{after === '' ? empty : after}</ins>
      </li>
    ))}
  </ul>
)

const namesOf = (field: string, names: Props['names']): string =>
  field
    .split('.')
    .map((part) => names[part] ?? part)
    .filter((part) => part !== '')
    .join(' ')

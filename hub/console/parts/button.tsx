import type { ButtonHTMLAttributes, Ref } from 'react'
import type { Right } from '#protocol/hub-api/rights.ts'
import { useMay } from './session.ts'
import './button.css'

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> & {
  readonly look?: 'plain' | 'primary' | 'quiet'
  /** Only an icon inside: `aria-label` says what it does. */
  readonly icon?: boolean
  /** Without this right there is no button: see hub/sign-in/rights.ts for what each action needs. */
  readonly needs?: Right
  readonly ref?: Ref<HTMLButtonElement>
}

export function Button({ look = 'plain', icon = false, needs = 'look', ...rest }: Props) {
  const may = useMay()
  return may(needs) ? <button type="button" className="button" data-look={look} data-icon={icon || undefined} {...rest} /> : null
}

import type { ButtonHTMLAttributes, Ref } from 'react'
import './button.css'

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> & {
  readonly look?: 'plain' | 'primary' | 'quiet'
  /** Only an icon inside: `aria-label` says what it does. */
  readonly icon?: boolean
  readonly ref?: Ref<HTMLButtonElement>
}

export const Button = ({ look = 'plain', icon = false, ...rest }: Props) => (
  <button type="button" className="button" data-look={look} data-icon={icon || undefined} {...rest} />
)

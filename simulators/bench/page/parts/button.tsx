import type { ButtonHTMLAttributes } from 'react'
import './button.css'

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> & { readonly look?: 'plain' | 'primary' | 'case' }

/** `case` stands on the dark case of a device. */
export const Button = ({ look = 'plain', ...rest }: Props) => <button type="button" className="button" data-look={look} {...rest} />

import type { ButtonHTMLAttributes } from 'react'

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> & { readonly look?: 'plain' | 'primary' | 'quiet' }

/** A button for an outstretched arm: at least 64 px, and without the name of a key. */
export const Big = ({ look = 'plain', ...rest }: Props) => <button type="button" className="kiosk-button" data-look={look} {...rest} />

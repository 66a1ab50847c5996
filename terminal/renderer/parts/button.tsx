import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { keyOf } from '../input/keys.ts'
import './button.css'

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> & {
  readonly look?: 'plain' | 'primary' | 'quiet' | 'warning'
  readonly size?: 'normal' | 'huge'
  /** The action whose key does the same: written on the button. */
  readonly action?: keyof typeof keyOf
  /** The key that presses it in the dialog that it stands in: one of `choiceKeys`. */
  readonly choice?: string | undefined
  readonly children: ReactNode
  readonly ref?: Ref<HTMLButtonElement>
}

/** Names of keys as `aria-keyshortcuts` wants them. */
const spoken: Partial<Record<keyof typeof keyOf, string>> = {
  cancel: 'Escape',
  fewer: '-',
  more: 'Plus',
  remove: 'Delete',
  giveBack: 'Insert',
  showReceipt: 'PageUp',
  sendReceipt: 'PageDown',
  undo: 'Control+Z',
  redo: 'Control+Y',
}

export function Button({ look = 'plain', size = 'normal', action, choice, children, ...rest }: Props) {
  return (
    <button
      type="button"
      className="button"
      data-look={look}
      data-size={size}
      data-action={action}
      aria-keyshortcuts={choice ?? (action && (spoken[action] ?? keyOf[action]))}
      {...rest}
    >
      <span>{children}</span>
      {/* On plus and minus the label already is the key. */}
      {action && keyOf[action] !== children && <KeyCap action={action} />}
      {choice !== undefined && <KeyName>{choice}</KeyName>}
    </button>
  )
}

/** The key of an action. Hidden from screen readers, which get it through `aria-keyshortcuts`. */
export const KeyCap = ({ action }: { readonly action: keyof typeof keyOf }) => <KeyName>{keyOf[action]}</KeyName>

export const KeyName = ({ children }: { readonly children: string }) => (
  <kbd className="key-cap" aria-hidden="true">
    {children}
  </kbd>
)

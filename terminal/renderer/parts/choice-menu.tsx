import { DropdownMenu } from 'radix-ui'
import { useRef, type ReactNode } from 'react'
import { CheckIcon, OpensIcon } from './icons.tsx'
import './choice-menu.css'

type Choice = { readonly value: string; readonly text: string; readonly lang?: string; readonly dir?: 'ltr' | 'rtl' }

type Props = {
  /** Tells menus apart, in the style sheet and to whoever drives the page. */
  readonly kind: 'language' | 'look'
  /** What is chosen, with what it is about: the button's name. */
  readonly name: string
  readonly title: string
  readonly icon: ReactNode
  readonly choices: readonly Choice[]
  readonly chosen: string
  onChoose(value: string): void
}

/** One of a few, chosen from a menu. */
export function ChoiceMenu({ kind, name, title, icon, choices, chosen, onChoose }: Props) {
  const now = choices.find(({ value }) => value === chosen)
  // The menu is seen to close first: what is chosen may draw the whole page anew, and Radix draws at once all that its press changes.
  const asked = useRef<string>(undefined)
  const trigger = useRef<HTMLButtonElement>(null)
  const choose = (event: Event) => {
    const value = asked.current
    asked.current = undefined
    if (value === undefined) return
    // The focus first, while the page is laid out: after the choice that would be done for it, and once more for what the choice draws.
    event.preventDefault()
    trigger.current?.focus()
    onChoose(value)
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger ref={trigger} className={`button choice-menu-button ${kind}-menu-button`} data-look="plain" aria-label={name}>
        {icon}
        <span lang={now?.lang}>{now?.text}</span>
        <OpensIcon />
      </DropdownMenu.Trigger>
      {/* In its place, not in a portal: so it stays within the landmark that it belongs to. */}
      <DropdownMenu.Content className="choice-menu" align="end" sideOffset={4} collisionPadding={8} aria-label={title} onCloseAutoFocus={choose}>
        <DropdownMenu.RadioGroup value={chosen} onValueChange={(value) => (asked.current = value)}>
          {choices.map(({ value, text, lang, dir }) => (
            <DropdownMenu.RadioItem key={value} className="choice-menu-item" value={value} lang={lang} dir={dir}>
              {text}
              <DropdownMenu.ItemIndicator>
                <CheckIcon />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  )
}

import { Dialog as Modal } from 'radix-ui'
import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import { choiceKeys } from '../input/keys.ts'
import { focusMainRegion } from './main-region.ts'
import './dialog.css'

type Props = {
  readonly title: string
  readonly testId: string
  readonly tone?: 'attention'
  /** Escape. Missing while something is under way that must be seen to its end. */
  readonly onCancel?: () => void
  /** F9, the key of the main step everywhere. */
  readonly onMain?: () => void
  /** Enter, where no button has the focus: for a dialog whose main step is pressed again and again. */
  readonly onEnter?: () => void
  /** What further keys do, by `KeyboardEvent.key`. */
  readonly keys?: Readonly<Record<string, () => void>>
  readonly children: ReactNode
  readonly foot: ReactNode
}

/** What had the focus before the dialog that was opened last: one that takes the place of another gives it back to that. */
let opener: Element | null = null

/**
 * A modal dialog: keeps the focus in it and gives it back afterwards, to whoever works by keys. Its heading takes the focus, so that no button is pressed by a key
 * that was meant for something else, and a press beside it does nothing.
 */
export function Dialog({ title, testId, tone, onCancel, onMain, onEnter, keys, children, foot }: Props) {
  const content = useRef<HTMLDivElement>(null)
  const before = useRef<Element>(null)
  const takeFocus = (event: Event) => {
    event.preventDefault()
    const focused = document.activeElement
    // Whoever touched a button does not want the next Enter to press it again.
    const byKeys = focused?.matches(':focus-visible') === true ? focused : null
    before.current = focused === document.body ? opener : byKeys
    opener = before.current
    const first = content.current?.querySelector<HTMLElement>('[data-focus-first]') ?? content.current?.querySelector<HTMLElement>('.dialog-title')
    first?.focus()
  }
  const giveBackFocus = (event: Event) => {
    event.preventDefault()
    // The next dialog may have it already.
    if (document.activeElement === document.body && before.current instanceof HTMLElement) before.current.focus()
    // It may be gone by now, or may have been a finger's.
    focusMainRegion(document)
  }
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === 'F9' && !event.repeat) onMain?.()
    else if (event.key === 'Enter' && !event.repeat && onEnter !== undefined && !isButton(event.target)) onEnter()
    else if (keys?.[event.key] !== undefined && !event.repeat) keys[event.key]?.()
    else if (choiceKeys.some((key) => key === event.key) && !event.repeat) pressChoice(event.key, content.current)
    else return
    event.preventDefault()
  }
  return (
    <Modal.Root open onOpenChange={() => onCancel?.()}>
      <Modal.Portal>
        {/* Radix's own overlay brings a style element, which the page's content security policy forbids. */}
        <div className="dialog-veil" />
        <Modal.Content
          ref={content}
          className="dialog"
          data-testid={testId}
          data-tone={tone}
          aria-describedby={undefined}
          aria-modal="true"
          onKeyDown={keyDown}
          onOpenAutoFocus={takeFocus}
          onCloseAutoFocus={giveBackFocus}
          onInteractOutside={(event) => event.preventDefault()}
        >
          <Modal.Title className="dialog-title" tabIndex={-1}>
            {title}
          </Modal.Title>
          <div className="dialog-body">{children}</div>
          <footer className="dialog-foot">{foot}</footer>
        </Modal.Content>
      </Modal.Portal>
    </Modal.Root>
  )
}

/** The button that this key is written on. */
const pressChoice = (key: string, dialog: HTMLElement | null) =>
  dialog?.querySelector<HTMLButtonElement>(`button[aria-keyshortcuts="${key}"]:not(:disabled)`)?.click()

const isButton = (target: EventTarget): boolean => target instanceof HTMLElement && target.closest('button') !== null

/** A modal dialog or an open menu takes every key for itself, whoever opened it. */
export const isDialogOpen = (page: Document): boolean => page.querySelector('[data-state="open"]:is([role="dialog"], [role="menu"])') !== null

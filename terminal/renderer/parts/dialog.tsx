import { useId, useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
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

/**
 * A modal `<dialog>`: the browser keeps the focus in it and gives it back afterwards. It takes the focus itself, so that no button is
 * pressed by a key that was meant for something else, and a press beside it does nothing.
 */
export function Dialog({ title, testId, tone, onCancel, onMain, onEnter, keys, children, foot }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const headingId = useId()
  // Before it leaves the page, so that the focus goes back to where it was.
  useLayoutEffect(() => {
    const drawn = dialog.current
    drawn?.showModal()
    const first = drawn?.querySelector<HTMLElement>('[data-focus-first]') ?? heading.current
    first?.focus()
    return () => drawn?.close()
  }, [])
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === 'F9' && !event.repeat) onMain?.()
    else if (event.key === 'Escape') onCancel?.()
    else if (event.key === 'Enter' && !event.repeat && onEnter !== undefined && !isButton(event.target)) onEnter()
    else if (keys?.[event.key] !== undefined && !event.repeat) keys[event.key]?.()
    else return
    event.preventDefault()
  }
  // A browser closes a dialog that refused to be cancelled when Escape is pressed again.
  const closedByBrowser = () => {
    if (!dialog.current?.isConnected) return
    if (onCancel === undefined) dialog.current.showModal()
    else onCancel()
  }
  return (
    <dialog
      ref={dialog}
      className="dialog"
      data-testid={testId}
      data-tone={tone}
      aria-labelledby={headingId}
      onKeyDown={keyDown}
      onCancel={(event) => {
        event.preventDefault()
        onCancel?.()
      }}
      onClose={closedByBrowser}
    >
      <h2 ref={heading} id={headingId} className="dialog-title" tabIndex={-1}>
        {title}
      </h2>
      <div className="dialog-body">{children}</div>
      <footer className="dialog-foot">{foot}</footer>
    </dialog>
  )
}

const isButton = (target: EventTarget): boolean => target instanceof HTMLElement && target.closest('button') !== null

/** A modal dialog takes every key for itself, whoever opened it. */
export const isDialogOpen = (page: Document): boolean => page.querySelector('dialog[open]') !== null

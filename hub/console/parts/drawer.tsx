import { useEffect, useRef, type ReactNode } from 'react'
import './drawer.css'

type Props = { readonly title: string; readonly place: 'side' | 'middle'; readonly onClose: () => void; readonly children: ReactNode }

/** A modal `<dialog>`: the browser keeps the focus in it, gives it back afterwards, and closes it with Escape. */
export function Drawer({ title, place, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const drawn = dialog.current
    drawn?.showModal()
    return () => drawn?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="drawer"
      data-place={place}
      aria-label={title}
      onClose={onClose}
      onClick={({ target }) => {
        // Only the veil around the content is the dialog itself.
        if (target === dialog.current) onClose()
      }}
    >
      <div className="drawer-body">{children}</div>
    </dialog>
  )
}

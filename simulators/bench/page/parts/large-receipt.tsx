import { useEffect, useRef } from 'react'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { CrossIcon } from './icons.tsx'
import './large-receipt.css'

/** A modal `<dialog>`: the browser keeps the focus in it, gives it back afterwards, and closes it with Escape. */
export function LargeReceipt({ n, onClose }: { readonly n: number; readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const drawn = dialog.current
    drawn?.showModal()
    return () => drawn?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="large-receipt"
      aria-label={words.printer.receipt(n)}
      onClose={onClose}
      onClick={({ target }) => target === dialog.current && onClose()}
    >
      <div className="large-receipt-body">
        <img src={`/api/receipts/${n}.svg`} alt={words.printer.receipt(n)} />
        <Button look="case" onClick={onClose}>
          <CrossIcon />
          {words.printer.close}
        </Button>
      </div>
    </dialog>
  )
}

import { useEffect, useRef } from 'react'
import type { ReceiptView } from '../../contract.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { CrossIcon } from './icons.tsx'
import './large-receipt.css'

type Props = {
  readonly n: number
  /** Newest first. */
  readonly receipts: readonly ReceiptView[]
  readonly onTake: (n: number) => void
  readonly onClose: () => void
}

/** A modal `<dialog>`: the browser keeps the focus in it, gives it back afterwards, and closes it with Escape. */
export function LargeReceipt({ n, receipts, onTake, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const drawn = dialog.current
    drawn?.showModal()
    return () => drawn?.close()
  }, [])
  const at = receipts.findIndex((receipt) => receipt.n === n)
  const older = receipts[at + 1]
  const newer = at > 0 ? receipts[at - 1] : undefined
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
        <div className="large-receipt-foot">
          <Button look="case" disabled={older === undefined} onClick={() => older && onTake(older.n)}>
            {words.printer.older}
          </Button>
          <Button look="case" onClick={onClose}>
            <CrossIcon />
            {words.printer.close}
          </Button>
          <Button look="case" disabled={newer === undefined} onClick={() => newer && onTake(newer.n)}>
            {words.printer.newer}
          </Button>
        </div>
      </div>
    </dialog>
  )
}

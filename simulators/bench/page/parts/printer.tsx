import { useState } from 'react'
import type { BenchPaper, BenchState, DeviceView } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { LargeReceipt } from './large-receipt.tsx'
import { Station } from './station.tsx'
import './printer.css'

type PrinterState = BenchState['printer']
type Props = { readonly device: DeviceView; readonly printer: PrinterState }

/** The newest receipt stands in the slot; a click takes it into the hand, and from there to the older ones. */
export function Printer({ device, printer }: Props) {
  const perform = usePerform()
  const [held, setHeld] = useState<number>()
  const { paper, coverOpen, receipts } = printer
  const newest = receipts[0]
  const put = (text: string, next: BenchPaper) => ({ text, run: () => perform({ act: 'printer_paper', paper: next }) })
  const items = [
    ...(paper === 'out' ? [] : [put(words.printer.takePaper, 'out')]),
    ...(paper === 'ok' ? [put(words.printer.lessPaper, 'near_end')] : [put(words.printer.givePaper, 'ok')]),
    { text: coverOpen ? words.printer.closeCover : words.printer.openCover, run: () => perform({ act: 'printer_cover', open: !coverOpen }) },
  ]
  return (
    <Station name="printer" device={device} standing={standing(printer)} isWell={paper === 'ok' && !coverOpen} items={items}>
      <div className="printer-paper">
        {newest && (
          <button key={newest.n} type="button" className="receipt" aria-label={words.printer.enlarge(newest.n)} onClick={() => setHeld(newest.n)}>
            <img src={`/api/receipts/${newest.n}.svg`} alt={words.printer.receipt(newest.n)} />
          </button>
        )}
      </div>
      <PrinterCase paper={paper} coverOpen={coverOpen} />
      {held !== undefined && <LargeReceipt n={held} receipts={receipts} onTake={setHeld} onClose={() => setHeld(undefined)} />}
    </Station>
  )
}

function standing({ paper, coverOpen }: PrinterState): string {
  if (coverOpen) return words.printer.coverOpen
  return { ok: words.printer.ready, near_end: words.printer.nearEnd, out: words.printer.noPaper }[paper]
}

/** Body with its slot, the roll that is seen under an open cover, and lamps for power and paper. */
const PrinterCase = ({ paper, coverOpen }: Pick<PrinterState, 'paper' | 'coverOpen'>) => (
  <svg className="printer-case" viewBox="0 0 200 104" data-open={coverOpen} data-paper={paper} aria-hidden="true" focusable="false">
    <path className="printer-lid" d="M22 30 30 8q2-6 8-6h124q6 0 8 6l8 22Z" />
    <path className="printer-inside" d="M22 30h156v22H22Z" />
    <rect className="printer-roll" x="52" y="24" width="96" height="30" rx="12" />
    <path className="printer-body" d="M14 44q0-8 8-8h156q8 0 8 8l6 48q1 10-9 10H17q-10 0-9-10Z" />
    <rect className="printer-slot" x="36" y="36" width="128" height="6" rx="2.5" />
    <path className="printer-badge" d="M24 88h34" />
    <circle className="station-led" cx="158" cy="62" r="4" />
    <circle className="printer-led-paper" cx="172" cy="62" r="4" />
  </svg>
)

import { useState } from 'react'
import type { BenchState } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { LargeReceipt } from './large-receipt.tsx'
import './printer.css'

type PrinterState = BenchState['printer']

/** Paper comes out of the slot and lies on the counter; a click takes a receipt into the hand. */
export function Printer({ printer }: { readonly printer: PrinterState }) {
  const perform = usePerform()
  const [held, setHeld] = useState<number>()
  const { plugged, paper, coverOpen, receipts } = printer
  return (
    <section className="printer device" aria-labelledby="printer-title">
      <header className="device-head">
        <h2 id="printer-title">{words.printer.title}</h2>
        <p className="lamp" data-on={plugged && paper && !coverOpen}>
          {standing(printer)}
        </p>
      </header>
      <PrinterCase printer={printer} />
      <ul className="receipts">
        {receipts.length === 0 && <li className="receipts-none">{words.printer.empty}</li>}
        {receipts.map(({ n }) => (
          <li key={n} className="receipt">
            <button type="button" aria-label={words.printer.enlarge(n)} onClick={() => setHeld(n)}>
              <img src={`/api/receipts/${n}.svg`} alt={words.printer.receipt(n)} />
            </button>
          </li>
        ))}
      </ul>
      <div className="device-controls" role="group" aria-label={words.printer.controls}>
        <Button onClick={() => perform({ act: 'printer_paper', paper: !paper })}>{paper ? words.printer.takePaper : words.printer.givePaper}</Button>
        <Button onClick={() => perform({ act: 'printer_cover', open: !coverOpen })}>{coverOpen ? words.printer.closeCover : words.printer.openCover}</Button>
        <Button onClick={() => perform({ act: 'printer_plug', plugged: !plugged })}>{plugged ? words.printer.unplug : words.printer.plug}</Button>
      </div>
      {held !== undefined && <LargeReceipt n={held} onClose={() => setHeld(undefined)} />}
    </section>
  )
}

function standing({ plugged, paper, coverOpen }: PrinterState): string {
  if (!plugged) return words.printer.unplugged
  if (coverOpen) return words.printer.coverOpen
  return paper ? words.printer.ready : words.printer.noPaper
}

/** Cover, roll of paper behind it, slot and lamps. */
const PrinterCase = ({ printer: { plugged, paper, coverOpen } }: { readonly printer: PrinterState }) => (
  <svg className="printer-case" viewBox="0 0 320 84" data-open={coverOpen} data-paper={paper} data-plugged={plugged} aria-hidden="true" focusable="false">
    <path className="printer-inside" d="M44 60V30q0-6 6-6h220q6 0 6 6v30Z" />
    <rect className="printer-roll" x="86" y="16" width="148" height="44" rx="8" />
    <path className="printer-roll-line" d="M94 28h132M94 38h132" />
    <path className="printer-lid" d="M36 60V28a20 20 0 0 1 20-20h208a20 20 0 0 1 20 20v32Z" />
    <path className="printer-body" d="M20 62a8 8 0 0 1 8-8h264a8 8 0 0 1 8 8v14a8 8 0 0 1-8 8H28a8 8 0 0 1-8-8Z" />
    <rect className="printer-slot" x="60" y="76" width="200" height="8" rx="3" />
    <circle className="printer-led" cx="274" cy="66" r="3.5" />
    <circle className="printer-led printer-led-paper" cx="286" cy="66" r="3.5" />
  </svg>
)

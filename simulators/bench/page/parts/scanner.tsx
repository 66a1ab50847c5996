import { useState, type FormEvent, type JSX } from 'react'
import type { BenchState, ScannerFault } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { HalfIcon, NoiseIcon, PlugIcon, ScanIcon } from './icons.tsx'
import './scanner.css'

const faults: readonly (readonly [ScannerFault, () => JSX.Element])[] = [
  ['garbage', NoiseIcon],
  ['half_frame', HalfIcon],
  ['unplug_mid_frame', PlugIcon],
]

/** `reads` counts what was read so far: each one flashes. */
export function Scanner({ scanner: { plugged }, reads }: Pick<BenchState, 'scanner'> & { readonly reads: number }) {
  const perform = usePerform()
  const [text, setText] = useState('')
  const scan = (event: FormEvent) => {
    event.preventDefault()
    if (text !== '') perform({ act: 'scan', text })
  }
  return (
    <section className="scanner device" aria-labelledby="scanner-title">
      <header className="device-head">
        <h2 id="scanner-title">{words.scanner.title}</h2>
        <ScannerPicture key={reads} plugged={plugged} flash={reads > 0} />
        <p className="lamp" data-on={plugged}>
          {plugged ? words.scanner.plugged : words.scanner.unplugged}
        </p>
      </header>
      <form className="scanner-form" onSubmit={scan}>
        <input
          value={text}
          maxLength={4096}
          aria-label={words.scanner.label}
          placeholder={words.scanner.placeholder}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setText(target.value)}
        />
        <Button type="submit" look="primary" disabled={text === '' || !plugged}>
          <ScanIcon />
          {words.scanner.scan}
        </Button>
      </form>
      <div className="device-controls" role="group" aria-label={words.scanner.faults}>
        {faults.map(([kind, FaultIcon]) => (
          <Button key={kind} disabled={!plugged} onClick={() => perform({ act: 'scanner_fault', kind })}>
            <FaultIcon />
            {words.scanner.fault[kind]}
          </Button>
        ))}
        <Button onClick={() => perform({ act: 'scanner_plug', plugged: !plugged })}>
          <PlugIcon />
          {plugged ? words.scanner.unplug : words.scanner.plug}
        </Button>
      </div>
    </section>
  )
}

const ScannerPicture = ({ plugged, flash }: { readonly plugged: boolean; readonly flash: boolean }) => (
  <svg className="scanner-picture" viewBox="0 0 64 28" data-plugged={plugged} aria-hidden="true" focusable="false">
    {flash && <path className="scanner-beam" d="M26 9 62 2v16Z" />}
    <path className="scanner-case" d="M4 4h16q6 0 6 5t-6 5h-4l-3 12H6l2.5-12H4q-3 0-3-5t3-5Z" />
    <path className="scanner-trigger" d="M16 14q0 5-4 5" />
    <circle className="scanner-led" cx="7" cy="9" r="1.8" />
  </svg>
)

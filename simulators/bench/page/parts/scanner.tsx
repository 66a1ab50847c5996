import type { DeviceView } from '../../contract.ts'
import { Station } from './station.tsx'
import './scanner.css'

/** `reads` counts what was read so far: each one flashes. */
type Props = { readonly device: DeviceView; readonly reads: number }

/** In its stand; on a serial line. */
export const HandScanner = ({ device, reads }: Props) => (
  <Station name="scanner" device={device}>
    <svg className="scanner-art" viewBox="0 0 130 150" aria-hidden="true" focusable="false">
      {reads > 0 && <path key={reads} className="scanner-beam" d="M96 36 130 8v64Z" />}
      <path className="scanner-stand" d="M30 146q0-12 16-12h6v-26h14v26h6q16 0 16 12Z" />
      <path className="scanner-case" d="M18 30q0-16 18-16h50q12 0 12 12v18q0 12-12 12H72l-6 44q-2 14-14 14h-6q-10 0-8-12l7-46H36q-18 0-18-16Z" />
      <path className="scanner-grip" d="m46 66-6 38M54 66l-5 40" />
      <path className="scanner-trigger" d="M72 60q2 14-10 16" />
      <path className="scanner-window" d="M90 20h6q4 0 4 4v22q0 4-4 4h-6Z" />
      <circle className="station-led" cx="36" cy="26" r="4" />
    </svg>
  </Station>
)

/** Stands on the counter and reads whatever comes near; on USB. */
export const CounterScanner = ({ device, reads }: Props) => (
  <Station name="hid_scanner" device={device}>
    <svg className="scanner-art" viewBox="0 0 130 150" aria-hidden="true" focusable="false">
      <path className="scanner-stand" d="M22 146q0-16 24-18h38q24 2 24 18Z" />
      <path className="scanner-case" d="M20 50q0-40 45-40t45 40v44q0 36-45 36T20 94Z" />
      <rect className="scanner-glass" x="33" y="38" width="64" height="62" rx="14" />
      {reads > 0 && <rect key={reads} className="scanner-flash" x="33" y="38" width="64" height="62" rx="14" />}
      <path className="scanner-lines" d="M38 69h54M65 44v50M44 50l42 38M86 50 44 88" />
      <circle className="station-led" cx="65" cy="24" r="4.5" />
    </svg>
  </Station>
)

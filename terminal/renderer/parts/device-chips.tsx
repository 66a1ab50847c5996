import type { DeviceHealth } from '#protocol/device/messages.ts'
import { errors } from '#protocol/errors.ts'
import { words } from '../words.ts'
import { AlertIcon, PrinterIcon, ScannerIcon } from './icons.tsx'
import './device-chips.css'

const icons = { scanner: ScannerIcon, printer: PrinterIcon } as const

function stateOf({ state, code }: DeviceHealth): string {
  if (state === 'ready') return words.deviceOk
  return (code && words.deviceFaults[code]) ?? (state === 'absent' ? words.deviceAbsent : words.deviceFault)
}

/** Quiet while all is well; a device that needs a hand says so in a word, and in a sentence when pointed at. */
export function DeviceChips({ devices }: { readonly devices: readonly DeviceHealth[] }) {
  return (
    <ul className="device-chips" aria-label={words.devices.title}>
      {devices.map((health) => {
        const Icon = icons[health.kind]
        const ready = health.state === 'ready'
        return (
          <li
            key={health.device}
            className="device-chip"
            data-state={health.state}
            title={health.code && `${errors[health.code].say} ${errors[health.code].next}`}
          >
            {ready ? <Icon /> : <AlertIcon />}
            <span>{words.devices[health.kind]}</span>
            <span className={ready ? 'hidden-text' : 'device-chip-state'}> {stateOf(health)}</span>
          </li>
        )
      })}
    </ul>
  )
}

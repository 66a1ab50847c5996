import type { ReactNode } from 'react'
import type { BenchDevice, DeviceView } from '../../contract.ts'
import { words } from '../words.ts'
import { DeviceMenu, type MenuItem } from './device-menu.tsx'
import './station.css'

type Props = {
  readonly name: BenchDevice
  readonly device: DeviceView
  /** What its lamp says while it is plugged in; `isWell` false asks for attention. */
  readonly standing?: string
  readonly isWell?: boolean
  /** What else a person can do to it, besides its plug and its faults. */
  readonly items?: readonly MenuItem[]
  readonly children: ReactNode
}

/** One device on the counter: its picture, and a plate with its name, its lamp and what can go wrong. */
export function Station({ name, device, standing = words.device.ready, isWell = true, items = [], children }: Props) {
  const { plugged } = device
  return (
    <section className="station" data-device={name} data-plugged={plugged} aria-labelledby={`${name}-title`}>
      <div className="station-art">{children}</div>
      <footer className="plate">
        <h2 id={`${name}-title`}>{words.device.names[name]}</h2>
        <p className="lamp" data-on={plugged && isWell} role="status">
          {plugged ? standing : words.device.unplugged}
        </p>
        <DeviceMenu name={name} device={device} items={items} />
      </footer>
    </section>
  )
}

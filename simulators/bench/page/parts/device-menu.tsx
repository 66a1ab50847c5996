import { useRef, useState, type FocusEvent, type KeyboardEvent } from 'react'
import type { BenchDevice, DeviceView } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { MoreIcon } from './icons.tsx'
import './device-menu.css'

export type MenuItem = { readonly text: string; readonly run: () => void }

type Props = { readonly name: BenchDevice; readonly device: DeviceView; readonly items: readonly MenuItem[] }

/** Plug, states and faults of a device. Escape and leaving it close it; the focus goes back to what opened it. */
export function DeviceMenu({ name, device: { plugged, faults }, items }: Props) {
  const perform = usePerform()
  const [isOpen, setIsOpen] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const close = () => {
    setIsOpen(false)
    opener.current?.focus()
  }
  const onKeyDown = ({ key }: KeyboardEvent) => key === 'Escape' && isOpen && close()
  const onBlur = ({ currentTarget, relatedTarget }: FocusEvent) => !currentTarget.contains(relatedTarget) && setIsOpen(false)
  const entry = (text: string, run: () => void, isFault = false) => (
    <li key={text}>
      <button
        type="button"
        className="menu-item"
        data-fault={isFault}
        disabled={isFault && !plugged}
        onClick={() => {
          run()
          close()
        }}
      >
        {text}
      </button>
    </li>
  )
  return (
    <div className="menu" onKeyDown={onKeyDown} onBlur={onBlur}>
      <button
        ref={opener}
        type="button"
        className="menu-opener"
        aria-expanded={isOpen}
        aria-controls={`${name}-menu`}
        aria-label={words.device.more(name)}
        title={words.device.more(name)}
        onClick={() => setIsOpen(!isOpen)}
      >
        <MoreIcon />
      </button>
      <ul id={`${name}-menu`} className="menu-items" hidden={!isOpen}>
        {entry(plugged ? words.device.unplug : words.device.plug, () => perform({ act: 'plug', device: name, plugged: !plugged }))}
        {items.map(({ text, run }) => entry(text, run))}
        {faults.map((kind) => entry(words.device.fault(kind), () => perform({ act: 'fault', device: name, kind }), true))}
      </ul>
    </div>
  )
}

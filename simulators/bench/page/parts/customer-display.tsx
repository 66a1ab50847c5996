import { memo } from 'react'
import type { DeviceView } from '../../contract.ts'
import { words } from '../words.ts'
import { Station } from './station.tsx'
import './customer-display.css'

const COLUMNS = 20
const ROWS = 2

type Props = { readonly device: DeviceView; readonly lines: readonly string[] }

/** A vacuum fluorescent display on its pole, two lines of twenty. */
export const CustomerDisplay = ({ device, lines }: Props) => (
  <Station name="display" device={device}>
    <div className="vfd" role="img" aria-label={words.display.shows(lines.map((line) => line.trim()).join(', '))}>
      {Array.from({ length: ROWS }, (_, row) => (
        <VfdLine key={row} text={lines[row] ?? ''} />
      ))}
    </div>
    <span className="vfd-pole" />
  </Station>
)

const VfdLine = memo(({ text }: { readonly text: string }) => (
  <span className="vfd-line">
    {Array.from([...text.padEnd(COLUMNS)].slice(0, COLUMNS), (character, column) => (
      <span key={column}>{character}</span>
    ))}
  </span>
))

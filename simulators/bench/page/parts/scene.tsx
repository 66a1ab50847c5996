import type { BenchState } from '../../contract.ts'
import type { Reads } from '../bench.ts'
import { Cable } from './cable.tsx'
import { Camera } from './camera.tsx'
import { CardReader } from './card-reader.tsx'
import { CustomerDisplay } from './customer-display.tsx'
import { Drawer } from './drawer.tsx'
import { Printer } from './printer.tsx'
import { Scale } from './scale.tsx'
import { CounterScanner, HandScanner } from './scanner.tsx'
import { Till } from './till.tsx'
import './scene.css'

/** The counter as the cashier has it: the wall behind, the devices on its top, the drawer in its front. */
export const Scene = ({ bench, reads }: { readonly bench: BenchState; readonly reads: Reads }) => (
  <div className="scene">
    <div className="scene-back">
      <Till links={bench.links} power={bench.power} />
      <div className="scene-poles">
        <CustomerDisplay device={bench.devices.display} lines={bench.display.lines} />
        <Camera device={bench.devices.camera} held={bench.camera.held} />
      </div>
    </div>
    <div className="scene-top">
      <Printer device={bench.devices.printer} printer={bench.printer} />
      <Scale device={bench.devices.scale} scale={bench.scale} />
      <HandScanner device={bench.devices.scanner} reads={reads.scanner} />
      <CounterScanner device={bench.devices.hid_scanner} reads={reads.hid_scanner} />
      <CardReader device={bench.devices.card_reader} cards={bench.cards} bank={bench.bank} />
    </div>
    <div className="scene-front">
      <Drawer open={bench.drawer.open} />
      <Cable cable={bench.cable} />
    </div>
  </div>
)

import type { DeviceView } from '../../contract.ts'
import { words } from '../words.ts'
import { Station } from './station.tsx'
import './camera.css'

/** A camera on a gooseneck looks down at whatever is held before it. */
export const Camera = ({ device, held }: { readonly device: DeviceView; readonly held: number | null }) => (
  <Station name="camera" device={device} standing={held === null ? words.camera.nothing : words.camera.watching}>
    <svg className="camera-art" viewBox="0 0 220 120" data-held={held !== null} aria-hidden="true" focusable="false">
      <path className="camera-cone" d="M62 46 120 8h92v104h-92Z" />
      <path className="camera-neck" d="M30 120V86q0-14 6-22" />
      <rect className="camera-foot" x="8" y="112" width="46" height="8" rx="3" />
      <g className="camera-head">
        <rect className="camera-case" x="10" y="26" width="46" height="40" rx="11" />
        <circle className="camera-rim" cx="50" cy="46" r="14" />
        <circle className="camera-lens" cx="51" cy="46" r="9" />
        <circle className="camera-glint" cx="54" cy="42" r="2.5" />
        <circle className="camera-led" cx="20" cy="36" r="3" />
      </g>
    </svg>
    {held !== null && <img key={held} className="camera-held" src={`/api/held/${held}.png`} alt={words.camera.sees} />}
  </Station>
)

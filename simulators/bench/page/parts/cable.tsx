import type { BenchState } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import './cable.css'

/** The whole picture is the control: pull the plug out of the hub, or put it back. */
export function Cable({ cable: { pulled } }: Pick<BenchState, 'cable'>) {
  const perform = usePerform()
  return (
    <section className="cable" aria-labelledby="cable-title" data-pulled={pulled}>
      <button type="button" className="cable-control" onClick={() => perform({ act: 'cable', pulled: !pulled })}>
        <CablePicture />
        <span className="cable-action">{pulled ? words.cable.plug : words.cable.pull}</span>
      </button>
      <header className="cable-head">
        <h2 id="cable-title">{words.cable.title}</h2>
        <p className="lamp" data-on={!pulled} role="status">
          {pulled ? words.cable.pulled : words.cable.plugged}
        </p>
      </header>
    </section>
  )
}

const CablePicture = () => (
  <svg className="cable-picture" viewBox="0 0 320 84" aria-hidden="true" focusable="false">
    <g className="cable-line">
      <path className="cable-cord" d="M-120 44H60C110 44 116 66 150 60 172 56 176 42 196 42" />
      <path className="cable-flow" d="M-120 44H60C110 44 116 66 150 60 172 56 176 42 196 42" />
      <path className="cable-boot" d="M192 35h16v14h-16q-6 0-6-7t6-7Z" />
      <rect className="cable-plug" x="206" y="31" width="30" height="22" rx="3" />
      <path className="cable-pins" d="M229 35v14M225 35v14M221 35v14M217 35v14" />
      <path className="cable-latch" d="M210 31l14-6h8" />
    </g>
    <rect className="cable-hub" x="232" y="10" width="76" height="64" rx="9" />
    <rect className="cable-port" x="232" y="28" width="9" height="28" rx="2" />
    <path className="cable-hub-line" d="M256 56h36M256 63h36" />
    <circle className="cable-led" cx="258" cy="26" r="4" />
    <circle className="cable-led" cx="272" cy="26" r="4" />
    <text x="256" y="46">
      {words.cable.hub}
    </text>
  </svg>
)

import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import './drawer.css'

/** Notes and coins come forward when the printer kicks it; it is pushed shut by hand. */
export function Drawer({ open }: { readonly open: boolean }) {
  const perform = usePerform()
  return (
    <section className="drawer" aria-labelledby="drawer-title" data-open={open}>
      <div className="drawer-bay">
        <svg className="drawer-tray" viewBox="0 0 420 64" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          <rect className="drawer-inside" width="420" height="64" />
          {NOTES.map((colour, at) => (
            <g key={colour} transform={`translate(${10 + at * 68} 5)`}>
              <rect className="drawer-well" width="60" height="30" rx="2" />
              <rect x="3" y="3" width="54" height="25" rx="1.5" fill={colour} />
              <circle cx="30" cy="15.5" r="7" className="drawer-note-mark" />
            </g>
          ))}
          {COINS.map(([colour, radius], at) => (
            <g key={`${colour}${radius}`} transform={`translate(${10 + at * 51} 39)`}>
              <rect className="drawer-well" width="44" height="21" rx="6" />
              {[10, 17, 25, 32].map((x, coin) => (
                <circle key={x} cx={x} cy={coin % 2 === 0 ? 9 : 12} r={radius} fill={colour} className="drawer-coin" />
              ))}
            </g>
          ))}
        </svg>
        <div className="drawer-front">
          <span className="drawer-lock" aria-hidden="true" />
          <h2 id="drawer-title">{words.drawer.title}</h2>
          <p className="drawer-lamp" role="status">
            {open ? words.drawer.open : words.drawer.shut}
          </p>
          <Button look="case" onClick={() => perform({ act: 'drawer', open: !open })}>
            {open ? words.drawer.push : words.drawer.key}
          </Button>
        </div>
      </div>
    </section>
  )
}

const NOTES = ['#8fa9c9', '#c98f8f', '#8fb4c4', '#c9a46a', '#93b98a', '#c4b66a']
const COINS = [
  ['#b8734a', 5],
  ['#b8734a', 6],
  ['#b8734a', 7],
  ['#d4af4e', 6],
  ['#d4af4e', 7],
  ['#d4af4e', 8],
  ['#c9ccd2', 7],
  ['#c9ccd2', 8],
] as const

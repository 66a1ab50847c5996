import type { BenchState, DeviceView, ScaleFigures } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { BrassWeight, goods } from './goods.tsx'
import { Station } from './station.tsx'
import './scale.css'

/** A little more than a counter's scale carries, so that it can be overloaded. */
const MOST_MILLI = 16_000

const inUnits = (milli: number): string => (milli / 1000).toFixed(3)

type Props = { readonly device: DeviceView; readonly scale: BenchState['scale'] }

export function Scale({ device, scale: { milli, tareMilli, unit, shows } }: Props) {
  const perform = usePerform()
  const put = (next: number) => perform({ act: 'put_on_scale', milli: next })
  return (
    <Station name="scale" device={device}>
      <ScalePicture
        milli={milli}
        shown={shows.state === 'over' ? words.scale.over : `${inUnits(shows.milli)} ${unit}`}
        state={shows.state}
        isNet={tareMilli > 0}
      />
      <div className="scale-keys">
        <button type="button" onClick={() => perform({ act: 'press_scale', key: 'zero' })}>
          {words.scale.zero}
        </button>
        <input
          type="range"
          min={0}
          max={MOST_MILLI}
          value={Math.min(milli, MOST_MILLI)}
          aria-label={words.scale.slider}
          aria-valuetext={`${inUnits(milli)} ${unit}`}
          onChange={({ target }) => put(Number(target.value))}
        />
        <button type="button" onClick={() => perform({ act: 'press_scale', key: 'tare' })}>
          {words.scale.tare}
        </button>
      </div>
      <ul className="goods">
        {goods.map(({ name, milli: weighs, Drawing }) => (
          <li key={name}>
            <button
              type="button"
              aria-label={weighs === milli ? words.scale.take : words.scale.put(name, `${inUnits(weighs)} ${unit}`)}
              aria-pressed={weighs === milli}
              title={`${name}, ${inUnits(weighs)} ${unit}`}
              onClick={() => put(weighs === milli ? 0 : weighs)}
            >
              <svg viewBox="0 0 64 64" aria-hidden="true" focusable="false">
                <Drawing />
              </svg>
            </button>
          </li>
        ))}
      </ul>
    </Station>
  )
}

type PictureProps = { readonly milli: number; readonly shown: string; readonly state: ScaleFigures['state']; readonly isNet: boolean }

/** Pan, case, and its own green figures, which are those that the line carries. */
function ScalePicture({ milli, shown, state, isNet }: PictureProps) {
  const Thing = goods.find((good) => good.milli === milli)?.Drawing ?? BrassWeight
  return (
    <svg className="scale-art" viewBox="0 0 200 148" role="img" aria-label={`${words.scale.shows}: ${shown}`}>
      {milli > 0 && (
        <g key={Thing.name} className="scale-thing">
          <svg x="66" y="0" width="68" height="68" viewBox="0 0 64 64">
            <Thing />
          </svg>
        </g>
      )}
      <g className="scale-pan" data-loaded={milli > 0}>
        <path className="scale-plate" d="M22 67h156l12 9q1 4-4 4H14q-5 0-4-4Z" />
        <path className="scale-plate-shine" d="M30 70h70" />
      </g>
      <path className="scale-neck" d="M80 80h40v10H80z" />
      <path className="scale-case" d="M26 90h148q6 0 8 6l11 42q2 8-6 8H13q-8 0-6-8l11-42q2-6 8-6Z" />
      <rect className="scale-glass" x="46" y="99" width="108" height="32" rx="5" />
      <text className="scale-figures" x="148" y="123" textAnchor="end">
        {shown}
      </text>
      <circle className="scale-rest" data-state={state} cx="51.5" cy="105" r="2.2" />
      {isNet && (
        <text className="scale-net" x="56" y="107.5">
          NET
        </text>
      )}
    </svg>
  )
}

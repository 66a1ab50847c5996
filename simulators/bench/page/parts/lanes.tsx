import type { Currency } from '#protocol/money.ts'
import type { BenchState, LaneCable, LaneView } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { formatMoney } from '../format.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import './lanes.css'

const cables = ['hub', 'edge'] as const satisfies readonly LaneCable[]
type Props = Pick<BenchState, 'lanes'> & { readonly currency: Currency }

/** All tills of the store with their two cables each: to the hub, and to the edge by which they know of each other. */
export function Lanes({ lanes, currency }: Props) {
  const perform = usePerform()
  if (lanes.length === 0) return undefined
  return (
    <section className="lanes device" aria-labelledby="lanes-title">
      <header className="lanes-head device-head">
        <h2 id="lanes-title">{words.lanes.title}</h2>
        <Button onClick={() => perform({ act: 'kill_edge' })}>{words.lanes.killEdge}</Button>
      </header>
      <ul>
        {lanes.map((lane, place) => (
          <Lane key={lane.name} lane={lane} place={place} currency={currency} />
        ))}
      </ul>
    </section>
  )
}

function Lane({ lane, place, currency }: { readonly lane: LaneView; readonly place: number; readonly currency: Currency }) {
  const perform = usePerform()
  return (
    <li className="lane">
      <a href={lane.bench}>{lane.name}</a>
      <span className="lane-cables">
        {cables.map((to) => {
          const { pulled } = lane.cables[to]
          const say = pulled ? words.lanes.plug : words.lanes.pull
          return (
            <button
              key={to}
              type="button"
              className="lamp"
              data-on={!pulled}
              aria-label={say(lane.name, words.lanes[to])}
              onClick={() => perform({ act: 'lane_cable', lane: place, to, pulled: !pulled })}
            >
              {words.lanes[to]}
            </button>
          )
        })}
      </span>
      <dl>
        <dt>{words.lanes.waiting}</dt>
        <dd>{formatMoney(lane.waiting.minor, currency)}</dd>
        <dt>{words.lanes.alone}</dt>
        <dd>{formatMoney(lane.waiting.onlyHereMinor, currency)}</dd>
      </dl>
    </li>
  )
}

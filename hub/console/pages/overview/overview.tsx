import type { Overview } from '#protocol/hub-api/overview.ts'
import { SECOND } from '#protocol/time.ts'
import { fetchAttention, fetchFleet, fetchPlaces } from '../../hub.ts'
import { overviewWords as words } from '../../overview-words.ts'
import { devicesOf, stuckOf, wrongOf } from '../../concerns.ts'
import { useAsked } from '../../parts/asked.ts'
import { Concerns } from './concern-list.tsx'
import { Money } from './money.tsx'
import './overview.css'

/** The overview comes by itself up to four times a second; what is dearer to know is asked for this often, and only while something changes. */
const ASK_EVERY = 3 * SECOND

/** Four questions, each with its answer and what is behind it. */
export function OverviewPage({ overview }: { readonly overview: Overview }) {
  const turn = Math.floor(overview.at / ASK_EVERY)
  // The hub says by an overview that it has read everything now.
  const asked = useAsked(fetchPlaces, (last) => (last?.ok === true && !last.value.whole ? overview.at : turn))
  const attention = useAsked(fetchAttention, () => turn)
  const places = asked?.ok === true ? asked.value : undefined
  const fleet = useAsked(fetchFleet, () => turn)
  const waiting = attention?.ok === true ? attention.value : undefined
  const now = overview.at
  return (
    <div className="four">
      <Money overview={overview} places={places} />
      <Concerns id="question-stuck" title={words.questions.stuck} fine={words.fine.stuck} found={stuckOf(overview, waiting)} now={now} />
      <Concerns id="question-wrong" title={words.questions.wrong} fine={words.fine.wrong} found={wrongOf(overview, waiting, places)} now={now} />
      <Concerns
        id="question-devices"
        title={words.questions.devices}
        fine={words.fine.devices}
        found={devicesOf(overview, fleet?.ok === true ? fleet.value : undefined)}
        now={now}
      />
    </div>
  )
}

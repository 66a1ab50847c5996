import { rateText } from '#protocol/exchange/told.ts'
import type { RatesView } from '#protocol/hub-api/exchange.ts'
import type { EpochMs } from '#protocol/time.ts'
import { confirmRates, fetchRates } from '../../hub.ts'
import { nameOf } from '../../money.ts'
import { Button } from '../../parts/button.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Field } from '../../parts/work-list.tsx'
import { useWork } from '../../parts/work.ts'
import { ratesWords as words } from '../../rates-words.ts'
import { linkTo } from '../../router.ts'
import { formatTime } from '../../times.ts'
import '../../parts/work-list.css'
import './rates.css'

const percent = (ppm: number): string => `${ppm / 10_000} %`

/** By what the hub exchanges, and rates that wait for a person. What came of it stands under the money of each currency. */
export function Rates({ now }: { readonly now: EpochMs }) {
  const { state, unread, acted, who, name, setName, act } = useWork(fetchRates, now)
  if (state === undefined) return unread === undefined || unread.ok ? null : <p className="section-empty">{unread.told?.say ?? words.none}</p>
  const { accepted, held, confirmed, trouble, isStale, marginPpm, quoteForMs } = state
  const needsSomebody = isStale || held !== undefined || trouble !== undefined
  return (
    <Section id="rates" title={words.title} note={words.hint(percent(marginPpm), quoteForMs / 1000)} {...(needsSomebody ? { tone: 'attention' as const } : {})}>
      <Refusal answer={acted} otherwise={words.failed} />
      {isStale && (
        <p className="work-item" role="alert">
          {words.stale}
        </p>
      )}
      {trouble !== undefined && <p className="work-item muted">{words.trouble(trouble)}</p>}
      {held !== undefined && (
        <div className="work-item">
          <p>
            <strong>{words.jumped}</strong>
          </p>
          {state.who === undefined && <Field label={words.name} value={name} autoComplete="name" maxLength={80} onChange={setName} />}
          <Button disabled={who === ''} onClick={() => void act((by) => confirmRates({ at: held.at, ...by }))}>
            {words.confirm}
          </Button>
        </div>
      )}
      {accepted !== undefined && <Table rates={state} accepted={accepted} now={now} />}
      {confirmed !== undefined && <p className="work-item muted">{words.confirmed(confirmed.by, formatTime(confirmed.at, now))}</p>}
      <p className="work-item">
        <a href={linkTo('postings', { place: 'currencyPosition' })}>{words.money}</a>
      </p>
    </Section>
  )
}

type TableProps = { readonly rates: RatesView; readonly accepted: NonNullable<RatesView['accepted']>; readonly now: EpochMs }

function Table({ rates: { currency: shop, held }, accepted, now }: TableProps) {
  const waiting = new Map(held?.rates.map((rate) => [rate.currency, rate]) ?? [])
  return (
    <div className="work-item rates-table">
      <table>
        <caption className="muted">{words.from(accepted.source, formatTime(accepted.at, now))}</caption>
        <thead>
          <tr>
            <th scope="col">{words.currency}</th>
            <th scope="col" className="money">
              {`1 ${shop} =`}
            </th>
            {held !== undefined && (
              <th scope="col" className="money">
                {words.is}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {accepted.rates.map((rate) => {
            const next = waiting.get(rate.currency)
            return (
              <tr key={rate.currency} data-jumped={held?.jumped.includes(rate.currency) === true}>
                <th scope="row">{nameOf(rate.currency)}</th>
                <td className="money">{rateText(rate)}</td>
                {held !== undefined && <td className="money">{next === undefined ? '' : rateText(next)}</td>}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

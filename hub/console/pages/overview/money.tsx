import { DayChart } from './day-chart.tsx'
import { places as order, type Place } from '#protocol/hub-api/conservation.ts'
import type { Overview } from '#protocol/hub-api/overview.ts'
import type { PlacesView } from '#protocol/hub-api/watch.ts'
import { bankWords } from '../../bank-words.ts'
import { isHolder, turned } from '../../concerns.ts'
import { formatPlain, nameOf } from '../../money.ts'
import { overviewWords as words } from '../../overview-words.ts'
import { AlertIcon, CheckIcon } from '../../parts/icons.tsx'
import { Section } from '../../parts/section.tsx'
import { linkTo } from '../../router.ts'
import { words as all } from '../../words.ts'

/** Each currency by itself: where its money is, whose it is, and how that went over the last days. Every figure leads to its postings. */
export function Money({ overview: { money, counts }, places }: { readonly overview: Overview; readonly places: PlacesView | undefined }) {
  return (
    <Section
      id="question-money"
      title={words.questions.money}
      note={all.settled.settled(counts.settled)}
      {...(money.balanced ? {} : { tone: 'attention' as const })}
    >
      <p className="money-verdict" data-good={money.balanced}>
        {money.balanced ? <CheckIcon /> : <AlertIcon />}
        {money.balanced ? all.money.balanced : all.money.unbalanced}
      </p>
      {places === undefined && <p className="section-empty">{words.loading}</p>}
      {places?.whole === false && (
        <p className="money-reading" role="status">
          {words.reading}
        </p>
      )}
      {places?.currencies.length === 0 && <p className="section-empty">{words.none}</p>}
      {places?.currencies.map((each) => (
        <InCurrency key={each.currency} {...each} held={money.held.find(({ currency }) => currency === each.currency)?.minor} />
      ))}
    </Section>
  )
}

type InCurrencyProps = PlacesView['currencies'][number] & { readonly held: string | undefined }

function InCurrency({ currency, places, days, held }: InCurrencyProps) {
  const ordered = places.toSorted((a, b) => order.indexOf(a.place) - order.indexOf(b.place))
  const owed = ordered.filter(({ place }) => !isHolder(place)).map(({ place }) => place)
  return (
    <div className="money-currency" role="group" aria-label={words.currency(nameOf(currency))}>
      <h3>{nameOf(currency)}</h3>
      <div className="money-sides">
        <Figures title={words.isHere} currency={currency} figures={ordered.filter(({ place }) => isHolder(place))} />
        <Figures
          title={words.isWhose}
          currency={currency}
          figures={[
            ...ordered.filter(({ place }) => !isHolder(place)).map(({ place, minor }) => ({ place, minor: turned(minor) })),
            ...(held === undefined || held === '0' ? [] : [{ place: 'held' as const, minor: held }]),
          ]}
        />
      </div>
      {owed.length > 0 && <DayChart currency={currency} places={owed} days={days} />}
    </div>
  )
}

type FiguresProps = {
  readonly title: string
  readonly currency: string
  readonly figures: readonly { readonly place: Place | 'held'; readonly minor: string }[]
}

const Figures = ({ title, currency, figures }: FiguresProps) => (
  <table className="figures">
    <caption>{title}</caption>
    <tbody>
      {figures.map(({ place, minor }) => (
        <tr key={place}>
          <th scope="row">
            <a href={linkTo('postings', { place, currency })}>{place === 'held' ? words.held : bankWords.conservation.places[place]}</a>
          </th>
          <td className="money">{formatPlain(minor, currency)}</td>
        </tr>
      ))}
    </tbody>
  </table>
)

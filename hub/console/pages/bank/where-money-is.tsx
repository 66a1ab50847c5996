import { useState } from 'react'
import { places, type Conservation, type Place } from '#protocol/hub-api/conservation.ts'
import { fetchConservation } from '../../hub.ts'
import { formatMoney, formatPlain } from '../../money.ts'
import { bankWords } from '../../bank-words.ts'
import { Button } from '../../parts/button.tsx'
import { Section } from '../../parts/section.tsx'
import './bank.css'

const words = bankWords.conservation
/** What came in is there, or is gone; behind it stands whose it is. */
const isHeld = (place: Place): boolean => places.indexOf(place) < places.indexOf('wallets')

/** The conservation report: counted from raw postings and journals when somebody asks, since it reads all of them. */
export function WhereMoneyIs() {
  const [report, setReport] = useState<Conservation>()
  const [failed, setFailed] = useState(false)
  const count = async (): Promise<void> => {
    const answer = await fetchConservation()
    setFailed(!answer.ok)
    if (answer.ok) setReport(answer.value)
  }
  const isWhole = report?.faults.length === 0
  return (
    <Section
      id="conservation"
      title={words.title}
      tools={<Button onClick={() => void count()}>{words.recount}</Button>}
      {...(report !== undefined && !isWhole ? { tone: 'attention' as const } : {})}
    >
      {failed && (
        <p className="bank-failed" role="alert">
          {bankWords.failed}
        </p>
      )}
      {report !== undefined && (
        <div className="bank-item" role="status">
          <p>
            <span className="bank-state" data-good={isWhole}>
              {isWhole ? words.whole : words.broken}
            </span>
          </p>
          <p className="muted">{words.from(report.postings, report.entries)}</p>
          {report.faults.map((fault) => (
            <p key={fault} className="mono bank-file">
              {fault}
            </p>
          ))}
        </div>
      )}
      {report?.currencies.map((each) => (
        <Currency key={each.currency} {...each} />
      ))}
    </Section>
  )
}

function Currency({ currency, enteredMinor, places: found, differenceMinor, heldMinor, unpaidMinor }: Conservation['currencies'][number]) {
  const row = ({ place, minor }: (typeof found)[number], turned: boolean) => (
    <tr key={place}>
      <th scope="row">{words.places[place]}</th>
      <td className="money">{formatPlain(turned ? turn(minor) : minor, currency)}</td>
    </tr>
  )
  return (
    <div className="bank-item">
      <p>
        <strong>{words.entered(currency, formatMoney(enteredMinor, currency))}</strong>
      </p>
      <table className="bank-places">
        <tbody>
          <tr>
            <th scope="colgroup" colSpan={2}>
              {words.is}
            </th>
          </tr>
          {found.filter(({ place }) => isHeld(place)).map((each) => row(each, false))}
          <tr>
            <th scope="colgroup" colSpan={2}>
              {words.whose}
            </th>
          </tr>
          {found.filter(({ place }) => !isHeld(place)).map((each) => row(each, true))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{words.difference}</th>
            <td className="money">{formatPlain(differenceMinor, currency)}</td>
          </tr>
        </tfoot>
      </table>
      {heldMinor !== '0' && <p className="muted">{words.held(formatMoney(heldMinor, currency))}</p>}
      {unpaidMinor !== '0' && <p className="muted">{words.unpaid(formatMoney(unpaidMinor, currency))}</p>}
    </div>
  )
}

const turn = (minor: string): string => (minor.startsWith('-') ? minor.slice(1) : minor === '0' ? minor : `-${minor}`)

import { useState } from 'react'
import type { Conservation } from '#protocol/hub-api/conservation.ts'
import { isHolder, turned } from '../../concerns.ts'
import { fetchConservation, type Answer } from '../../hub.ts'
import { formatMoney, formatPlain } from '../../money.ts'
import { bankWords } from '../../bank-words.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import '../../parts/work-list.css'
import './bank.css'

const words = bankWords.conservation

/** The conservation report: counted from raw postings and journals when somebody asks, since it reads all of them. */
export function WhereMoneyIs() {
  const [report, setReport] = useState<Conservation>()
  const [answer, setAnswer] = useState<Answer<Conservation>>()
  const count = async (): Promise<void> => {
    const counted = await fetchConservation()
    setAnswer(counted)
    if (counted.ok) setReport(counted.value)
  }
  const isWhole = report?.faults.length === 0
  return (
    <Section
      id="conservation"
      title={words.title}
      tools={<Button onClick={() => void count()}>{words.recount}</Button>}
      {...(report !== undefined && !isWhole ? { tone: 'attention' as const } : {})}
    >
      <Refusal answer={answer} otherwise={bankWords.failed} />
      {report !== undefined && (
        <div className="work-item" role="status">
          <p>
            <Chip tone={isWhole ? 'done' : 'attention'}>{isWhole ? words.whole : words.broken}</Chip>
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
  const row = ({ place, minor }: (typeof found)[number], isTurned: boolean) => (
    <tr key={place}>
      <th scope="row">{words.places[place]}</th>
      <td className="money">{formatPlain(isTurned ? turned(minor) : minor, currency)}</td>
    </tr>
  )
  return (
    <div className="work-item">
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
          {found.filter(({ place }) => isHolder(place)).map((each) => row(each, false))}
          <tr>
            <th scope="colgroup" colSpan={2}>
              {words.whose}
            </th>
          </tr>
          {found.filter(({ place }) => !isHolder(place)).map((each) => row(each, true))}
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

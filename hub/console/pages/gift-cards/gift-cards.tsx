import { useEffect, useState, type FormEvent } from 'react'
import { encode } from 'uqr'
import type { CreditsState, ToldCredit } from '#protocol/hub-api/credits.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import type { EpochMs } from '#protocol/time.ts'
import { fetchCredits, issueCredit, releaseCredit, type Answer } from '../../hub.ts'
import { formatMoney } from '../../money.ts'
import { minorOf } from '../../policy-form.ts'
import { words as all } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'
import './gift-cards.css'

const words = all.giftCards

/** `now` is the hub's; it also says when to look again, since what waits changes with what tills send. */
export function GiftCards({ now, exceptions }: { readonly now: EpochMs; readonly exceptions: number }) {
  const [state, setState] = useState<CreditsState>()
  const [sum, setSum] = useState('')
  const [creditId, setCreditId] = useState<Id>()
  const [made, setMade] = useState<ToldCredit>()
  const [failed, setFailed] = useState<string>()
  useEffect(() => {
    void fetchCredits().then((answer) => (answer.ok ? setState(answer.value) : undefined))
  }, [exceptions])
  if (state === undefined) return null

  const take = <T,>(answer: Answer<T>, then: (value: T) => void): void => {
    setFailed(answer.ok ? undefined : (answer.told?.say ?? words.failed))
    if (answer.ok) then(answer.value)
  }
  const amountMinor = minorOf(sum, state.currency)
  const issue = async (event: FormEvent) => {
    event.preventDefault()
    if (amountMinor === undefined || amountMinor === 0) return
    // Stays until an answer came: a second press asks for the same card.
    const wanted = creditId ?? makeId(now, crypto.getRandomValues(new Uint8Array(10)))
    setCreditId(wanted)
    take(await issueCredit(wanted, amountMinor), (card) => {
      setMade(card)
      setCreditId(undefined)
      setSum('')
    })
  }
  const release = async (id: Id) => take(await releaseCredit(id), setState)

  return (
    <Section id="gift-cards" title={words.title} {...(state.waiting.length > 0 ? { tone: 'attention' as const } : {})}>
      <form className="gift-cards" onSubmit={(event) => void issue(event)}>
        <label className="gift-cards-sum">
          <span>{words.sum(state.currency)}</span>
          <input
            value={sum}
            inputMode="decimal"
            autoComplete="off"
            onChange={({ target }) => {
              setSum(target.value)
              setCreditId(undefined)
            }}
          />
        </label>
        <Button needs="money" type="submit" disabled={amountMinor === undefined || amountMinor === 0}>
          {words.make}
        </Button>
        {failed !== undefined && <p role="alert">{failed}</p>}
        {made !== undefined && <MadeCard card={made} onClose={() => setMade(undefined)} />}
        {state.waiting.length > 0 && <p>{words.waiting}</p>}
        <ul className="gift-cards-waiting">
          {state.waiting.map(({ creditId: id, why, amountMinor: minor, currency, till, at }) => (
            <li key={id}>
              <span>
                <strong>{formatMoney(minor, currency)}</strong> · {words.why[why]} · {till} · <Time at={at} now={now} />
              </span>
              <Button needs="money" onClick={() => void release(id)}>
                {words.release}
              </Button>
            </li>
          ))}
        </ul>
      </form>
    </Section>
  )
}

/** Shown once, to be printed: the page that is printed is this card and nothing else. */
const MadeCard = ({ card, onClose }: { readonly card: ToldCredit; onClose(): void }) => (
  <div className="gift-card" role="status">
    <p className="gift-card-sum">{formatMoney(card.amountMinor, card.currency)}</p>
    <QrCode text={card.code} />
    <p className="mono gift-card-code">{card.code}</p>
    <p className="gift-card-tools">
      <Button onClick={() => window.print()}>{words.print}</Button> <Button onClick={onClose}>{words.done}</Button>
    </p>
  </div>
)

function QrCode({ text }: { readonly text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg className="gift-card-qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={words.code} shapeRendering="crispEdges">
      <path d={path} fill="black" />
    </svg>
  )
}

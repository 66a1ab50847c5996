import { useState } from 'react'
import type { BankMood, BenchCard, DeviceView } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Station } from './station.tsx'
import './card-reader.css'

type Props = { readonly device: DeviceView; readonly cards: readonly BenchCard[]; readonly bank: BankMood }

/** Test cards lie before the reader; a click draws one through its slot. */
export function CardReader({ device, cards, bank }: Props) {
  const perform = usePerform()
  const [swiped, setSwiped] = useState({ times: 0, look: 0 })
  const swipe = (name: string, look: number) => {
    setSwiped(({ times }) => ({ times: times + 1, look }))
    perform({ act: 'swipe', card: name })
  }
  return (
    <Station name="card_reader" device={device}>
      <div className="card-reader-box">
        {swiped.times > 0 && <span key={swiped.times} className="card card-moving" data-look={swiped.look} />}
        <svg className="card-reader-art" viewBox="0 0 130 84" aria-hidden="true" focusable="false">
          <path className="card-reader-case" d="M8 44q0-14 14-14h86q14 0 14 14v26q0 10-10 10H18q-10 0-10-10Z" />
          <path className="card-reader-slot" d="M2 34h126v5H2z" />
          <path className="card-reader-arrow" d="M34 58h54m-9-7 10 7-10 7" />
          <circle className="card-reader-led" cx="109" cy="50" r="3.5" />
        </svg>
      </div>
      <ul className="cards" aria-label={words.cards.title}>
        {cards.map(({ name, ending }, look) => (
          <li key={name}>
            <button
              type="button"
              className="card"
              data-look={look % CARD_LOOKS}
              title={`${name} ···· ${ending}`}
              aria-label={words.cards.swipe(name, ending)}
              onClick={() => swipe(name, look % CARD_LOOKS)}
            >
              <span aria-hidden="true">{ending}</span>
            </button>
          </li>
        ))}
      </ul>
      <label className="bank">
        {words.bank.title}{' '}
        <select value={bank} onChange={({ target }) => perform({ act: 'bank', mood: moods.find((mood) => mood === target.value) ?? 'approves' })}>
          {moods.map((mood) => (
            <option key={mood} value={mood}>
              {words.bank.moods[mood]}
            </option>
          ))}
        </select>
      </label>
      <Button onClick={() => perform({ act: 'end_bank_day' })}>{words.bank.endDay}</Button>
    </Station>
  )
}

const moods = Object.keys(words.bank.moods) as BankMood[]

/** As many as the style sheet has. */
const CARD_LOOKS = 6

import { useEffect, useState } from 'react'
import type { MerchantDetail, MerchantsState } from '#protocol/hub-api/merchants.ts'
import { SECOND, type EpochMs } from '#protocol/time.ts'
import { fetchMerchant, fetchMerchants } from '../../hub.ts'
import { merchantWords as words } from '../../merchant-words.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { PlusIcon } from '../../parts/icons.tsx'
import { Section } from '../../parts/section.tsx'
import { MerchantForm } from './merchant-form.tsx'
import { MerchantHistory } from './merchant-history.tsx'
import './merchants.css'

const ASK_EVERY = 3 * SECOND

/** With whom the hub settles. `now` says when to look again. */
export function Merchants({ now }: { readonly now: EpochMs }) {
  const [state, setState] = useState<MerchantsState>()
  const [shown, setShown] = useState<string>()
  const [isAdding, setAdding] = useState(false)
  const [turn, setTurn] = useState(0)
  const beat = Math.floor(now / ASK_EVERY)
  useEffect(() => {
    void fetchMerchants().then((answer) => (answer.ok ? setState(answer.value) : undefined))
  }, [beat, turn])
  if (state === undefined) return null
  const { merchants, who } = state
  const again = () => setTurn((before) => before + 1)
  const added = () => {
    setAdding(false)
    again()
  }
  const isWaiting = merchants.some(({ next }) => next === 'proposed')
  return (
    <Section
      id="merchants"
      title={words.title}
      {...(isWaiting ? { tone: 'attention' as const } : {})}
      tools={
        <Button needs="money" onClick={() => setAdding(true)}>
          <PlusIcon />
          {words.add}
        </Button>
      }
    >
      {isAdding && <MerchantForm title={words.addTitle} detail={undefined} who={who} onDone={added} onClose={() => setAdding(false)} />}
      <ul>
        {merchants.map((merchant) => (
          <li key={merchant.id} className="work-item" aria-label={merchant.name}>
            <Merchant
              merchant={merchant}
              who={who}
              now={now}
              isShown={shown === merchant.id}
              onChanged={again}
              onToggle={() => setShown(shown === merchant.id ? undefined : merchant.id)}
            />
          </li>
        ))}
      </ul>
    </Section>
  )
}

type MerchantProps = {
  readonly merchant: MerchantsState['merchants'][number]
  readonly who: string | undefined
  readonly now: EpochMs
  readonly isShown: boolean
  onToggle(): void
  onChanged(): void
}

function Merchant({ merchant: { id, name, state, isShop, stores, next }, who, now, isShown, onToggle, onChanged }: MerchantProps) {
  const [detail, setDetail] = useState<MerchantDetail>()
  const [isChanging, setChanging] = useState(false)
  const beat = Math.floor(now / ASK_EVERY)
  useEffect(() => {
    if (isShown) void fetchMerchant(id).then((answer) => (answer.ok ? setDetail(answer.value) : undefined))
  }, [id, isShown, beat])
  const done = (after: MerchantDetail) => {
    setDetail(after)
    setChanging(false)
    onChanged()
  }
  return (
    <>
      <p className="work-head">
        <strong>{name}</strong>
        <Chip tone={next === 'proposed' || state === 'held' ? 'attention' : 'done'}>{next === undefined ? words.states[state] : words.next[next]}</Chip>
      </p>
      <p className="muted">
        {[
          ...(isShop ? [words.shop] : []),
          ...(stores.length === 0 ? [words.noStores] : stores.map((store) => `${store.name} (${words.tills(store.tills)})`)),
        ].join(' · ')}
      </p>
      <div className="work-tools">
        <Button aria-expanded={isShown} onClick={onToggle}>
          {words.show(name)}
        </Button>
        {isShown && detail !== undefined && !isChanging && (
          <Button needs="money" look="primary" onClick={() => setChanging(true)}>
            {words.change}
          </Button>
        )}
      </div>
      {isShown && detail !== undefined && isChanging && (
        <MerchantForm title={words.changeTitle(name)} detail={detail} who={who} onDone={done} onClose={() => setChanging(false)} />
      )}
      {isShown && detail !== undefined && <MerchantHistory id={id} detail={detail} who={who} now={now} onDone={done} />}
    </>
  )
}

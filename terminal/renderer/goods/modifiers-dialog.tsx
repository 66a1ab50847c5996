import { useState } from 'react'
import type { ErrorCode } from '#protocol/errors.ts'
import type { ModifierGroup } from '#protocol/hub/goods.ts'
import type { Currency } from '#protocol/money.ts'
import type { ChoosingView } from '#protocol/till-api/goods.ts'
import { formatMoney } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Failed } from '../parts/failed.tsx'
import type { Session } from '../session/session.ts'
import { t } from '../words.ts'
import { fits, pressed, startOf, type Picked } from './picked.ts'

type Props = {
  readonly choosing: Extract<ChoosingView, { step: 'modifiers' }>
  readonly currency: Currency
  readonly session: Session
  onCancel(): void
}

/** All groups at once, with what is chosen pressed down; the price on the main step goes along. Digits press the choices in their order. */
export function ModifiersDialog({ choosing: { name, unitMinor, groups, chosen }, currency, session, onCancel }: Props) {
  const [picked, pick] = useState<Picked>(() => chosen ?? startOf(groups))
  const [failed, setFailed] = useState<ErrorCode>()
  const isWhole = groups.every((group, at) => fits(group, picked[at] ?? []))
  const take = async () => {
    if (!isWhole) return
    const outcome = await session.ask({ type: 'chooseModifiers', choices: picked.map((places) => [...places]) })
    if (!outcome.ok) setFailed(outcome.code)
  }
  const press = (group: number, choice: number) => pick((now) => pressed(groups, now, group, choice))
  const places = groups.flatMap(({ choices }, group) => choices.map((_, choice) => [group, choice] as const))
  const keys = Object.fromEntries(places.slice(0, 9).map(([group, choice], at) => [String(at + 1), () => press(group, choice)]))
  const extra = groups.reduce((sum, { choices }, at) => sum + (picked[at] ?? []).reduce((part, place) => part + (choices[place]?.priceMinor ?? 0), 0), 0)
  return (
    <Dialog
      title={t('goods.made', { name })}
      testId="modifiers"
      onCancel={onCancel}
      onMain={() => void take()}
      onEnter={() => void take()}
      keys={keys}
      foot={
        <>
          <Button action="cancel" onClick={onCancel}>
            {t('goods.back')}
          </Button>
          <Button look="primary" action="pay" disabled={!isWhole} onClick={() => void take()}>
            {t('goods.takeIt', { price: formatMoney(unitMinor + extra, currency) })}
          </Button>
        </>
      }
    >
      {groups.map((group, at) => (
        <Group
          key={group.name}
          group={group}
          picked={picked[at] ?? []}
          first={places.findIndex(([of]) => of === at)}
          currency={currency}
          onPress={(choice) => press(at, choice)}
        />
      ))}
      {failed !== undefined && <Failed code={failed} />}
    </Dialog>
  )
}

type GroupProps = {
  readonly group: ModifierGroup
  readonly picked: readonly number[]
  /** Of its first choice, among all. */
  readonly first: number
  readonly currency: Currency
  onPress(choice: number): void
}

function Group({ group, picked, first, currency, onPress }: GroupProps) {
  return (
    <section className="goods-group" aria-label={`${group.name}: ${howMany(group)}`}>
      <h3>
        {group.name} <span className="goods-hint">{howMany(group)}</span>
      </h3>
      <div className="goods-choices">
        {group.choices.map(({ name, priceMinor }, at) => (
          <button key={name} type="button" className="goods-choice" aria-pressed={picked.includes(at)} onClick={() => onPress(at)}>
            <span>{name}</span>
            {priceMinor > 0 && <span className="goods-hint">+{formatMoney(priceMinor, currency)}</span>}
            {first + at < 9 && (
              <kbd className="key-cap" aria-hidden="true">
                {first + at + 1}
              </kbd>
            )}
          </button>
        ))}
      </div>
    </section>
  )
}

function howMany({ min, max }: ModifierGroup): string {
  if (min === max) return t('goods.exactly', { number: min })
  return min === 0 ? t('goods.atMost', { number: max }) : t('goods.atLeast', { min, max })
}

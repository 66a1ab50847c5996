import { DAY, HOUR, MINUTE } from '#protocol/time.ts'
import type { RiskEvent } from '../../hub/risk/features.ts'
import type { Random } from '../world/random.ts'

export type Paid = RiskEvent & { readonly isFraud: boolean }

/** An invented town: cards with habits, terminals that are tampered with for weeks, cards whose number was stolen. */
export function town(random: Random, payments: number): Paid[] {
  const cards = Array.from({ length: 5000 }, (_, n) => ({
    card: `card-${n}`,
    mean: 500 + random.between(0, 8999),
    terminals: Array.from({ length: 20 }, () => random.between(0, 9999)),
    stolenOn: random.between(1, 20) === 1 ? random.between(0, 59) : -100,
  }))
  const tampered = new Map(Array.from({ length: 300 }, () => [random.between(0, 9999), random.between(0, 59)] as const))
  const start = Date.UTC(2027, 0, 4)
  const paid = Array.from({ length: payments }, (_, i): Paid => {
    const at = start + Math.floor((i / payments) * 60 * DAY) + 9 * HOUR + random.between(0, MINUTE - 1)
    const day = Math.floor((at - start) / DAY)
    const holder = cards[random.between(0, cards.length - 1)] ?? { card: 'card', mean: 1000, terminals: [0], stolenOn: -100 }
    const terminal = holder.terminals[random.between(0, 19)] ?? 0
    const usual = Math.max(1, Math.floor((holder.mean * (20 + random.between(0, 159))) / 100))
    const isStolen = day >= holder.stolenOn && day < holder.stolenOn + 14 && random.between(1, 3) === 1
    const tamperedOn = tampered.get(terminal) ?? -100
    return {
      at,
      card: holder.card,
      terminal: `till-${terminal}`,
      amountMinor: isStolen ? usual * 5 : usual,
      isFraud: isStolen || (day >= tamperedOn && day < tamperedOn + 28),
    }
  })
  return paid.sort((a, b) => a.at - b.at)
}

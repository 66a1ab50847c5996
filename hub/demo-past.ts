import type { Seen } from './policy/replay.ts'
import { DAY, HOUR, MINUTE, SECOND, type EpochMs } from '#protocol/time.ts'

const DAYS = 60
const PAYMENTS_A_DAY = 150
const WALLETS = 500
const TILLS = 4
const FIRST: EpochMs = Date.UTC(2027, 0, 4)
const SHOWN_AT_MOST = 50_00
const limits = { perPaymentLimitMinor: 150_00, totalLimitMinor: 500_00 }

/**
 * Payments of an invented shop, the same ones always, for a demo that has no past: wallets with habits, guests, stolen wallets that pay for five days, days on which strangers with empty
 * wallets come to one till within the hour, and a till that is tampered with for weeks. What is bad looks much like what is good, as it does. In the order of time.
 */
export function demoPast(): readonly Seen[] {
  const next = numbers(20_270_104)
  const upTo = (most: number): number => Math.floor(next() * most)
  const wallets = Array.from({ length: WALLETS }, (_, n) => ({
    name: `invented-${n}`,
    usual: 300 + upTo(2200),
    stolenOn: upTo(8) === 0 ? upTo(DAYS) : -DAYS,
    till: upTo(TILLS),
  }))
  const raids = new Set(Array.from({ length: 14 }, () => upTo(DAYS)))
  const seen: Seen[] = []
  const pay = (at: EpochMs, till: number, wallet: string, amountMinor: number, isBad: boolean): void => {
    const kind = amountMinor > SHOWN_AT_MOST ? ('wallet_bound' as const) : ('wallet_shown' as const)
    const payment = {
      id: `invented-payment-${seen.length}`,
      till: `invented-till-${till}`,
      at,
      amountMinor,
      currency: 'EUR',
      wallet,
      decidedBy: 'hub' as const,
    }
    const asked = { amountMinor, currency: 'EUR', instrument: { kind, limits }, denyFingerprints: [] }
    // A code that is relayed is older; so is one of somebody who fumbles.
    const isSlow = upTo(isBad ? 2 : 6) === 0
    seen.push({ payment: { ...payment, settledAt: at + MINUTE }, asked, offlineFor: 0, codeAgeMs: (isSlow ? 9 : 2) * SECOND + upTo(16_000), isBad })
  }
  for (let day = 0; day < DAYS; day++) {
    const opens = FIRST + day * DAY + 8 * HOUR
    for (let n = 0; n < PAYMENTS_A_DAY; n++) {
      const wallet = wallets[upTo(WALLETS)]
      if (wallet === undefined) continue
      const at = opens + upTo(12 * HOUR)
      if (upTo(12) === 0) {
        pay(at, upTo(TILLS), `invented-guest-${day}-${n}`, 5_00 + upTo(120_00), false)
        continue
      }
      const isLarge = upTo(20) === 0
      const usual = Math.max(50, Math.floor((wallet.usual * (isLarge ? 200 + upTo(300) : 40 + upTo(120))) / 100))
      const isStolen = day >= wallet.stolenOn && day < wallet.stolenOn + 5 && upTo(2) === 0
      const till = upTo(5) === 0 || isStolen ? upTo(TILLS) : wallet.till
      const isTampered = till === 1 && day >= 30 && day < 54 && upTo(12) === 0
      pay(at, till, wallet.name, Math.min(isStolen ? usual * 3 : usual, 14_900), isStolen || isTampered)
    }
    if (!raids.has(day)) continue
    const from = opens + upTo(11 * HOUR)
    for (let n = 0; n < 5; n++) pay(from + n * upTo(12) * MINUTE, day % TILLS, `invented-stranger-${day}-${n}`, 15_00 + upTo(110_00), true)
  }
  return seen.toSorted((a, b) => a.payment.at - b.payment.at)
}

/** Small and seeded: no two demos differ. */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

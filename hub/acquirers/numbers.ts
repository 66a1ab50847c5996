import type { ExchangeKind } from './acquirer.ts'
import type { HubStore } from '../store/hub-store.ts'
import { utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { Id } from '#protocol/ids.ts'
import type { Clock } from '#protocol/time.ts'

/** System trace audit numbers have six digits; within the day for which one must be unique there are a million. */
const STANS = 999_999
/** Reserved at once, so that most numbers cost no commit. Those that a process took and did not use are left out for good. */
const RESERVED = 100
/** A hub that was put back to a backup must not use a number of today again: they are tenths of a second, where that is more. */
const TICK_MS = 100

/** Trace numbers for exchanges with one acquirer, none of them given out twice within a day, whatever crashes. Undefined while there is no room on the disk. */
export function createNumbers(store: HubStore, acquirer: string, clock: Pick<Clock, 'now'>): { next(): Promise<number | undefined> } {
  const id = `acquirer/${acquirer}/exchanges`
  let last = 0
  let reserved = 0
  let reserving: Promise<boolean> | undefined

  async function reserve(): Promise<boolean> {
    for (;;) {
      const [counter] = await store.get('counters', [id])
      const { value, version } = counter ?? { value: 0, version: 0 }
      const from = Math.max(value, Math.floor(clock.now() / TICK_MS))
      const committed = await store.commit({ counters: [{ id, version, value: from + RESERVED }] })
      if (committed === 'full') return false
      if (committed === 'stale') continue
      last = from
      reserved = from + RESERVED
      return true
    }
  }

  return {
    async next() {
      while (last === reserved) {
        reserving ??= reserve().finally(() => (reserving = undefined))
        if (!(await reserving)) return undefined
      }
      last += 1
      return ((last - 1) % STANS) + 1
    },
  }
}

/** Money is taken once, whether it was reserved before or not: the two ways share their numbers. */
const asks: Readonly<Record<ExchangeKind, string>> = { authorise: 'hold', sale: 'charge', capture: 'charge', refund: 'refund', reverse: 'reverse' }

/** Field 37 of what is asked for a payment for the nth time; of a reversal `nth` is its trace number, since each is about another exchange. 62 bits of a SHA-256. */
export function referenceOf(crypto: Pick<Crypto, 'sha256'>, payment: Id, kind: ExchangeKind, nth: number): string {
  const hash = crypto.sha256(utf8(`${payment}/${asks[kind]}/${nth}`))
  const number = hash.slice(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> 2n
  return number.toString(36).toUpperCase().padStart(12, '0')
}

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBankFolder } from '../bank/folder.ts'
import type { Clock, Timers } from '#protocol/time.ts'

/** IBAN and BIC of ISO 13616's and ISO 9362's examples; nobody has this account. */
const ACCOUNT = { currency: 'EUR', name: 'Stillpoint Demo Hub', iban: 'NL91ABNA0417164300', bic: 'ABNANL2A' }
const OPENING_MINOR = 5_000_000n
const LOOK_EVERY = 1_000

export interface DemoBank {
  /** Some charges, a word from the cards' acquirer that nobody expects, and a statement of the day. */
  endDay(): void
  close(): void
}

/** The bank of a demo shop's hub, told to the hub by `bank.json`, which is not up yet. It takes files within a second and books them at once. */
export function startShopBank(hub: string, timers: Timers, clock: Pick<Clock, 'now'>): DemoBank {
  const settings = join(hub, 'bank.json')
  mkdirSync(hub, { recursive: true, mode: 0o700 })
  if (!existsSync(settings)) {
    const acquirers = [{ id: 'harbour-bank', words: 'Harbour Bank' }]
    writeFileSync(settings, `${JSON.stringify({ accounts: [ACCOUNT], acquirers, secondPersonFromMinor: 5_000, feesUpToMinor: 500 }, undefined, 2)}\n`, {
      mode: 0o600,
    })
  }
  const bank = openBankFolder(join(hub, 'bank'), { iban: ACCOUNT.iban, currency: ACCOUNT.currency, openingMinor: OPENING_MINOR }, () => new Date(clock.now()))
  let cancel = (): void => undefined
  const look = (): void => {
    bank.work()
    cancel = timers.after(LOOK_EVERY, look)
  }
  look()
  return {
    endDay: () =>
      bank.act((books) => {
        books.charge(150n, 'Account charge')
        books.credit(2_490n, 'J. Maier', 'thank you for your help')
        return books.closeDay(new Date(clock.now()).toISOString().slice(0, 10))
      }),
    close: () => cancel(),
  }
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ACQUIRER_FILE, KEY_SERVICE_FOLDER, type AcquirerSettings } from '../../hub/acquirers/settings.ts'
import { leaveKey } from '../../hub/key-service/safe.ts'
import type { BankMood } from '../bench/contract.ts'
import { startAcquirer, type SimulatedAcquirer } from '../acquirer/server.ts'
import type { SimulatedCardReader } from '../device/card-reader.ts'

/** The acquirer of a demo shop, told to its hub, which is not up yet. `hub`: the hub's folder. */
export async function startShopAcquirer(hub: string): Promise<SimulatedAcquirer> {
  const acquirer = await startAcquirer()
  const settings: AcquirerSettings = {
    id: 'harbour-bank',
    host: '127.0.0.1',
    port: acquirer.port,
    terminal: 'PIER0004',
    merchant: 'HARBOURCORNER01',
    institution: '12345',
    patienceMs: 5000,
  }
  mkdirSync(hub, { recursive: true, mode: 0o700 })
  writeFileSync(join(hub, ACQUIRER_FILE), JSON.stringify(settings, undefined, 2), { mode: 0o600 })
  return acquirer
}

/** What its maker does with a reader and tells whoever is to open its cards: each time that keys are put into it. */
export const registerReader = (hub: string, reader: SimulatedCardReader): void => {
  reader.onKeys((injection) => leaveKey(join(hub, KEY_SERVICE_FOLDER), injection))
}

export type Bank = { readonly mood: BankMood; become(mood: BankMood): void }

const refusals: Readonly<Partial<Record<BankMood, string>>> = { no_money: '51', card_stopped: '41' }

/** The acquirer as the bench's page has it: one of a few moods. */
export function bankOf(acquirer: SimulatedAcquirer): Bank {
  let mood: BankMood = 'approves'
  return {
    get mood() {
      return mood
    },
    become(next) {
      mood = next
      acquirer.declineAll(refusals[next])
      acquirer.beSilent(next === 'silent')
    },
  }
}

import { openBankFolder } from './folder.ts'
import { bankRig, OWN_IBAN } from '../../hub/bank/test-bank.ts'
import type { HubStore } from '../../hub/store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'

/** An account elsewhere that takes no money any more. */
export const CLOSED = 'FR1420041010050500013M02606'

export function bankAt(folder: string) {
  const bank = openBankFolder(folder, { iban: OWN_IBAN, currency: 'EUR', openingMinor: 1_000_000n }, () => new Date('2025-10-09T12:00:00Z'))
  if (!bank.memory.closed.includes(CLOSED)) bank.memory.closed.push(CLOSED)
  return bank
}

/** Three payouts went out and were answered. Of the statements of two days the second was read and waits, and the first lies there now. */
export async function twoDaysToBook(folder: string, store: HubStore): Promise<readonly Id[]> {
  const sold = await bankRig(folder, store)
  const bank = bankAt(folder)
  const ids = [await sold.approve(12_345n), await sold.approve(2_000n, CLOSED), await sold.approve(700n)]
  // From a first statement on a gap can be seen.
  bank.act((books) => books.closeDay('2025-10-08'))
  await sold.desk.writeFiles('cleo')
  bank.work()
  await sold.desk.readFiles()
  bank.memory.faults.push('statement missing')
  bank.act((books) => books.closeDay('2025-10-09'))
  bank.act((books) => books.charge(150n, 'Account charge'))
  bank.act((books) => books.closeDay('2025-10-10'))
  await sold.desk.readFiles()
  bank.act((books) => books.sendKept())
  return ids
}

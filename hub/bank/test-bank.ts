import { createBankDesk } from './desk.ts'
import { bankFoldersIn, type BankFolders } from './folders.ts'
import type { BankPorts } from './ports.ts'
import { bankSettings } from './settings.ts'
import { schemasForTests } from './test-schemas.ts'
import { Desk } from '../intake/desk.ts'
import { openAccount } from '../ledger/ledger.ts'
import { merchantAccount, payoutAccount } from '../ledger/names.ts'
import { indexRows } from '../settlement/payout-index.ts'
import { payoutRow, type Payout } from '../settlement/payout.ts'
import { createPayouts } from '../settlement/payouts.ts'
import type { HubStore } from '../store/hub-store.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { nextId, START, TestClock } from '../test-rig.ts'
import type { MerchantTerms } from '../merchants/merchant.ts'
import type { Id } from '#protocol/ids.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

export const OWN_IBAN = 'DE89370400440532013000'
export const MERCHANT_IBAN = 'GB29NWBK60161331926819'
const MERCHANT: Id = '01900000-0000-7000-8000-00000000ba7c'
const schemas = schemasForTests()

/** A hub's bank side with approved payouts, over a store and folders that outlive it: `restart` is another hub over the same. */
export async function bankRig(
  folder: string,
  store: HubStore = openMemoryStore(memoryDisk()),
  wrap: (ports: BankPorts, payoutsOver: (store: HubStore) => BankPorts['payouts']) => BankPorts = (ports) => ports,
) {
  const clock = new TestClock()
  clock.time = START
  const accountOf = (iban: string) => ({ iban, name: 'Harbour Corner' })
  let current = accountOf(MERCHANT_IBAN)
  const terms = (): MerchantTerms => ({
    id: MERCHANT,
    name: 'Harbour Corner',
    stores: [],
    state: 'active',
    timeZone: 'UTC',
    cutOff: '00:00',
    fees: { rates: [], taxPpm: 0, atRefund: 'kept', chargebackMinor: 0 },
    account: current,
    recoverAfterDays: 30,
  })
  const merchants = { find: () => ({ number: 1, by: 'ada', at: START, accountBy: 'ada', terms: terms() }) }
  // Its merchant has as many accounts as the tests want, so who is not paid any more is said here.
  const held = new Set<string>()
  const payoutsOver = (over: HubStore): BankPorts['payouts'] => {
    const made = createPayouts({ clock, crypto: nodeCrypto, store: over, merchants, changed: () => undefined })
    return {
      ...made,
      isPayable: ({ payoutId }) => !held.has(payoutId),
      async step(id, event, how) {
        current = (await made.find(id))?.account ?? current
        return await made.step(id, event, how)
      },
    }
  }
  const payouts = payoutsOver(store)
  const settings = bankSettings.parse({
    accounts: [{ currency: 'EUR', name: 'Stillpoint Hub', iban: OWN_IBAN, bic: 'COBADEFFXXX' }],
    secondPersonFromMinor: 10_000,
    feesUpToMinor: 500,
    acquirers: [{ id: 'acme', words: 'ACME Acquiring' }],
  })
  const warnings: string[] = []
  const folders: BankFolders = bankFoldersIn(folder)
  const ports: BankPorts = {
    clock,
    crypto: nodeCrypto,
    store,
    merchant: MERCHANT,
    payouts,
    settings,
    schemas,
    folders,
    changed: () => undefined,
    warn: (line) => void warnings.push(line),
  }

  /** A merchant has sold for so much, and its window was closed. */
  async function propose(amountMinor: bigint, iban = MERCHANT_IBAN): Promise<Payout> {
    const currency = 'EUR'
    const desk = await Desk.open(
      store,
      { payments: [], accounts: ['test-bank', payoutAccount('proposed', MERCHANT, currency)] },
      { merchant: MERCHANT, currency },
      clock.now(),
    )
    const payoutId = nextId(clock.now())
    const from = desk.openAccount(openAccount({ id: 'test-bank', label: 'Sold', currency, side: 'debit', rule: 'none' }))
    const own = desk.openAccount({ id: merchantAccount(MERCHANT, currency), label: 'Merchant', currency, side: 'credit', rule: 'none' })
    const proposed = desk.openAccount({ id: payoutAccount('proposed', MERCHANT, currency), label: 'Payouts, proposed', currency, side: 'credit', rule: 'none' })
    desk.apply({ kind: 'single', id: `${payoutId}/pay`, debit: from, credit: own, amount: amountMinor })
    desk.apply({ kind: 'single', id: `payout/${payoutId}/proposed`, debit: own, credit: proposed, amount: amountMinor })
    current = accountOf(iban)
    const payout: Payout = {
      payoutId,
      merchant: MERCHANT,
      currency,
      amountMinor,
      windows: [],
      account: current,
      accountBy: 'ada',
      state: 'proposed',
      createdBy: 'hub',
      createdAt: clock.now(),
      steps: [],
    }
    for (const row of [payoutRow(payout, 0), ...indexRows(payout)]) desk.saveDocument(row)
    if ((await store.commit(desk.changes())) !== 'done') throw new Error('not stored')
    return payout
  }
  /** And a second person has approved. */
  async function approve(amountMinor: bigint, iban = MERCHANT_IBAN): Promise<Id> {
    const payout = await propose(amountMinor, iban)
    const approved = await payouts.approve(payout.payoutId, 'ben', payouts.digestOf(payout))
    if (!approved.ok) throw new Error(approved.code)
    return payout.payoutId
  }

  const balances = async () => new Map((await store.accounts(1_000)).map((account) => [account.id, account.creditsPosted - account.debitsPosted]))
  return {
    clock,
    store,
    payouts,
    settings,
    folders,
    warnings,
    propose,
    approve,
    held,
    desk: createBankDesk(wrap(ports, payoutsOver)),
    stateOf: async (id: Id) => (await payouts.find(id))?.state,
    /** Credits less debits. */
    balance: async (account: string): Promise<bigint> => (await balances()).get(account) ?? 0n,
    /** Of all accounts: zero, or money came from nowhere. */
    sum: async (): Promise<bigint> => [...(await balances()).values()].reduce((sum, each) => sum + each, 0n),
  }
}

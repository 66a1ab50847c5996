import { expect } from 'vitest'
import { demoShop } from './demo-shop.ts'
import { applyTransfer, openAccount } from './ledger/ledger.ts'
import { merchantAccount, walletAccount } from './ledger/names.ts'
import { makeRig, nextId, type TestTill, type TestWallet } from './test-rig.ts'
import { encodeEntry, type Fact } from '#protocol/journal/entry.ts'
import { base64url } from '#protocol/bytes.ts'

/** The hub in a bottle with tills that send what they write, and the figures that tests look at. */
export type Counter = Awaited<ReturnType<typeof openCounter>>

export async function openCounter(over: Parameters<typeof makeRig>[0] = {}) {
  const rig = await makeRig(over)
  const till = await rig.till()
  const wallet = await rig.wallet()
  const sent = new Map<string, number>()

  /** Writes these facts at this till and sends them as one batch. */
  async function journal(at: TestTill, ...facts: readonly Fact[]): Promise<void> {
    for (const fact of facts) at.write(fact)
    const from = (sent.get(`${at.id}/${at.epoch}`) ?? 0) + 1
    await rig.send(at, at.batch(from))
    sent.set(`${at.id}/${at.epoch}`, at.entries.length)
  }

  return {
    rig,
    till,
    wallet,
    journal,
    async money() {
      const overview = await rig.hub.overview()
      expect(overview.money.balanced).toBe(true)
      const merchant = overview.money.accounts.find(({ id }) => id === merchantAccount(demoShop.merchant.id, 'EUR'))
      return { merchant: Number(merchant?.posted), pending: Number(merchant?.pending), wallet: await rig.purse(wallet), counts: overview.counts }
    },
    /** Play money from nowhere, as somebody tops a wallet up. */
    async fund({ wallet: id }: TestWallet, amountMinor: number): Promise<void> {
      const { store, clock } = rig.ports
      const bank = openAccount({ id: 'test-bank', label: 'Bank', currency: 'EUR', side: 'debit', rule: 'none' })
      const request = { kind: 'single', id: nextId(), debit: bank.id, credit: walletAccount(id), amount: BigInt(amountMinor) } as const
      for (let committed = 'stale'; committed !== 'done';) {
        const accounts = new Map((await store.get('accounts', [bank.id, walletAccount(id)])).map((account) => [account.id, account]))
        const books = { account: (asked: string) => accounts.get(asked) ?? (asked === bank.id ? bank : undefined), transfer: () => undefined }
        const funded = applyTransfer(books, request, clock.now())
        if (!funded.ok) throw new Error(funded.code)
        committed = await store.commit({ accounts: funded.value.accounts, transfers: funded.value.transfers })
      }
    },
    /** Lets time pass, and everything happen that falls due. */
    async pass(ms: number): Promise<void> {
      rig.clock.advance(ms)
      await rig.hub.idle()
    },
    detail: async (payment: string) => await rig.hub.payment(payment),
  }
}

/** What `entry.salvaged` carries of a fact that was written under this place. */
export function salvagedFact({ id }: TestTill, epoch: number, n: number, at: number, fact: Fact): Fact {
  return { kind: 'entry.salvaged', body: { epoch, n, bytes: base64url(encodeEntry({ till: id, epoch, n }, at, fact)) } }
}

import { givesBackMore, postsOneSide } from './exchange-world.ts'
import { readPayout } from '../../hub/settlement/payout.ts'
import type { Account, Transfer } from '../../hub/ledger/ledger.ts'
import type { DocumentRow } from '../../hub/store/documents.ts'
import type { Changes, HubStore } from '../../hub/store/hub-store.ts'
import { releasesTwice } from './escrow-watch.ts'
import type { Planted } from './planted.ts'
import { countsTwice } from './settlement-watch.ts'

/** Bugs as somebody could write them in what the hub does with merchants' money, each between the production code and its store. */
export const moneyPlants: Readonly<Record<string, Planted>> = {
  'what was held for a delivery is released twice': { breaks: [12], bug: { hub: { store: releasesTwice } } },
  'what was exchanged goes back with one more': { breaks: [12], bug: { hub: { store: givesBackMore } } },
  'only one side of an exchange is posted': { breaks: [12, 16], bug: { hub: { store: postsOneSide } } },
  'a payment is counted in two windows': { breaks: [12], bug: { hub: { store: countsTwice } } },
  'a payout that was rejected is paid once more': { breaks: [12], bug: { hub: { store: forgetsRejections } } },
  'a chargeback is taken off the merchant twice': { breaks: [12], bug: { hub: { store: chargesBackTwice } } },
  'what comes back from a bank is posted to nowhere': { breaks: [12], bug: { hub: { store: returnsToNowhere } } },
  'a statement is imported in two commits': { breaks: [12], bug: { hub: { store: importsInHalves } } },
  'an approved payout goes to another account': { breaks: [12], bug: { hub: { store: swapsAccounts } } },
}

/** Answers documents with the bodies that `seen` shows, and without those of which it shows none. */
function showing(store: HubStore, seen: (row: Pick<DocumentRow, 'id' | 'version' | 'body'>) => string | undefined): HubStore {
  return {
    ...store,
    get: async (table, ids) => {
      const rows = await store.get(table, ids)
      if (table !== 'documents') return rows
      return rows.flatMap((row) => {
        const body = 'body' in row ? seen(row) : undefined
        return body === undefined ? [] : [{ ...row, body }]
      })
    },
    documents: async (range) =>
      (await store.documents(range)).flatMap((row) => {
        const body = seen(row)
        return body === undefined ? [] : [{ ...row, body }]
      }),
  }
}

/** Takes a payout that was rejected for one that is approved, and nobody remembers in which file it was. */
function forgetsRejections(store: HubStore): HubStore {
  const versions = new Map<string, number>()
  const forgetful = showing(store, ({ id, version, body }) => {
    if (!id.startsWith('bank-claim/')) return id.startsWith('payout/') ? body.replace('"state":"rejected"', '"state":"approved"') : body
    versions.set(id, version)
    return undefined
  })
  return {
    ...forgetful,
    commit: ({ documents = [], ...changes }) =>
      store.commit({ ...changes, documents: documents.map((row) => ({ ...row, version: row.version === 0 ? (versions.get(row.id) ?? 0) : row.version })) }),
  }
}

/** Posts one more beside `posted`, in accounts that agree with it. */
function besides({ accounts = [], transfers = [], ...changes }: Changes, posted: Transfer, id: string): Changes {
  const again = { ...posted, id }
  return { ...changes, accounts: accounts.map((account) => withPosting(account, again, 1n)), transfers: [...transfers, again] }
}

const withPosting = (account: Account, { debit, credit, amount }: Transfer, times: bigint): Account => ({
  ...account,
  debitsPosted: account.debitsPosted + (account.id === debit ? times * amount : 0n),
  creditsPosted: account.creditsPosted + (account.id === credit ? times * amount : 0n),
})

function chargesBackTwice(store: HubStore): HubStore {
  return {
    ...store,
    commit: (changes) => {
      const taken = changes.transfers?.find(({ id }) => id.endsWith('/chargeback'))
      return store.commit(taken === undefined ? changes : besides(changes, taken, `${taken.id.replace('/chargeback', '/again')}/chargeback`))
    },
  }
}

/** What failed at a bank is credited to an account that nobody looks at. */
function returnsToNowhere(store: HubStore): HubStore {
  return {
    ...store,
    commit: (changes) => {
      const back = changes.transfers?.find(({ id }) => /^payout\/.*\/(rejected|returned)\/back$/.test(id))
      const merchant = changes.accounts?.find(({ id }) => id === back?.credit)
      if (back === undefined || merchant === undefined) return store.commit(changes)
      const nowhere = { ...back, credit: `nowhere/${back.id}` }
      const opened: Account = { ...merchant, id: nowhere.credit, version: 0, debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n }
      const accounts = (changes.accounts ?? []).map((account) => (account.id === merchant.id ? withPosting(account, { ...back, debit: '' }, -1n) : account))
      return store.commit({
        ...changes,
        accounts: [...accounts, withPosting(opened, { ...nowhere, debit: '' }, 1n)],
        transfers: (changes.transfers ?? []).map((transfer) => (transfer === back ? nowhere : transfer)),
      })
    },
  }
}

/** First the money, then what it was: the power may go between the two. */
function importsInHalves(store: HubStore): HubStore {
  return {
    ...store,
    commit: async ({ accounts, transfers, ...changes }) => {
      const isStatement = changes.documents?.some(({ id }) => id.startsWith('bank-account/')) === true
      const money = { ...(accounts && { accounts }), ...(transfers && { transfers }) }
      if (!isStatement || transfers === undefined || transfers.length === 0) return await store.commit({ ...changes, ...money })
      const first = await store.commit(money)
      return first === 'done' ? await store.commit(changes) : first
    },
  }
}

/** Between the approval and the file somebody writes another account into the row. */
function swapsAccounts(store: HubStore): HubStore {
  return {
    ...store,
    commit: (changes) => {
      const documents = changes.documents?.map((row) =>
        row.id.startsWith('payout/') && readPayout(row).state === 'sent'
          ? { ...row, body: row.body.replace(/"iban":"\w+"/, '"iban":"FR1420041010050500013M02606"') }
          : row,
      )
      return store.commit({ ...changes, ...(documents && { documents }) })
    },
  }
}

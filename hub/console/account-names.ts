import type { AccountView } from '#protocol/hub-api/overview.ts'

/** An account for the eye: its label, and where several share it, the part of the id that tells them apart. */
export type AccountName = { readonly label: string; readonly hint?: string }

const HINT_CHARS = 8

export function accountNames(accounts: readonly AccountView[]): ReadonlyMap<string, AccountName> {
  const uses = Map.groupBy(accounts, ({ label, currency }) => `${label} ${currency}`)
  return new Map(
    accounts.map(({ id, label, currency }) => {
      const shared = (uses.get(`${label} ${currency}`)?.length ?? 0) > 1
      return [id, shared ? { label, hint: hintOf(id) } : { label }] as const
    }),
  )
}

/** Ids are paths, e.g. `wallet/4f7a…`: the kind is in the label already. */
const hintOf = (id: string): string => (id.split('/', 2)[1] ?? id).slice(0, HINT_CHARS)

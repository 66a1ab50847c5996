import type { AccountName } from '../account-names.ts'

export const Account = ({ id, name }: { readonly id: string; readonly name: AccountName | undefined }) => (
  <span title={id}>
    {name?.label ?? id}
    {name?.hint !== undefined && <span className="mono muted"> {name.hint}</span>}
  </span>
)

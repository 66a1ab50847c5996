import type { AccountView, Overview } from '#protocol/hub-api/overview.ts'
import type { Currency } from '#protocol/money.ts'
import { accountNames, type AccountName } from '../../account-names.ts'
import { formatPlain, nameOf } from '../../money.ts'
import { linkTo } from '../../router.ts'
import { words } from '../../words.ts'
import { Account } from '../../parts/account.tsx'
import { AlertIcon, CheckIcon } from '../../parts/icons.tsx'
import { Section } from '../../parts/section.tsx'
import './balances.css'

/** Where the money is: one table a currency, closed by the two sums that must be equal. */
export function Balances({ money: { accounts, totals, balanced } }: Pick<Overview, 'money'>) {
  const names = accountNames(accounts)
  // The hub compares more than the sums that are shown. When they do not tell which currency is wrong, none is vouched for.
  const sumsTell = balanced || totals.some(({ debits, credits }) => debits !== credits)
  return (
    <Section id="balances" title={words.balances.title}>
      {totals.length === 0 && accounts.length === 0 && <p className="section-empty">{words.balances.empty}</p>}
      {totals.map((total) => (
        <CurrencyTable
          key={total.currency}
          {...total}
          balanced={sumsTell && total.debits === total.credits}
          accounts={accounts.filter(({ currency }) => currency === total.currency)}
          names={names}
        />
      ))}
    </Section>
  )
}

type TableProps = Overview['money']['totals'][number] & {
  readonly balanced: boolean
  readonly accounts: readonly AccountView[]
  readonly names: ReadonlyMap<string, AccountName>
}

function CurrencyTable({ currency, debits, credits, balanced, accounts, names }: TableProps) {
  return (
    <div className="balances" role="group" aria-label={words.balances.of(nameOf(currency))} tabIndex={0}>
      <table>
        <caption>
          <span>{nameOf(currency)}</span>
          <span className="balances-verdict" data-balanced={balanced}>
            {balanced ? <CheckIcon /> : <AlertIcon />}
            {balanced ? words.money.balanced : words.money.unbalanced}
          </span>
        </caption>
        <thead>
          <tr>
            <th scope="col">{words.balances.account}</th>
            <th scope="col" className="money">
              {words.balances.pending}
            </th>
            <th scope="col" className="money">
              {words.balances.posted}
            </th>
          </tr>
        </thead>
        <tbody>
          {accounts.map((account) => (
            <AccountRow key={account.id} account={account} name={names.get(account.id)} />
          ))}
        </tbody>
        <tfoot data-balanced={balanced}>
          <TotalRow side="debit" minor={debits} currency={currency} />
          <TotalRow side="credit" minor={credits} currency={currency} />
        </tfoot>
      </table>
    </div>
  )
}

const AccountRow = ({ account: { id, side, posted, pending, currency }, name }: { readonly account: AccountView; readonly name: AccountName | undefined }) => (
  <tr>
    <th scope="row" className="account">
      <span className="account-label">
        <abbr className="account-side" title={words.balances.sideSpoken[side]}>
          {words.balances.side[side]}
        </abbr>
        <a href={linkTo('postings', { account: id })}>
          <Account id={id} name={name} />
        </a>
      </span>
    </th>
    <td className="money muted">{pending === '0' ? '' : formatPlain(pending, currency)}</td>
    <td className="money">{formatPlain(posted, currency)}</td>
  </tr>
)

const TotalRow = ({ side, minor, currency }: { readonly side: AccountView['side']; readonly minor: string; readonly currency: Currency }) => (
  <tr>
    <th scope="row" colSpan={2}>
      {words.balances.total(side)}
    </th>
    <td className="money">{formatPlain(minor, currency)}</td>
  </tr>
)

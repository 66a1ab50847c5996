import { lazy, type ReactNode } from 'react'
import type { Overview, TillView } from '#protocol/hub-api/overview.ts'
import type { Right } from '#protocol/hub-api/rights.ts'
import type { Id } from '#protocol/ids.ts'
import { Balances } from './pages/accounts/balances.tsx'
import { AcquirerState } from './pages/acquirers/acquirer.tsx'
import { OverviewPage } from './pages/overview/overview.tsx'
import { Payments } from './pages/payments/payments.tsx'
import { AtRisk } from './pages/stuck/at-risk.tsx'
import { Stuck } from './pages/stuck/stuck.tsx'
import { Fleet } from './pages/tills/fleet.tsx'
import { words } from './words.ts'

/** What every page is given: the newest overview, and how a payment is shown with everything behind it. */
export type PageProps = {
  readonly overview: Overview
  readonly opened: Id | undefined
  onOpen(payment: Id): void
  onAddTill(): void
  onRevoke(till: TillView): void
}
export type PageId = keyof typeof words.nav.pages
export type Group = keyof typeof words.nav.groups
export type PageEntry = {
  readonly id: PageId
  readonly group: Group
  /** To whom it is of no use it is not offered. */
  readonly needs?: Right
  /** Of no use where nobody has to sign in. */
  readonly forSignedIn?: true
  /** Reached from figures, and not by itself. */
  readonly isHidden?: true
  /** Whether there is anything to show at this hub. */
  isThere?(overview: Overview): boolean
  Page(props: PageProps): ReactNode
}

const Programs = lazy(async () => ({ default: (await import('./pages/programs/programs.tsx')).Programs }))
const Merchants = lazy(async () => ({ default: (await import('./pages/merchants/merchants.tsx')).Merchants }))
const Settlement = lazy(async () => ({ default: (await import('./pages/settlement/settlement.tsx')).Settlement }))
const Escrow = lazy(async () => ({ default: (await import('./pages/escrow/escrow.tsx')).Escrow }))
const Cases = lazy(async () => ({ default: (await import('./pages/risk-cases/cases.tsx')).Cases }))
const Rates = lazy(async () => ({ default: (await import('./pages/rates/rates.tsx')).Rates }))
const Bank = lazy(async () => ({ default: (await import('./pages/bank/bank.tsx')).Bank }))
const WhereMoneyIs = lazy(async () => ({ default: (await import('./pages/bank/where-money-is.tsx')).WhereMoneyIs }))
const Postings = lazy(async () => ({ default: (await import('./pages/postings/postings.tsx')).Postings }))
const GiftCards = lazy(async () => ({ default: (await import('./pages/gift-cards/gift-cards.tsx')).GiftCards }))
const Catalogue = lazy(async () => ({ default: (await import('./pages/catalogue/catalogue.tsx')).Catalogue }))
const Staff = lazy(async () => ({ default: (await import('./pages/staff/staff.tsx')).Staff }))
const Sendings = lazy(async () => ({ default: (await import('./pages/sendings/sendings.tsx')).Sendings }))
const Customers = lazy(async () => ({ default: (await import('./pages/customers/customers.tsx')).Customers }))
const People = lazy(async () => ({ default: (await import('./pages/people/people.tsx')).People }))
const RiskRules = lazy(async () => ({ default: (await import('./pages/risk-rules/risk-rules.tsx')).RiskRules }))
const RiskModel = lazy(async () => ({ default: (await import('./pages/risk-model/risk-model.tsx')).RiskModel }))
const Policy = lazy(async () => ({ default: (await import('./pages/policy/policy.tsx')).Policy }))

/** Every page of the console, in the order in which they are offered. The first is where somebody comes in. */
export const pages: readonly PageEntry[] = [
  { id: 'overview', group: 'now', Page: ({ overview }) => <OverviewPage overview={overview} /> },
  {
    id: 'stuck',
    group: 'now',
    Page: ({ overview: { atRisk, exceptions, counts, at }, onOpen }) => (
      <>
        <AtRisk atRisk={atRisk} all={counts.atRisk} now={at} onOpen={onOpen} />
        <Stuck exceptions={exceptions} all={counts.exceptions} now={at} onOpen={onOpen} />
        {counts.atRisk + counts.exceptions === 0 && <p className="section-empty">{words.stuck.nothing}</p>}
      </>
    ),
  },
  {
    id: 'payments',
    group: 'money',
    Page: ({ overview: { payments, at }, opened, onOpen }) => <Payments payments={payments} now={at} opened={opened} onOpen={onOpen} />,
  },
  { id: 'accounts', group: 'money', Page: ({ overview: { money } }) => <Balances money={money} /> },
  {
    id: 'postings',
    group: 'money',
    isHidden: true,
    Page: ({ overview: { at, money }, onOpen }) => <Postings now={at} accounts={money.accounts} onOpen={onOpen} />,
  },
  { id: 'settlement', group: 'money', Page: ({ overview: { at }, onOpen }) => <Settlement now={at} onOpen={onOpen} /> },
  { id: 'escrow', group: 'money', Page: ({ overview: { at }, onOpen }) => <Escrow now={at} onOpen={onOpen} /> },
  { id: 'rates', group: 'money', Page: ({ overview: { at } }) => <Rates now={at} /> },
  { id: 'bank', group: 'money', Page: ({ overview: { at } }) => <Bank now={at} /> },
  { id: 'conservation', group: 'money', Page: () => <WhereMoneyIs /> },
  {
    id: 'acquirers',
    group: 'money',
    isThere: ({ acquirer, alipay }) => acquirer !== undefined || alipay !== undefined,
    Page: ({ overview: { acquirer, alipay, at }, onOpen }) => (
      <>
        {acquirer && <AcquirerState heading={words.acquirer.heading} acquirer={acquirer} now={at} onOpen={onOpen} />}
        {alipay && <AcquirerState heading={words.acquirer.alipay} acquirer={alipay} now={at} onOpen={onOpen} />}
      </>
    ),
  },
  { id: 'gift-cards', group: 'money', Page: ({ overview: { at, counts } }) => <GiftCards now={at} exceptions={counts.exceptions} /> },
  { id: 'merchants', group: 'shops', Page: ({ overview: { at } }) => <Merchants now={at} /> },
  { id: 'catalogue', group: 'shops', Page: () => <Catalogue /> },
  { id: 'staff', group: 'shops', Page: () => <Staff /> },
  { id: 'receipts', group: 'shops', Page: ({ overview: { at } }) => <Sendings now={at} /> },
  { id: 'customers', group: 'shops', needs: 'operate', Page: () => <Customers /> },
  { id: 'risk-cases', group: 'risk', isThere: ({ asksRisk }) => asksRisk === true, Page: ({ overview: { at }, onOpen }) => <Cases now={at} onOpen={onOpen} /> },
  { id: 'policy', group: 'risk', Page: () => <Policy /> },
  { id: 'risk-rules', group: 'risk', isThere: ({ asksRisk }) => asksRisk === true, Page: ({ overview: { at } }) => <RiskRules now={at} /> },
  { id: 'risk-model', group: 'risk', isThere: ({ asksRisk }) => asksRisk === true, Page: ({ overview: { at } }) => <RiskModel now={at} /> },
  {
    id: 'tills',
    group: 'devices',
    Page: ({ overview: { tills, at }, onAddTill, onRevoke }) => <Fleet tills={tills} now={at} onAdd={onAddTill} onRevoke={onRevoke} />,
  },
  { id: 'programs', group: 'settings', needs: 'operate', Page: ({ overview: { at } }) => <Programs now={at} /> },
  { id: 'people', group: 'settings', needs: 'administer', forSignedIn: true, Page: () => <People /> },
]

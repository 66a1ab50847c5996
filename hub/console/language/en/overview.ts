import type { Concern } from '#protocol/hub-api/watch.ts'
import { formatCount } from '../chosen.ts'

const plural = (value: number, one: string, many: string) => `${formatCount(value)} ${value === 1 ? one : many}`

/** The first page, and the postings behind its figures. */
export const overview = {
  questions: {
    money: 'Where is the money?',
    stuck: 'What is stuck, and why?',
    wrong: 'What looks wrong?',
    devices: 'Which device needs somebody?',
  },
  reading: 'The hub has just started and still reads older postings: these figures grow.',
  held: 'Held for payments that are not complete',
  isHere: 'Where it is',
  isWhose: 'Whose it is',
  currency: (currency: string) => `Money in ${currency}`,
  chart: (currency: string) => `What is owed, by whom it belongs to, at the end of each day, ${currency}`,
  table: 'The same as a table',
  day: 'Day (UTC)',
  loading: 'One moment',
  none: 'No money has come in yet.',
  fine: { stuck: 'Nothing is stuck', wrong: 'Nothing looks wrong', devices: 'Every device is well' },
  since: 'the oldest since',
  concerns: {
    payoutsToApprove: (count: number) => `${plural(count, 'payout waits', 'payouts wait')} for a second person`,
    merchantsToAgree: (count: number) =>
      `${plural(count, 'merchant’s new account or terms wait', 'merchants’ new accounts or terms wait')} for a second person`,
    payoutsBack: (count: number) => `${plural(count, 'payout was', 'payouts were')} refused or came back`,
    claims: (count: number) => `${plural(count, 'merchant owes', 'merchants owe')} the hub money`,
    bankLines: (count: number) => `${plural(count, 'line', 'lines')} of the bank’s statements to explain`,
    bankIncidents: (count: number) => `${plural(count, 'file or answer', 'files or answers')} of the bank to look at`,
    webhooksOff: (count: number) => `${plural(count, 'webhook was', 'webhooks were')} switched off: nobody answered there`,
    riskDrift: (count: number) => `${plural(count, 'number', 'numbers')} that the risk model looks at drifted`,
  } satisfies Record<Concern, (count: number) => string>,
  exceptions: (count: number) => `${plural(count, 'payment or entry needs', 'payments or entries need')} a person`,
  why: (count: number, say: string) => `${formatCount(count)} × ${say}`,
  atRisk: (count: number, sum: string) => `${plural(count, 'payment', 'payments')} captured without money: ${sum}`,
  /** Of more than are listed nobody has added up the rest. */
  atLeast: (sum: string) => `at least ${sum}`,
  unsettled: (count: number) => `${plural(count, 'entry', 'entries')} in custody not settled yet`,
  hanging: (name: string, count: number) => `${name}: ${plural(count, 'exchange', 'exchanges')} to be undone`,
  acquirerLost: (name: string) => `${name} is not reached`,
  unbalanced: 'The ledger does not balance',
  losses: (sum: string) => `${sum} lost so far`,
  exposure: (sum: string, most: string, percent: number) =>
    `${sum} at risk of ${most} that the policy risks each time tills are cut off (${formatCount(percent)} %)`,
  unexplained: (sum: string) => `${sum} at the bank that nobody has explained`,
  cases: (count: number, held: string) => `${plural(count, 'suspicious payment waits', 'suspicious payments wait')} for a person; ${held} held`,
  denied: (count: number) => `${plural(count, 'payment', 'payments')} among the newest tried with something denied`,
  neverSeen: (name: string) => `${name} has never been seen`,
  silent: (name: string) => `${name} is offline`,
  behind: (name: string, count: number) => `${name}: ${plural(count, 'entry', 'entries')} only at this hub, not in a second place`,
  postings: {
    title: 'Postings',
    of: 'Of',
    everything: 'everything',
    place: 'Place',
    currency: 'Currency',
    any: 'All',
    account: 'Account',
    when: 'When',
    what: 'Debit → credit',
    amount: 'Amount',
    open: (sum: string) => `Payment behind the posting of ${sum}`,
    more: 'Go on to older ones',
    noneYet: (time: string) => `None since ${time}.`,
    none: 'No posting is like this.',
    loading: 'One moment',
    failed: 'The hub did not answer.',
  },
} as const

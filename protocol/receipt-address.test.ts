import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exportKeyFromSecret } from './node/sealed-journal.ts'
import { addressContext, openAddress, openAddressKey, sealAddress } from './node/sealed-address.ts'
import { readAddress } from './receipt-address.ts'

const TILL = '0198c0de-0000-7000-8000-0000000000aa'
const REQUEST = '0198c0de-0000-7000-8000-000000000001'
const context = addressContext(TILL, REQUEST)
const exportKey = exportKeyFromSecret(new Uint8Array(32).fill(7))
const other = exportKeyFromSecret(new Uint8Array(32).fill(8))

describe('an address', () => {
  it.each([
    ['ada@example.org', 'mail', 'ada@example.org'],
    [' a.b+c@mail.example.co.uk ', 'mail', 'a.b+c@mail.example.co.uk'],
    ['+49 (30) 123-456', 'phone', '+4930123456'],
  ])('is read: %s', (text, by, address) => {
    expect(readAddress(text)).toEqual({ ok: true, value: { by, address } })
  })

  it.each([
    '',
    'ada',
    'ada@',
    '@example.org',
    'a..b@example.org',
    'ada@example',
    'a b@example.org',
    'ada@example.org\r\nBcc: eve@example.org',
    '"a"@example.org',
    '123',
  ])('is refused: %j', (text) => {
    expect(readAddress(text)).toMatchObject({ ok: false, code: 'receipt.bad_address' })
  })

  it('never has what would end a header', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.emailAddress()), (text) => {
        const read = readAddress(text)
        return !read.ok || /^[!-~]+$/.test(read.value.address)
      }),
    )
  })
})

describe('an address that is sealed', () => {
  it('opens with its own key and the request that it is of', async () => {
    const { sealed, key } = await sealAddress(exportKey.publicKey, context, 'ada@example.org')
    const own = await openAddressKey(key, context, () => exportKey)
    expect(own.ok && openAddress(own.value, context, sealed)).toEqual({ ok: true, value: 'ada@example.org' })
  })

  it('opens for nobody else, nor as the address of another request', async () => {
    const { sealed, key } = await sealAddress(exportKey.publicKey, context, 'ada@example.org')
    const own = await openAddressKey(key, context, () => exportKey)
    const elsewhere = addressContext(TILL, TILL)
    expect(await openAddressKey(key, context, () => other)).toMatchObject({ ok: false, code: 'receipt.unreadable' })
    expect(await openAddressKey(key, context, () => undefined)).toMatchObject({ ok: false })
    expect(await openAddressKey(key, elsewhere, () => exportKey)).toMatchObject({ ok: false })
    expect(own.ok && openAddress(own.value, elsewhere, sealed)).toMatchObject({ ok: false })
    expect(openAddress(new Uint8Array(32), context, sealed)).toMatchObject({ ok: false })
  })

  it('has one length, whatever it is, and never the same bytes', async () => {
    const [short, long, again] = await Promise.all(
      ['a@b.de', `${'a'.repeat(60)}@example.org`, 'a@b.de'].map((address) => sealAddress(exportKey.publicKey, context, address)),
    )
    expect(new Set([short, long, again].map((made) => made?.sealed.length))).toEqual(new Set([272]))
    expect(short?.sealed).not.toEqual(again?.sealed)
  })

  it('bears any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 40 }), async (bytes, own) => {
        expect(openAddress(own, context, bytes).ok).toBe(false)
        expect((await openAddressKey(bytes, context, () => exportKey)).ok).toBe(false)
      }),
    )
  })
})

import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { certificateAuthority } from './certificates.ts'
import { nextId } from './test-rig.ts'
import { nodeCrypto, rawPublicKey, signerFromSeed } from '#protocol/node/crypto.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'

const root = signerFromSeed(new Uint8Array(32).fill(1))
const holder = signerFromSeed(new Uint8Array(32).fill(2))
const authority = certificateAuthority(root, nodeCrypto)
const read = (der: Uint8Array) => new X509Certificate(certificatePem(der))

describe('certificates', () => {
  it('of the authority are the root key, by itself, always the same', () => {
    const own = read(authority.certificate)
    expect(own.ca).toBe(true)
    expect(rawPublicKey(own.publicKey)).toEqual(root.publicKey)
    expect(own.verify(own.publicKey)).toBe(true)
    expect(own.checkIssued(own)).toBe(true)
    expect(certificateAuthority(root, nodeCrypto).certificate).toEqual(authority.certificate)
  })

  it('of a till name it and hold its key, for connecting and nothing else', () => {
    const till = nextId()
    const certificate = read(authority.forClient(till, holder.publicKey))
    expect(certificate.subject).toBe(`CN=${till}`)
    expect(rawPublicKey(certificate.publicKey)).toEqual(holder.publicKey)
    expect(certificate.verify(read(authority.certificate).publicKey)).toBe(true)
    expect(certificate.checkIssued(read(authority.certificate))).toBe(true)
    expect(certificate.ca).toBe(false)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  })

  it('of a broker hold all of its names', () => {
    const certificate = read(authority.forServer(['hub.shop.example', '192.0.2.7', '2001:db8::7'], holder.publicKey))
    expect(certificate.checkHost('hub.shop.example')).toBe('hub.shop.example')
    expect(certificate.checkIP('192.0.2.7')).toBe('192.0.2.7')
    expect(certificate.checkIP('2001:db8::7')).toBe('2001:db8::7')
    expect(certificate.checkHost('other.example')).toBeUndefined()
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  it('hold from the first day of a dead clock to the last day there is, each under a number of its own', () => {
    const [a, b] = [read(authority.forClient(nextId(), holder.publicKey)), read(authority.forClient(nextId(), holder.publicKey))]
    expect([new Date(a.validFrom).toISOString(), new Date(a.validTo).toISOString()]).toEqual(['1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.000Z'])
    expect(a.serialNumber).not.toBe(b.serialNumber)
    expect(a.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/)
  })
})

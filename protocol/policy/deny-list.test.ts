import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64url } from '../bytes.ts'
import { nodeCrypto } from '../node/crypto.ts'
import { decodeFingerprints, DENY_PARTS, DenyList, encodeFingerprints, fingerprintOf } from './deny-list.ts'
import { applyDelta, type DenyMessage } from './deny-messages.ts'

const fingerprint = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 0, max: 2 ** 40 - 1 }))
const listOf = fc.uniqueArray(fingerprint, { maxLength: 200 })

describe('fingerprints', () => {
  test('are the first forty bits of the SHA-256 of kind and id', () => {
    expect(fingerprintOf(nodeCrypto, { kind: 'wallet', id: 'ab' })).toBe(
      Number.parseInt(Buffer.from(nodeCrypto.sha256(Buffer.from('wallet:ab'))).toString('hex', 0, 5), 16),
    )
    expect(fingerprintOf(nodeCrypto, { kind: 'wallet', id: 'ab' })).not.toBe(fingerprintOf(nodeCrypto, { kind: 'card', id: 'ab' }))
  })

  test('are read as they were written, in as few bytes', () => {
    fc.assert(
      fc.property(listOf, (numbers) => {
        const { fingerprints } = DenyList.of(numbers)
        const bytes = encodeFingerprints(fingerprints)
        expect(decodeFingerprints(bytes, 200)).toEqual({ ok: true, value: fingerprints })
        expect(bytes.length).toBeLessThanOrEqual(6 * numbers.length)
      }),
    )
  })

  test('too many, too large, or an end within one is refused', () => {
    expect(decodeFingerprints(encodeFingerprints([1, 2, 3]), 2)).toMatchObject({ ok: false })
    expect(decodeFingerprints(Uint8Array.of(128), 9)).toMatchObject({ ok: false })
    expect(decodeFingerprints(Uint8Array.of(255, 255, 255, 255, 255, 255, 1), 9)).toMatchObject({ ok: false })
    expect(decodeFingerprints(Uint8Array.of(255, 255, 255, 255, 255, 31), 9)).toEqual({ ok: true, value: Float64Array.of(2 ** 40 - 1) })
    expect(decodeFingerprints(Uint8Array.of(255, 255, 255, 255, 255, 31, 0), 9)).toMatchObject({ ok: false })
  })
})

const NONE = new Float64Array(0)

describe('a deny list', () => {
  test('changes as sets do, and its check tells lists apart', () => {
    fc.assert(
      fc.property(listOf, listOf, listOf, (before, added, removed) => {
        const wanted = new Set([...before, ...added].filter((one) => !removed.includes(one)))
        const changed = DenyList.of(before).changed(DenyList.of(added).fingerprints, DenyList.of(removed).fingerprints)
        expect([...changed.fingerprints]).toEqual([...wanted].toSorted((a, b) => a - b))
        expect(changed.check).toBe(DenyList.of(wanted).check)
        for (const one of [...before, ...added, ...removed]) expect(changed.has(one)).toBe(wanted.has(one))
        if (changed.size > 0) expect(DenyList.of([...wanted].slice(1)).check).not.toBe(changed.check)
      }),
    )
  })

  test('has all parts in common with the one before in which nothing changed', () => {
    fc.assert(
      fc.property(listOf, fc.nat(2 ** 20 - 1), (numbers, few) => {
        const before = DenyList.of(numbers)
        const one = few * 2 ** 20
        const after = before.changed(before.has(one) ? NONE : Float64Array.of(one), before.has(one) ? Float64Array.of(one) : NONE)
        const changed = Array.from({ length: DENY_PARTS }, (_, at) => at).filter((at) => after.part(at) !== before.part(at))
        expect(changed).toEqual([Math.floor(one / 2 ** 34)])
        expect(before.changed(NONE, NONE).fingerprints).toEqual(before.fingerprints)
      }),
    )
  })

  test('a delta is taken only where it leads to what was signed', () => {
    const before = DenyList.of([5, 10])
    const after = DenyList.of([5, 12])
    const text = (...numbers: number[]) => base64url(encodeFingerprints(numbers))
    const message: DenyMessage = {
      v: 1,
      version: 3,
      size: 2,
      check: after.check,
      issuedAt: 1,
      content: { type: 'delta', from: 2, added: text(12), removed: text(10) },
    }
    expect(applyDelta(before, message)).toMatchObject({ ok: true })
    expect(applyDelta(DenyList.of([5]), message)).toMatchObject({ ok: true })
    expect(applyDelta(DenyList.of([5, 11]), message)).toMatchObject({ ok: false })
    expect(applyDelta(before, { ...message, content: { type: 'delta', from: 2, added: text(13), removed: text(10) } })).toMatchObject({ ok: false })
    expect(applyDelta(before, { ...message, content: { type: 'delta', from: 2, added: 'gA', removed: '' } })).toMatchObject({ ok: false })
  })
})

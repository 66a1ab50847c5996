import { describe, expect, test } from 'vitest'
import { createDenyDesk } from './deny-desk.ts'
import { START } from '../test-rig.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { decodeFingerprints, DenyList, fingerprintOf, type DeniedName } from '#protocol/policy/deny-list.ts'
import { applyDelta } from '#protocol/policy/deny-messages.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(3))
const wallet = (id: string): DeniedName => ({ kind: 'wallet', id })

function newDesk(lines: string[] = []) {
  return createDenyDesk({
    crypto: nodeCrypto,
    clock: { now: () => START },
    log: { read: () => [...lines], append: (line) => void lines.push(line) },
    signer: () => signer,
  })
}
function said(desk: ReturnType<typeof newDesk>, had: number) {
  const opened = openSigned(nodeCrypto, desk.messageFor(had), 'sp.deny', () => signer.publicKey)
  if (!opened.ok) throw new Error(opened.code)
  return opened.value
}

describe('the deny desk', () => {
  test('tells what changed since a version, and all of it to who has none', () => {
    const lines: string[] = []
    const desk = newDesk(lines)
    expect([desk.version, said(desk, 1).content.type, said(desk, 0).content.type]).toEqual([1, 'confirmed', 'whole'])
    desk.deny([wallet('a'), wallet('b')], 'lost')
    const first = desk.version
    desk.allow(wallet('a'), 'found again')
    desk.deny([wallet('c')], 'lost')
    const message = said(desk, first)
    const before = DenyList.of([wallet('a'), wallet('b')].map((name) => fingerprintOf(nodeCrypto, name)))
    expect(applyDelta(before, message)).toMatchObject({ ok: true })
    expect(applyDelta(DenyList.empty, said(desk, 1))).toMatchObject({ ok: true })
    expect([desk.deniedAt(wallet('a')), desk.deniedAt(wallet('c'))]).toEqual([undefined, START])
    const all = said(desk, 0).content
    const parts = (all.type === 'whole' ? all.chunks : []).map((hash) => decodeFingerprints(desk.chunk(hash) ?? Uint8Array.of(), 10))
    expect(parts).toMatchObject([{ ok: true, value: { length: 2 } }])
    // The same log, another start.
    const again = newDesk(lines)
    expect(again.reference).toEqual(desk.reference)
    expect(said(again, first)).toEqual(message)
    expect(again.newest(1)).toMatchObject([{ id: 'c', reason: 'lost' }])
  })

  test('what is denied already, or not at all, makes no version', () => {
    const desk = newDesk()
    desk.deny([wallet('a')], 'lost')
    const { version } = desk
    expect([desk.deny([wallet('a')], 'lost'), desk.allow(wallet('b'), 'found'), desk.version]).toEqual([false, false, version])
  })

  test('after a backup it goes past what tills have, and does not believe any number', () => {
    const desk = newDesk()
    const later = Math.floor(START / 1000) + 100
    expect(said(desk, Number.MAX_SAFE_INTEGER).version).toBe(1)
    desk.deny([wallet('a')], 'lost')
    const { version } = desk
    expect(said(desk, later).version).toBeGreaterThan(version)
  })
})

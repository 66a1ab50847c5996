import { expect, test } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { EXPORT_ROLE, encodeSigned, type Ack, type KeySet } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { DAY, HOUR } from '#protocol/time.ts'
import { Authority } from './authority.ts'
import { POLICY, START, TILL } from './test-till.ts'

const [root, ack, policy] = [1, 2, 3].map((n) => signerFromSeed(new Uint8Array(32).fill(n))) as [
  ReturnType<typeof signerFromSeed>,
  ReturnType<typeof signerFromSeed>,
  ReturnType<typeof signerFromSeed>,
]
const END = START + 30 * DAY
const key = (role: string, signer: typeof ack, notBefore = START, notAfter = END) => ({
  role,
  keyId: hex(signer.keyId),
  publicKey: hex(signer.publicKey),
  notBefore,
  notAfter,
})

function authorityOf(...keys: KeySet['keys']) {
  const kept = new Map<string, string>()
  const disk = { full: false }
  const store = {
    records: () => kept,
    commit: ({ put = {} }: { readonly put?: Readonly<Record<string, string>> }) => {
      if (disk.full) throw new Error('full')
      for (const [name, value] of Object.entries(put)) kept.set(name, value)
    },
  }
  const open = () => new Authority(nodeCrypto, store, TILL, root.publicKey)
  const authority = open()
  authority.accept('keys', encodeSigned(root, signedTypes.keySet, { v: 1, version: 1, keys }))
  return { authority, open, disk }
}

const acked = (hubTime: number): Uint8Array => {
  const message: Ack = {
    v: 1,
    till: TILL,
    epoch: 1,
    received: { n: 0, head: '00'.repeat(32) },
    safe: 0,
    settled: 0,
    answers: '00'.repeat(32),
    exceptions: [],
    hubEpoch: 1,
    hubTime,
  }
  return encodeSigned(ack, signedTypes.ack, message)
}

test('an acknowledgement is believed while its key is valid, give or take what clocks differ', () => {
  const { authority } = authorityOf(key('ack', ack))
  const answer = (at: number) => {
    const opened = authority.open(acked(at), signedTypes.ack)
    return opened.ok ? 'believed' : opened.code
  }
  expect([START - DAY, START, END, END + DAY].map(answer)).toEqual(['believed', 'believed', 'believed', 'believed'])
  expect([START - 3 * DAY, END + 3 * DAY].map(answer)).toEqual(['wire.bad_signature', 'wire.bad_signature'])
})

test('a key whose time is over signs nothing more, whatever time it says that it is', () => {
  const { authority } = authorityOf(key('ack', ack))
  expect(authority.open(acked(END - DAY), signedTypes.ack).ok).toBe(true)
  authority.heard(END + 3 * DAY)
  expect(authority.open(acked(END - DAY), signedTypes.ack)).toMatchObject({ ok: false, code: 'wire.bad_signature' })
})

test('a policy that was in time when it came stays, and a new one by an old key is refused', () => {
  const { authority, open } = authorityOf(key('policy', policy))
  const signed = (issuedAt: number, version: number) => encodeSigned(policy, signedTypes.policy, { ...POLICY, issuedAt, version })
  expect(authority.accept('policy', signed(START + HOUR, 1))).toMatchObject({ ok: true, value: true })
  authority.heard(END + 3 * DAY)
  expect(authority.accept('policy', signed(START + 2 * HOUR, 2))).toMatchObject({ ok: false, code: 'wire.bad_signature' })
  const again = open()
  again.heard(END + 3 * DAY)
  expect(again.policy).toMatchObject({ version: 1 })
})

test('exports are sealed to the newest key that is valid', () => {
  const [old, current, next] = [4, 5, 6].map((n) => signerFromSeed(new Uint8Array(32).fill(n)))
  if (old === undefined || current === undefined || next === undefined) throw new Error('three keys')
  const { authority } = authorityOf(
    key(EXPORT_ROLE, old, START - 400 * DAY, START - 35 * DAY),
    key(EXPORT_ROLE, current, START - 40 * DAY, END),
    key(EXPORT_ROLE, next, START + 20 * DAY, END + 300 * DAY),
  )
  expect(authority.exportKey(START)).toEqual(current.publicKey)
  expect(authority.exportKey(START + 25 * DAY)).toEqual(next.publicKey)
  expect(authorityOf(key('ack', ack)).authority.exportKey(START)).toBeUndefined()
})

test('a policy that could not be written down does not count, and the one before does', () => {
  const { authority, open, disk } = authorityOf(key('policy', policy))
  const signed = (version: number) => encodeSigned(policy, signedTypes.policy, { ...POLICY, version })
  expect(authority.accept('policy', signed(1)).ok).toBe(true)
  disk.full = true
  expect(() => authority.accept('policy', signed(2))).toThrow('full')
  expect([authority.policy?.version, open().policy?.version]).toEqual([1, 1])
  disk.full = false
  expect(authority.accept('policy', signed(2)).ok).toBe(true)
  expect([authority.policy?.version, open().policy?.version]).toEqual([2, 2])
})

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { publish, type Publication } from './publishing.ts'
import { hubKeys, memoryVault } from '../keys.ts'
import { TestClock, testSeed } from '../test-rig.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY } from '#protocol/time.ts'

let to: string
beforeEach(() => void (to = mkdtempSync(join(tmpdir(), 'sp-feed-'))))
afterEach(() => rmSync(to, { recursive: true }))

const clock = new TestClock()
const keys = hubKeys(memoryVault(testSeed), clock)
const program = (release: number): NonNullable<Publication['program']> => ({
  release,
  version: `1.${release}.0`,
  entry: 'terminal/core/main.ts',
  minimum: 0,
  files: [{ path: 'terminal/core/main.ts', bytes: 3, sha256: hex(nodeCrypto.sha256(new Uint8Array(3))) }],
})
const put = (change: Publication) => publish({ keys, clock }, to, change)
/** As a till reads it. */
function inFeed() {
  const set = openSigned(nodeCrypto, readFileSync(join(to, 'keys')), signedTypes.keySet, () => unhex(keys.root.publicKey))
  if (!set.ok) throw new Error(set.code)
  const update = openSigned(nodeCrypto, readFileSync(join(to, 'update')), signedTypes.update, (keyId) => {
    const key = set.value.keys.find((one) => one.role === 'policy' && one.keyId === keyId)
    return key && unhex(key.publicKey)
  })
  if (!update.ok) throw new Error(update.code)
  return update.value
}

test('a release is signed for tills, in stages a day apart, and every change of it is a later revision', () => {
  expect(put({ halted: false })).toMatchObject({ ok: false })
  expect(put({ program: program(3), perMille: [50, 1000], halted: false }).ok).toBe(true)
  const now = clock.now()
  expect(inFeed()).toMatchObject({
    revision: 1,
    release: 3,
    halted: false,
    stages: [
      { perMille: 50, notBefore: now },
      { perMille: 1000, notBefore: now + DAY },
    ],
  })
  put({ halted: true })
  expect(inFeed()).toMatchObject({ revision: 2, release: 3, halted: true, stages: [{ perMille: 50 }, { perMille: 1000 }] })
  put({ program: program(4), halted: false })
  expect(inFeed()).toMatchObject({ revision: 3, release: 4, halted: false, stages: [{ perMille: 1000, notBefore: now }] })
})

test('a number is given out once, and nothing that tills would refuse is signed', () => {
  put({ program: program(3), halted: false })
  expect(put({ program: program(3), halted: false })).toMatchObject({ ok: false, detail: expect.stringContaining('higher') as string })
  expect(put({ program: program(2), halted: false }).ok).toBe(false)
  expect(put({ program: { ...program(5), entry: 'other.ts' }, halted: false })).toMatchObject({ detail: expect.stringContaining('entry') as string })
  expect(put({ perMille: [0], halted: false }).ok).toBe(false)
  expect(inFeed()).toMatchObject({ revision: 1, release: 3 })
})

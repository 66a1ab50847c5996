import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileVault, hubKeys, memoryVault } from './keys.ts'
import { START, TestClock, testSeed } from './test-rig.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { DAY } from '#protocol/time.ts'
import type { HubKeys } from './keys.ts'

const setOf = (keys: HubKeys) => {
  const root = unhex(keys.root.publicKey) ?? new Uint8Array(0)
  const set = openSigned(nodeCrypto, keys.keySet(), signedTypes.keySet, (keyId) => (keyId === keys.root.keyId ? root : undefined))
  if (!set.ok) throw new Error(set.code)
  return set.value
}

describe('keys in files', () => {
  let folder = ''
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'hub-keys-')), 'keys')
  })
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

  it('are the same after a restart', () => {
    const clock = new TestClock()
    const first = hubKeys(fileVault(folder, testSeed), clock)
    const again = hubKeys(fileVault(folder, testSeed), clock)
    expect(again.root).toEqual(first.root)
    expect(setOf(again)).toEqual(setOf(first))
    for (const role of ['issuer', 'policy', 'ack'] as const) expect(again.signer(role).keyId).toEqual(first.signer(role).keyId)
  })

  it('can be read by their owner only', () => {
    hubKeys(fileVault(folder, testSeed), new TestClock())
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const files = readdirSync(folder)
    expect(files).toHaveLength(6)
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  })

  it('stop the hub when the root is gone and others are there, instead of making a root that no till knows', () => {
    const keys = hubKeys(fileVault(folder, testSeed), new TestClock())
    const root = join(folder, 'root.seed')
    const seed = readFileSync(root)
    rmSync(root)
    expect(() => fileVault(folder, testSeed)).toThrow('root.seed is missing')
    expect(readdirSync(folder)).not.toContain('root.seed')
    writeFileSync(root, seed)
    expect(hubKeys(fileVault(folder, testSeed), new TestClock()).root).toEqual(keys.root)
  })

  it('have the root’s seed in a file of its own', () => {
    const keys = hubKeys(fileVault(folder, testSeed), new TestClock())
    expect(readFileSync(join(folder, 'root.seed'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    expect(readFileSync(join(folder, 'keys.json'), 'utf8')).not.toContain(keys.root.keyId)
  })
})

describe('the key set', () => {
  it('is valid from a day ago, since clocks differ, and found by key id', () => {
    const keys = hubKeys(memoryVault(testSeed), new TestClock())
    expect(setOf(keys).version).toBe(1)
    for (const { notBefore, notAfter } of setOf(keys).keys) expect([notBefore, notAfter]).toEqual([START - DAY, START + 364 * DAY])
    const { keyId, publicKey } = keys.signer('issuer')
    expect(keys.issuerKey(hex(keyId))?.publicKey).toEqual(publicKey)
    expect(keys.issuerKey(hex(keys.signer('ack').keyId))).toBeUndefined()
    expect(keys.renew()).toBe(false)
  })

  it('announces a successor a month before it signs, and keeps the old key known', () => {
    const clock = new TestClock()
    const keys = hubKeys(memoryVault(testSeed), clock)
    const old = keys.signer('issuer')
    clock.advance(200 * DAY)
    expect(keys.renew()).toBe(true)
    expect(keys.renew()).toBe(false)
    expect(setOf(keys)).toMatchObject({ version: 2 })
    expect(setOf(keys).keys).toHaveLength(8)
    clock.advance(29 * DAY)
    expect(keys.signer('issuer')).toBe(old)
    clock.advance(2 * DAY)
    expect(keys.signer('issuer')).not.toBe(old)
    expect(keys.issuerKey(hex(old.keyId))).toBeDefined()
    expect(keys.issuerKeys()).toHaveLength(2)
  })

  it('has keys again after a year in a drawer', () => {
    const clock = new TestClock()
    const vault = memoryVault(testSeed)
    hubKeys(vault, clock)
    clock.advance(400 * DAY)
    const keys = hubKeys(vault, clock)
    expect(keys.issuerKey(hex(keys.signer('issuer').keyId))?.notAfter).toBeGreaterThan(clock.now() + 300 * DAY)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { proveHere, type ProofClaim } from './proof.ts'
import { proofPool, type ProofPool } from './proof-pool.ts'
import { makeRig, START, type Rig } from '../test-rig.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

let rig: Rig
let pool: ProofPool
let claims: ProofClaim[] = []
beforeEach(async () => {
  rig = await makeRig()
  pool = proofPool(rig.keys, 2)
  const wallet = await rig.wallet()
  claims = Array.from({ length: 7 }, (_, index) => ({
    code: index === 3 ? 'SP1:BROKEN' : wallet.show(),
    request: undefined,
    till: '01900000-0000-7000-8000-000000000001',
    amountMinor: 100,
    currency: 'EUR',
    at: index === 5 ? START + 10 * 60_000 : START,
  }))
})
afterEach(() => pool.close())

describe('the proof pool', () => {
  it('answers as one thread would, in the order of the claims', async () => {
    const expected = await proveHere(nodeCrypto, (keyId) => rig.keys.issuerKey(keyId))(claims)
    expect(expected.map((proven) => (proven.ok ? proven.value.counter : proven.code))).toEqual([1, 2, 3, 'code.malformed', 4, 'code.expired', 6])
    expect(await pool.prove(claims)).toEqual(expected)
    expect(await pool.prove([])).toEqual([])
    const several = await Promise.all([pool.prove(claims.slice(0, 1)), pool.prove(claims), pool.prove(claims.slice(2))])
    expect(several).toEqual([expected.slice(0, 1), expected, expected.slice(2)])
  })

  it('knows a key that was added after it started', async () => {
    rig.clock.advance(364 * 24 * 3_600_000)
    rig.keys.renew()
    rig.clock.advance(2 * 24 * 3_600_000)
    const wallet = await rig.wallet()
    const [proven] = await pool.prove(claims.slice(0, 1).map((claim) => ({ ...claim, code: wallet.show(rig.clock.now()), at: rig.clock.now() })))
    expect(proven).toMatchObject({ ok: true })
  })

  it('tells those who wait when a worker dies', async () => {
    const poison: ProofClaim = Object.assign({}, claims[0], { code: 7 })
    await expect(pool.prove([poison])).rejects.toThrow()
  })
})

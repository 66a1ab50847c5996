import { expect, test } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import { openSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { Holding } from './holding.ts'
import { POLICY } from './test-till.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(7))
const till = '0198c0de-0000-7000-8000-0000000000a1'
const policy = { ...POLICY, storeSlice: { storeMinor: 100_00, sliceMinor: 33_00 } }

/** The policy that the till tells the hub it holds to. */
function told(exposureMinor: number, sliceLentMinor: number): unknown {
  const sent: Uint8Array[] = []
  new Holding({ till, signer }, { send: (bytes) => void sent.push(bytes) }).step(
    { policy, denied: { version: 1, behind: false }, exposureMinor, sliceLentMinor },
    true,
    0,
  )
  const opened = openSigned(nodeCrypto, sent[0] ?? new Uint8Array(0), signedTypes.holds, () => signer.publicKey)
  return opened.ok ? opened.value.policy?.version : opened
}

test('a smaller slice is told to the hub only once what is at risk and what others have of it fit into it', () => {
  expect(told(33_00, 0)).toBe(policy.version)
  expect(told(33_01, 0)).toBeUndefined()
  // It gave more of its old slice to a neighbour than the new one is: the hub must not give that to a third.
  expect(told(0, -33_00)).toBe(policy.version)
  expect(told(0, -33_01)).toBeUndefined()
  expect(told(50_00, 20_00)).toBe(policy.version)
  expect(told(50_00, 10_00)).toBeUndefined()
})

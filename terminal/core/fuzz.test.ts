import { expect, test } from 'vitest'
import { readCheckpoint, signCheckpoint } from './checkpoint.ts'
import { hubCarriers } from './hub-access.ts'
import { readFromScreen } from './screen-server.ts'
import { openTestTill, TILL } from './test-till.ts'
import { base64url, utf8 } from '#protocol/bytes.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { asText, expectBears } from '#protocol/node/test-fuzz.ts'
import { downKinds } from '#protocol/topics.ts'

/** Everything by which the world reaches a till's core. The hub's answers to enrolment and the bridge's lines are schemas: protocol/fuzz.test.ts. */

const seed = new Uint8Array(32).fill(1)
const signer = signerFromSeed(seed)

test('what a screen sends', async () => {
  await expectBears({ take: asText(readFromScreen), samples: [utf8('{"type":"command","id":"a","command":{"type":"clear"}}')] })
})

test('what a scanner reads', async () => {
  const till = openTestTill()
  await expectBears({ take: asText((text) => till.till.scanned(text)), samples: [utf8('9520000000011'), utf8('SP1:6BF')] })
  const gs1 = utf8('0109520000000028\u001d10ABC')
  await expectBears({ take: asText((text) => till.till.scanned(text, ']C1')), samples: [gs1, utf8('2100101004866')] })
})

test('what claims to come from the hub', async () => {
  const till = openTestTill()
  const before = till.view().sale
  const keys = encodeSigned(signer, 'sp.keys', { v: 1, version: 9, keys: [] })
  await expectBears({ take: (bytes) => downKinds.map((kind) => till.till.received(kind, bytes)), samples: [keys] })
  expect(till.view().sale).toEqual(before)
})

test('its own checkpoint, if somebody else wrote it', async () => {
  const checkpoint = signCheckpoint(signer, TILL, { epoch: 1, n: 7, hash: new Uint8Array(32) })
  expect(readCheckpoint(nodeCrypto, signer.publicKey, TILL, checkpoint)).toMatchObject({ epoch: 1, n: 7 })
  await expectBears({ take: asText((text) => readCheckpoint(nodeCrypto, signer.publicKey, TILL, text)), samples: [utf8(checkpoint)] })
})

test('certificates', async () => {
  const identity = { till: TILL, seed, publicKey: signer.publicKey, rootPublicKey: signer.publicKey }
  const take = (bytes: Uint8Array): unknown => {
    const der = base64url(bytes.subarray(0, 50_000))
    const tls = { authority: der, certificate: der }
    return hubCarriers({ url: 'mqtts://hub.shop.example', password: 'p'.repeat(43), tls }, identity)
  }
  await expectBears({ take, samples: [Buffer.from('3082000a3003020101', 'hex')] })
})

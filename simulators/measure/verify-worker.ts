import { parentPort, workerData } from 'node:worker_threads'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'

/** Verifies as many signatures as it was told when it hears “go”: the floor of everything that believes wallets. */
const signers = Array.from({ length: 16 }, () => signerFromSeed(freshSeed()))
const message = nodeCrypto.randomBytes(250)
const signed = signers.map((signer) => ({ key: signer.publicKey, signature: signer.sign(message) }))
const count = Number(workerData)

parentPort?.on('message', () => {
  for (let i = 0; i < count; i++) {
    const one = signed[i % signed.length]
    if (one === undefined || !nodeCrypto.verify(one.key, message, one.signature)) throw new Error('a signature must verify')
  }
  parentPort?.postMessage('done')
})
parentPort?.postMessage('ready')

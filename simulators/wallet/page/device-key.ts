import type { AsyncSigner } from '#protocol/payment-code/code.ts'

/** The phone's Ed25519 key. WebCrypto keeps it: no script, not even this one, can read the private half. */
export const makeDeviceKey = async (): Promise<CryptoKeyPair> => {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('not a key pair')
  return pair
}

/** Signs with it. Its key id is what `keyIdOf` says: the first 8 bytes of the SHA-256 of the public key. */
export async function signerOf({ privateKey, publicKey }: CryptoKeyPair): Promise<AsyncSigner> {
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', raw))
  return {
    publicKey: raw,
    keyId: digest.slice(0, 8),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, new Uint8Array(message))),
  }
}

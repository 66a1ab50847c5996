/**
 * Everything cryptographic that pure code needs, passed in as an argument.
 * `protocol/node/crypto.ts` implements it over node:crypto; a page's own signing (WebCrypto is asynchronous) stays in the page.
 */
export interface Crypto {
  /** SHA-256 (FIPS 180-4): 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array
  /** Ed25519 (RFC 8032). False for anything that is not a valid signature, including keys and signatures of wrong length. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  randomBytes(count: number): Uint8Array
}

/** A private key that signs without showing itself: Ed25519, 64-byte signatures. */
export interface Signer {
  readonly keyId: Uint8Array
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

/** A key's id: the first 8 bytes of the SHA-256 of its raw public key. Long enough to tell keys apart, short enough for a QR code. */
export const keyIdOf = (crypto: Pick<Crypto, 'sha256'>, publicKey: Uint8Array): Uint8Array => crypto.sha256(publicKey).slice(0, 8)

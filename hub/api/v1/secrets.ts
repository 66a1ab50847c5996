import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { invariant } from '#protocol/outcome.ts'

/**
 * One secret of the hub (32 bytes), and what is derived of it (HKDF, RFC 5869): tokens and cursors that callers hold but cannot make up, and
 * answers that only who asked can read again.
 */
export interface ApiSecrets {
  /** `text` and its HMAC-SHA-256. `use` keeps what was made for one thing from being taken for another. */
  seal(use: string, text: string): string
  /** The text of what `seal` made for the same use; undefined for everything else. */
  open(use: string, sealed: string): string | undefined
  /** AES-256-GCM under a key that needs the hub's secret and `with`. */
  encrypt(text: string, secret: string): string
  decrypt(sealed: string, secret: string): string | undefined
}

const TAG_BYTES = 16
const NONCE_BYTES = 12

export function apiSecrets(root: Uint8Array): ApiSecrets {
  invariant(root.length === 32, 'the secret of the API has 32 bytes')
  const derived = (use: string, salt = ''): Buffer => Buffer.from(hkdfSync('sha256', root, salt, use, 32))
  const keys = new Map<string, Buffer>()
  function keyFor(use: string): Buffer {
    const key = keys.get(use) ?? derived(`mac ${use}`)
    keys.set(use, key)
    return key
  }
  const mac = (use: string, text: string): Buffer => createHmac('sha256', keyFor(use)).update(text).digest()

  return {
    seal: (use, text) => `${Buffer.from(text).toString('base64url')}.${mac(use, text).toString('base64url')}`,
    open(use, sealed) {
      const [body = '', signature = '', ...more] = sealed.split('.')
      const text = Buffer.from(body, 'base64url').toString('utf8')
      const given = Buffer.from(signature, 'base64url')
      const right = mac(use, text)
      return more.length === 0 && given.length === right.length && timingSafeEqual(given, right) ? text : undefined
    },
    encrypt(text, secret) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', derived('answer', secret), nonce)
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    decrypt(sealed, secret) {
      const bytes = Buffer.from(sealed, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', derived('answer', secret), bytes.subarray(0, NONCE_BYTES))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}

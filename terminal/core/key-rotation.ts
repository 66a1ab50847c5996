import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { encodeSigned, openSigned, packed, type JsonMessage } from '#protocol/hub/messages.ts'
import { freshSeed } from '#protocol/node/crypto.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, type Clock, type DurationMs, type EpochMs } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import { hubCarriers } from './hub-access.ts'
import { identityOf, signerOf, writeIdentity, type IdentityFile } from './identity.ts'

/** A till that is connected asks for another key when the one that it has is this old. */
export const KEY_LIFETIME: DurationMs = 180 * DAY

type Rekeyed = JsonMessage<'sp.rekeyed'>

/**
 * Replaces the till's key. The next one is made here, on the disk before the hub hears of it, and certified by the root; this process signs with the old one until it
 * ends, and the next start with the new one, which is in force at the hub with the first batch that it signs. Power may go at any moment: until the identity is
 * written nothing has changed, and the same wish is said again; afterwards there is nothing left to do.
 */
export interface KeyRotation {
  /** The hub can be heard. */
  connected(): void
  /** Somebody at the hub wants a key that was certified before this to be replaced. */
  asked(before: EpochMs): void
  /** Believed only as far as the root certified it. */
  answered(answer: Rekeyed): Outcome<null>
}

export type KeyRotationPorts = {
  readonly crypto: Crypto
  readonly clock: Pick<Clock, 'now'>
  readonly data: string
  readonly identity: IdentityFile
  send(message: Uint8Array): void
}

const pathOf = (data: string): string => join(data, 'next-key')

export function createKeyRotation({ crypto, clock, data, identity, send }: KeyRotationPorts): KeyRotation {
  const { till, signer, rootPublicKey } = identityOf(identity)
  let isDone = false
  if (kept(data) === identity.seed) rmSync(pathOf(data))

  function nextSeed(): string {
    const before = kept(data)
    if (before !== undefined) return before
    const made = hex(freshSeed())
    writeDurably(pathOf(data), made, 0o600)
    return made
  }

  /** When the key that the till has was certified. Where that cannot be read it is as old as can be. */
  function keyFrom(): EpochMs {
    const opened = openSigned(crypto, packed.bytes(identity.certificate), signedTypes.tillCertificate, () => rootPublicKey)
    return opened.ok && opened.value.publicKey === hex(signer.publicKey) ? opened.value.issuedAt : 0
  }

  function wish(): void {
    const next = signerOf(nextSeed())
    const publicKey = hex(next.publicKey)
    const proof = packed.text(encodeSigned(next, signedTypes.rekeyProof, { v: 1, till, publicKey }))
    send(encodeSigned(signer, signedTypes.rekey, { v: 1, till, publicKey, proof }))
  }

  return {
    connected() {
      if (!isDone && clock.now() - keyFrom() >= KEY_LIFETIME) wish()
    },
    asked(before) {
      if (!isDone && keyFrom() < before) wish()
    },
    answered({ publicKey, certificate, tls }) {
      const seed = kept(data)
      if (isDone || seed === undefined) return ok(null)
      const next = signerOf(seed)
      if (hex(next.publicKey) !== publicKey) return ok(null)
      const opened = openSigned(crypto, packed.bytes(certificate), signedTypes.tillCertificate, () => rootPublicKey)
      if (!opened.ok) return opened
      if (opened.value.till !== till || opened.value.publicKey !== publicKey) return fail('wire.bad_signature', 'the certificate is for another key')
      const mqtt = { ...identity.mqtt, ...(tls && { tls }) }
      const carriers = hubCarriers(mqtt, { till, seed: unhex(seed) ?? new Uint8Array(0), publicKey: next.publicKey, rootPublicKey })
      if (!carriers.ok) return carriers
      writeIdentity(data, { ...identity, seed, certificate, mqtt, former: [...(identity.former ?? []), { seed: identity.seed, until: clock.now() }] })
      rmSync(pathOf(data))
      isDone = true
      return ok(null)
    },
  }
}

/** For `Till`: the hub's word about the next key, signed as everything is that it says; handed on to whoever keeps the identity. */
export function heardRekeyed(authority: Pick<Authority, 'open'>, bytes: Uint8Array, rekeyed: ((answer: Rekeyed) => void) | undefined): Outcome<unknown> {
  const opened = authority.open(bytes, signedTypes.rekeyed)
  if (opened.ok) rekeyed?.(opened.value)
  return opened
}

/** What a power cut left of it is none. */
function kept(data: string): string | undefined {
  const text = existsSync(pathOf(data)) ? readFileSync(pathOf(data), 'utf8') : ''
  return /^[0-9a-f]{64}$/.test(text) ? text : undefined
}

import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { hex, unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import { encodeSigned, EXPORT_ROLE, keyRoles, keySetSchema, type KeyRole, type TillCertificate } from '#protocol/hub/messages.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { exportKeyFromSecret, type ExportKey } from '#protocol/node/sealed-journal.ts'
import { invariant } from '#protocol/outcome.ts'
import type { IssuerKey } from '#protocol/payment-code/verify.ts'
import { DAY, type Clock, type EpochMs } from '#protocol/time.ts'

/**
 * The hub's keys (Ed25519, and X25519 for exports). The root signs the key set and the certificates of tills, and nothing else; everything else is signed by a key
 * of a role, which can be replaced: a successor is made at half of its life and announced in the key set a month before it first signs, so
 * that tills that were offline meanwhile know it by then.
 *
 * Keys are seeds in files that only their owner can read. That is as safe as the machine: an operator who needs more keeps the root elsewhere.
 */
const LIFETIME = 365 * DAY
const ANNOUNCED_BEFORE = 30 * DAY
/** The first keys are valid from a day ago, because clocks differ. */
const CLOCKS_DIFFER = 1 * DAY

export interface HubKeys {
  readonly root: { readonly keyId: string; readonly publicKey: string }
  /** The key that signs for this role now. */
  signer(role: KeyRole): Signer
  /** As `verifyCode` asks for it: 16 hex digits. */
  issuerKey(keyId: string): IssuerKey | undefined
  /** All issuer keys, for those who verify elsewhere. */
  issuerKeys(): readonly (readonly [string, IssuerKey])[]
  /** Of every age: an export may come late. By its id, 16 hex digits. */
  exportKey(keyId: string): ExportKey | undefined
  /** Signed by the root. */
  keySet(): Uint8Array
  certify(certificate: TillCertificate): Uint8Array
  /** Makes successors where they are due. True when the key set changed and tills should hear of it. */
  renew(): boolean
}

type Role = KeyRole | typeof EXPORT_ROLE
const roles: readonly Role[] = [...keyRoles, EXPORT_ROLE]
/** Both kinds have an id and a public half; the export key (X25519) opens what tills have sealed, and signs nothing. */
type HubKey = { readonly role: Role; readonly key: Signer | ExportKey; readonly notBefore: EpochMs; readonly notAfter: EpochMs }

/** Where keys come from and stay. */
export interface KeyVault {
  readonly root: Signer
  /** As the last `save` left them; version 0 with no keys at first. */
  load(): { readonly version: number; readonly keys: readonly HubKey[] }
  create(role: Role): Signer | ExportKey
  save(version: number, keys: readonly HubKey[]): void
}

export function hubKeys(vault: KeyVault, clock: Clock): HubKeys {
  let { version, keys } = vault.load()
  let signedSet: Uint8Array | undefined

  const newest = (role: Role, startedBy: EpochMs): HubKey | undefined =>
    keys
      .filter((key) => key.role === role && key.notBefore <= startedBy)
      .reduce<HubKey | undefined>((best, key) => (best && best.notBefore >= key.notBefore ? best : key), undefined)

  const successor = (role: Role, now: EpochMs): HubKey[] => {
    const last = newest(role, Infinity)
    if (last !== undefined && last.notAfter - now > LIFETIME / 2) return []
    const notBefore = last === undefined ? now - CLOCKS_DIFFER : Math.min(now + ANNOUNCED_BEFORE, Math.max(now, last.notAfter - DAY))
    return [{ role, key: vault.create(role), notBefore, notAfter: notBefore + LIFETIME }]
  }
  const isIssuer = ({ role }: HubKey) => role === 'issuer'
  const asIssuer = ({ key, notBefore, notAfter }: HubKey): IssuerKey => ({ publicKey: key.publicKey, notBefore, notAfter })

  const self: HubKeys = {
    root: { keyId: hex(vault.root.keyId), publicKey: hex(vault.root.publicKey) },
    signer(role) {
      const key = (newest(role, clock.now()) ?? newest(role, Infinity))?.key
      invariant(key !== undefined && 'sign' in key, `there is a key for ${role}`)
      return key
    },
    issuerKey(keyId) {
      const key = keys.find((candidate) => isIssuer(candidate) && hex(candidate.key.keyId) === keyId)
      return key === undefined ? undefined : asIssuer(key)
    },
    issuerKeys: () => keys.filter(isIssuer).map((key) => [hex(key.key.keyId), asIssuer(key)] as const),
    exportKey(keyId) {
      const found = keys.find((candidate) => candidate.role === EXPORT_ROLE && hex(candidate.key.keyId) === keyId)?.key
      return found !== undefined && 'secret' in found ? found : undefined
    },
    keySet() {
      signedSet ??= encodeSigned(vault.root, signedTypes.keySet, {
        v: 1,
        version,
        keys: keys.map(({ role, key, notBefore, notAfter }) => ({ role, keyId: hex(key.keyId), publicKey: hex(key.publicKey), notBefore, notAfter })),
      })
      return signedSet
    },
    certify: (certificate) => encodeSigned(vault.root, signedTypes.tillCertificate, certificate),
    renew() {
      const now = clock.now()
      const made = roles.flatMap((role) => successor(role, now))
      if (made.length === 0) return false
      keys = [...keys, ...made]
      version += 1
      vault.save(version, keys)
      signedSet = undefined
      return true
    },
  }
  self.renew()
  return self
}

/** Keys that live as long as the process; `seed` gives 32 bytes each time. */
export function memoryVault(seed: () => Uint8Array): KeyVault {
  let saved: { version: number; keys: readonly HubKey[] } = { version: 0, keys: [] }
  return {
    root: signerFromSeed(seed()),
    load: () => saved,
    create: (role) => keyFromSeed(role, seed()),
    save(version, keys) {
      saved = { version, keys }
    },
  }
}

const vaultFile = keySetSchema
  .pick({ version: true })
  .extend({ keys: z.array(keySetSchema.shape.keys.element.omit({ publicKey: true }).extend({ role: z.enum(roles) })) })

/** Seeds under `folder`, one file a key, named for the key's id; `keys.json` says which is what. */
export function fileVault(folder: string, seed: () => Uint8Array): KeyVault {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const list = join(folder, 'keys.json')
  const seedFile = (keyId: string) => join(folder, `${keyId}.seed`)
  const writeSeed = (path: string, bytes: Uint8Array) => writeDurably(path, `${hex(bytes)}\n`, 0o600)

  const rootFile = join(folder, 'root.seed')
  if (!existsSync(rootFile)) {
    // Every till pinned the root when it was enrolled: with another one none would believe this hub again.
    if (existsSync(list)) throw new Error(`${rootFile} is missing though ${list} is there: restore it from a backup; the hub makes no new root beside old keys`)
    writeSeed(rootFile, seed())
  }
  return {
    root: signerFromSeed(readSeed(rootFile)),
    load() {
      if (!existsSync(list)) return { version: 0, keys: [] }
      const { version, keys } = vaultFile.parse(JSON.parse(readFileSync(list, 'utf8')))
      return {
        version,
        keys: keys.map(({ role, keyId, notBefore, notAfter }) => ({ role, key: keyFromSeed(role, readSeed(seedFile(keyId))), notBefore, notAfter })),
      }
    },
    create(role) {
      const bytes = seed()
      const key = keyFromSeed(role, bytes)
      writeSeed(seedFile(hex(key.keyId)), bytes)
      return key
    },
    save(version, keys) {
      const rows = keys.map(({ role, key, notBefore, notAfter }) => ({ role, keyId: hex(key.keyId), notBefore, notAfter }))
      writeDurably(list, `${JSON.stringify({ version, keys: rows }, undefined, 2)}\n`, 0o600)
    },
  }
}

const keyFromSeed = (role: Role, seed: Uint8Array): Signer | ExportKey => (role === EXPORT_ROLE ? exportKeyFromSecret(seed) : signerFromSeed(seed))

function readSeed(path: string): Uint8Array {
  const bytes = unhex(readFileSync(path, 'utf8').trim())
  invariant(bytes !== undefined && bytes.length === 32, `${path} holds a seed`)
  return bytes
}

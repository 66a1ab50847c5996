import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { base64url, hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { EXPORT_ROLE, encodeSigned, type LaneSettings } from '#protocol/hub/messages.ts'
import { makeId } from '#protocol/ids.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { freshSeed, nodeCrypto, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'
import { exportKeyFromSecret } from '#protocol/node/sealed-journal.ts'
import { DAY, MINUTE } from '#protocol/time.ts'
import { certificateAuthority } from '../../hub/certificates.ts'
import { configureEdge, readEdge } from '../../hub/edge-setup.ts'
import { fileVault } from '../../hub/keys.ts'
import { CATALOGUE } from '../../terminal/core/test-till.ts'
import { startEdge } from '../demo/edge.ts'
import type { LaneOrders, LaneResults } from './lane-till.ts'
import { percentile, rounded } from './percentile.ts'

const LANES = 3
const PATIENCE = 3 * MINUTE

export const lanesHelp = `lanes [--payments N]    three tills and the store's edge, each a process of its own, the hub away: code scanned at one till → another has heard that it is spent;
                         code scanned → two neighbours have the sealed entries on their disks; and the time to “approved” at a till to which all this happens,
                         next to the floor of \`accept\` (default 300 payments a till).`

/** Milliseconds. `accept_ratio_p99`: the worst of the three tills. */
export async function lanes(payments: number, scratch: string): Promise<Record<string, number>> {
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'lanes-'))
  const port = await freePort()
  configureEdge(join(folder, 'hub'), { host: '127.0.0.1', port, mdns: false }, join(folder, 'edge'))
  const edge = await startEdge({ data: folder, root: resolve(import.meta.dirname, '../..'), port, log: () => {} })
  try {
    const results = await Promise.all(ordersFor(folder, payments).map(runLane))
    const shared = results
      .flatMap(({ heard }) => heard)
      .flatMap(([key, at]) => results.flatMap(({ scanned }) => (scanned[key] === undefined ? [] : at - scanned[key])))
    const copied = results.flatMap((result) => result.copied)
    const ratios = results.map(({ times, floors }) => percentile(times, 0.99) / percentile(floors, 0.99))
    return {
      payments: payments * LANES,
      share_p50_ms: rounded(percentile(shared, 0.5)),
      share_p99_ms: rounded(percentile(shared, 0.99)),
      share_missing: payments * LANES * (LANES - 1) - shared.length,
      peer_copy_p50_ms: rounded(percentile(copied, 0.5)),
      peer_copy_p99_ms: rounded(percentile(copied, 0.99)),
      peer_copy_missing: payments * LANES - copied.length,
      accept_p50_ms: rounded(
        percentile(
          results.flatMap(({ times }) => times),
          0.5,
        ),
      ),
      accept_p99_ms: rounded(
        percentile(
          results.flatMap(({ times }) => times),
          0.99,
        ),
      ),
      accept_ratio_p99: rounded(Math.max(...ratios), 2),
    }
  } finally {
    await edge.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Everything that a hub would have given each till, from keys that are made here. */
function ordersFor(folder: string, payments: number): LaneOrders[] {
  const { root } = fileVault(join(folder, 'hub', 'keys'), freshSeed)
  const authority = certificateAuthority(root, nodeCrypto)
  const edge = readEdge(join(folder, 'hub'))?.edge
  const seeds = Array.from({ length: LANES }, () => freshSeed())
  const ids = seeds.map(() => makeId(systemClock.now(), nodeCrypto.randomBytes(10)))
  const [issuer, policy, ack] = [freshSeed(), freshSeed(), freshSeed()]
  const now = systemClock.now()
  const exportKey = exportKeyFromSecret(freshSeed())
  const inTime = { notBefore: now - DAY, notAfter: now + DAY }
  const asKey = (role: string, { keyId, publicKey }: { readonly keyId: Uint8Array; readonly publicKey: Uint8Array }) => ({
    role,
    keyId: hex(keyId),
    publicKey: hex(publicKey),
    ...inTime,
  })
  const keys = [
    ...[issuer, policy, ack].map((seed, index) => asKey(['issuer', 'policy', 'ack'][index] ?? '', signerFromSeed(seed))),
    asKey(EXPORT_ROLE, exportKey),
  ]
  const settings: LaneSettings = {
    v: 1,
    version: 1,
    store: CATALOGUE.store.id,
    tills: ids.map((till, index) => ({ till, name: `Till ${index + 1}`, publicKey: hex(signerFromSeed(seeds[index] ?? freshSeed()).publicKey) })),
    ...(edge && { edge }),
  }
  return ids.map((till, index) => {
    const seed = seeds[index] ?? freshSeed()
    return {
      till,
      folder: join(folder, `till-${index}`),
      payments,
      seeds: { till: hex(seed), issuer: hex(issuer), policy: hex(policy), ack: hex(ack) },
      rootPublicKey: hex(root.publicKey),
      keySet: base64url(encodeSigned(root, signedTypes.keySet, { v: 1, version: 1, keys })),
      lanes: base64url(encodeSigned(signerFromSeed(policy), signedTypes.lanes, settings)),
      tls: {
        ca: [certificatePem(authority.certificate)],
        cert: certificatePem(authority.forClient(till, signerFromSeed(seed).publicKey)),
        key: privateKeyPem(seed),
        minVersion: 'TLSv1.3',
      },
      others: LANES - 1,
      members: Object.fromEntries(settings.tills.map((one) => [one.till, one.publicKey])),
    }
  })
}

function runLane(orders: LaneOrders): Promise<LaneResults> {
  return new Promise((resolvePromise, reject) => {
    const child: ChildProcess = fork(join(import.meta.dirname, 'lane-till.ts'), { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const cancel = systemTimers.after(PATIENCE, () => {
      child.kill('SIGKILL')
      reject(new Error('a lane did not come to its end'))
    })
    child.on('message', (results: LaneResults) => {
      resolvePromise(results)
    })
    child.on('exit', (code) => {
      cancel()
      if (code !== 0) reject(new Error(`a lane ended with ${code}`))
    })
    child.send(orders)
  })
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

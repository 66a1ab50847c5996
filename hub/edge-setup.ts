import { existsSync, mkdirSync, readFileSync, unwatchFile, watchFile } from 'node:fs'
import { join } from 'node:path'
import { certificateAuthority } from './certificates.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'
import type { Hub } from './hub.ts'
import { fileVault } from './keys.ts'
import { edgeFile, type EdgeFile } from './lanes.ts'
import { base64url, hex } from '#protocol/bytes.ts'
import type { EdgeSetup } from '#protocol/lanes/edge-setup.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'

const LOOK_EVERY: DurationMs = 2 * SECOND

/** In the hub's folder; a hub that runs looks at it every few seconds. */
export const edgePath = (data: string): string => join(data, 'edge.json')

/** Undefined where no edge was ever configured. Throws for a file that is none. */
export const readEdge = (data: string): EdgeFile | undefined =>
  existsSync(edgePath(data)) ? edgeFile.parse(JSON.parse(readFileSync(edgePath(data), 'utf8'))) : undefined

/** Looks every few seconds whether somebody has configured another edge, and tells the hub. Answers a function that ends it. A file that is none changes nothing. */
export function watchEdge(data: string, hub: Pick<Hub, 'configureEdge'>): () => void {
  const path = edgePath(data)
  watchFile(path, { interval: LOOK_EVERY, persistent: false }, () => {
    const read = existsSync(path) ? edgeFile.safeParse(parsed(readFileSync(path, 'utf8'))) : undefined
    if (read?.success === true) void hub.configureEdge(read.data)
  })
  return () => unwatchFile(path)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type EdgePlace = Pick<EdgeSetup, 'host' | 'port' | 'mdns'>

/**
 * Makes a machine the edge of the hub's store: a key and a certificate for it in `out`/edge.json, and its name for all tills in the hub's own folder. Whatever
 * machine was the edge before is none any more once the tills have heard of it.
 */
export function configureEdge(data: string, { host, port, mdns }: EdgePlace, out: string): void {
  const { root } = fileVault(join(data, 'keys'), freshSeed)
  const authority = certificateAuthority(root, nodeCrypto)
  const seed = freshSeed()
  const { publicKey } = signerFromSeed(seed)
  const setup: EdgeSetup = {
    v: 1,
    rootPublicKey: hex(root.publicKey),
    seed: hex(seed),
    certificate: base64url(authority.forServer([host], publicKey)),
    authority: base64url(authority.certificate),
    host,
    port,
    mdns,
  }
  mkdirSync(out, { recursive: true, mode: 0o700 })
  writeDurably(join(out, 'edge.json'), JSON.stringify(setup), 0o600)
  const url = `mqtts://${host.includes(':') ? `[${host}]` : host}:${port}`
  writeEdge(data, { url, publicKey: hex(publicKey), mdns })
}

/** Tells the tills which edge there is, or that there is none. */
export function writeEdge(data: string, edge: EdgeFile['edge']): void {
  const file: EdgeFile = { version: (readEdge(data)?.version ?? 0) + 1, ...(edge && { edge }) }
  writeDurably(edgePath(data), JSON.stringify(file), 0o600)
}

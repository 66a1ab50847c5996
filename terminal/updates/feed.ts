import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { UpdateManifest } from '#protocol/hub/updates.ts'
import { MAX_MESSAGE_BYTES } from '#protocol/hub/messages.ts'
import { SECOND, type DurationMs } from '#protocol/time.ts'
import type { ReleaseFolder } from './release-folder.ts'

/** One request takes no longer: what has come until then stays, and the next look goes on behind it. */
const MOST_AT_ONCE: DurationMs = 120 * SECOND

/**
 * Where releases come from: a folder over HTTP, `keys` and `update` (both signed) and `files/SHA256`. Nothing of it is believed but for its signature and hashes, so it
 * may be anybody's mirror.
 */
export interface Feed {
  document(name: 'keys' | 'update'): Promise<Uint8Array>
  /** Fetches what is missing of a release, and goes on where it was left (RFC 9110 §14.2). Throws when the feed cannot be reached or breaks off. */
  fetch(manifest: Pick<UpdateManifest, 'release' | 'files'>, folder: ReleaseFolder): Promise<void>
}

export function httpFeed(url: string): Feed {
  const base = url.endsWith('/') ? url : `${url}/`
  const get = async (path: string, from: number): Promise<Response> =>
    await fetch(new URL(path, base), {
      redirect: 'error',
      signal: AbortSignal.timeout(MOST_AT_ONCE),
      ...(from > 0 && { headers: { range: `bytes=${from}-` } }),
    })

  async function fetchFile(release: number, { sha256, bytes }: UpdateManifest['files'][number], folder: ReleaseFolder): Promise<void> {
    const has = folder.hasOf(release, sha256)
    const path = folder.partOf(release, sha256)
    mkdirSync(dirname(path), { recursive: true })
    if (bytes === 0) writeFileSync(path, '')
    if (folder.hasOf(release, sha256) === bytes) return
    const response = await get(`files/${sha256}`, has > bytes ? 0 : has)
    if (!response.ok || response.body === null) throw new Error(`the feed answered ${response.status} for ${sha256}`)
    const goesOn = response.status === 206
    let left = bytes - (goesOn ? has : 0)
    const file = openSync(path, goesOn ? 'a' : 'w')
    try {
      // Written as it comes, so that what came before it broke off is there to go on behind.
      for await (const part of response.body as AsyncIterable<Uint8Array>) {
        left -= part.length
        if (left < 0) throw new Error(`${sha256} is longer than was signed`)
        for (let at = 0; at < part.length;) at += writeSync(file, part, at)
      }
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    if (left > 0) throw new Error(`${sha256} broke off`)
  }

  return {
    async document(name) {
      const response = await get(name, 0)
      if (!response.ok) throw new Error(`the feed answered ${response.status} for ${name}`)
      const parts: Uint8Array[] = []
      let size = 0
      // A mirror that never ends must not fill this machine's memory: whoever leaves the loop ends the connection.
      for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        size += part.length
        if (size > MAX_MESSAGE_BYTES) throw new Error(`${name} is too large`)
        parts.push(part)
      }
      return new Uint8Array(Buffer.concat(parts))
    },
    async fetch({ release, files }, folder) {
      for (const file of files) await fetchFile(release, file, folder)
    },
  }
}

import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { UpdateManifest } from '#protocol/hub/updates.ts'
import { freshSeed, signerFromSeed } from '#protocol/node/crypto.ts'
import { writeIdentity } from '../core/identity.ts'
import { ReleaseFolder } from './release-folder.ts'

/** A core that ends for an update as soon as it is asked to. */
const core = (release: number): string => `
process.stdout.write(JSON.stringify({ ready: true, release: ${release} }) + '\\n')
process.on('message', ({ type }) => type === 'update_ready' && process.exit(75))
process.on('disconnect', () => process.exit(0))
`
const MAIN = resolve(import.meta.dirname, 'main.ts')
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

test('a launcher that is killed at any moment starts something whole the next time, and gets to the next release', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sp-killed-'))
  const [home, data] = [join(folder, 'home'), join(folder, 'till')]
  const [root, policy, till] = [signerFromSeed(freshSeed()), signerFromSeed(freshSeed()), freshSeed()]
  const mqtt = { url: 'mqtt://127.0.0.1:1', password: 'x'.repeat(40) }
  writeIdentity(data, {
    v: 1,
    till: '01900000-0000-7000-8000-000000000001',
    name: 'T',
    seed: hex(till),
    rootPublicKey: hex(root.publicKey),
    certificate: '',
    mqtt,
  })
  new ReleaseFolder(home, '').write({ good: { release: 1, version: '1.1.0', entry: 'core.mjs' }, refused: [], revision: 1, keys: 1 })
  mkdirSync(join(home, 'releases/1'), { recursive: true })
  writeFileSync(join(home, 'releases/1/core.mjs'), core(1))

  const contents = { 'core.mjs': core(2), 'a/long.txt': 'long '.repeat(200_000), 'b.txt': 'short' }
  const manifest: UpdateManifest = {
    v: 1,
    revision: 2,
    release: 2,
    version: '1.2.0',
    minimum: 1,
    entry: 'core.mjs',
    files: Object.entries(contents).map(([path, text]) => ({ path, bytes: text.length, sha256: sha256(text) })),
    stages: [{ perMille: 1000, notBefore: 1 }],
    halted: false,
  }
  const key = { role: 'policy', keyId: hex(policy.keyId), publicKey: hex(policy.publicKey), notBefore: 1, notAfter: Date.UTC(2100, 1) }
  const served = new Map<string, Uint8Array>([
    ['/keys', encodeSigned(root, signedTypes.keySet, { v: 1, version: 1, keys: [key] })],
    ['/update', encodeSigned(policy, signedTypes.update, manifest)],
    ...Object.values(contents).map((text) => [`/files/${sha256(text)}`, Buffer.from(text)] as const),
  ])
  let asked = (_url: string): void => undefined
  const server = createServer((request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(from > 0 ? 206 : 200).end(served.get(request.url ?? '')?.subarray(from))
    asked(request.url ?? '')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  let launcher: ChildProcess | undefined
  onTestFinished(async () => {
    launcher?.kill('SIGKILL')
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs until somebody has said this, or the feed was asked for it; what was said, with the launcher killed or alive. */
  async function life(end: { readonly said?: string; readonly asked?: string }, kills: boolean): Promise<string> {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const mine = spawn(process.execPath, [MAIN, '--home', home, '--data', data, '--feed', url, '--look', '0.05'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    launcher = mine
    let said = ''
    const reached = new Promise<void>((done) => {
      asked = (path) => path === end.asked && done()
      const hear = (text: Buffer): void => {
        said += String(text)
        if (end.said !== undefined && said.includes(end.said)) done()
      }
      for (const stream of [mine.stdout, mine.stderr]) stream?.on('data', hear)
    })
    await reached
    if (!kills) return said
    const ended = new Promise((over) => mine.once('exit', over))
    mine.kill('SIGKILL')
    await ended
    return said
  }
  const isWhole = (): boolean => Object.entries(contents).every(([path, text]) => readFileSync(join(home, 'releases/2', path), 'utf8') === text)

  await life({ asked: `/files/${sha256(contents['a/long.txt'])}` }, true)
  await life({ asked: `/files/${sha256(contents['b.txt'])}` }, true)
  await life({ said: 'release 2 (1.2.0) is here' }, true)
  expect(existsSync(join(home, 'releases/2')) && isWhole()).toBe(true)
  await life({ said: 'takes over' }, true)
  const last = await life({ said: '"release":2' }, false)
  expect(last).not.toContain('"release":1')
  expect(isWhole()).toBe(true)
}, 30_000)

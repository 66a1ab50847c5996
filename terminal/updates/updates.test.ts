import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { UpdateStage } from '#protocol/hub/health.ts'
import { isTurnOf, stageBucket, updateSchema, type UpdateManifest } from '#protocol/hub/updates.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { makeId } from '#protocol/ids.ts'
import { httpFeed } from './feed.ts'
import { createLauncher, EXIT_TO_RESTART, type Running } from './launcher.ts'
import { ReleaseFolder } from './release-folder.ts'
import { beginning, failed, judge, MAX_STARTS, proved, starting, switched, type Installed, type UpdateState } from './update-machine.ts'

const TILL = '01900000-0000-7000-8000-000000000001'
const NOW = 1_760_000_000_000
const root = signerFromSeed(freshSeed())
const policy = signerFromSeed(freshSeed())
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

let home: string
let server: Server
/** What the feed hands out, by path; `cut`: it breaks off after so many bytes. */
let served: Map<string, Uint8Array>
let cut: number
let requests: string[]
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'sp-updates-'))
  mkdirSync(join(home, 'shipped'))
  served = new Map()
  cut = Infinity
  requests = []
  server = createServer((request, response) => {
    const bytes = served.get((request.url ?? '').slice(1))
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    requests.push(`${request.url?.slice(0, 12) ?? ''} ${from}`)
    if (bytes === undefined) return void response.writeHead(404).end()
    const rest = bytes.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length })
    if (rest.length <= cut) return void response.end(rest)
    response.write(rest.subarray(0, cut), () => response.socket?.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(home, { recursive: true })
})

function publish(over: Partial<UpdateManifest> = {}, contents: Readonly<Record<string, string>> = {}, by: Signer = policy, keysVersion = 1): UpdateManifest {
  const release = over.release ?? 1
  const all = { 'core.ts': `the core of release ${release}`, 'pages/index.html': '<p>', 'empty.txt': '', ...contents }
  const files = Object.entries(all).map(([path, text]) => ({ path, bytes: Buffer.byteLength(text), sha256: sha256(text) }))
  for (const text of Object.values(all)) served.set(`files/${sha256(text)}`, Buffer.from(text))
  const manifest: UpdateManifest = {
    v: 1,
    revision: release,
    release,
    version: `1.${release}.0`,
    minimum: 0,
    entry: 'core.ts',
    files,
    stages: [{ perMille: 1000, notBefore: NOW }],
    halted: false,
    ...over,
  }
  const key = { role: 'policy', keyId: hex(policy.keyId), publicKey: hex(policy.publicKey), notBefore: NOW - 1, notAfter: NOW + 1_000_000 }
  served.set('keys', encodeSigned(root, signedTypes.keySet, { v: 1, version: keysVersion, keys: [key] }))
  served.set('update', encodeSigned(by, signedTypes.update, manifest))
  return manifest
}

/** How a release behaves: whether it comes up, and stays. */
type Behaviour = 'runs' | 'crashes' | 'hangs' | 'dies young'
type Started = { readonly release: number; readonly offered: boolean }

/**
 * A machine whose programs do as their release is said to, and end for an update as soon as it is offered. `crashAt`: power goes at the so manieth write of its state or
 * step of an installation, and nothing is written any more.
 */
function machine(behaviours: Readonly<Record<number, Behaviour>> = {}, crashAt = Infinity) {
  const folder = new ReleaseFolder(home, join(home, 'shipped'))
  let steps = 0
  const powered = <A extends unknown[], R>(act: (...args: A) => R) => {
    return (...args: A): R => {
      if (++steps >= crashAt) throw new Error('power')
      const done = act(...args)
      if (++steps >= crashAt) throw new Error('power')
      return done
    }
  }
  folder.write = powered(folder.write.bind(folder))
  const install = folder.install.bind(folder)
  folder.install = async (manifest) => {
    if (++steps >= crashAt) throw new Error('power')
    const done = await install(manifest)
    if (++steps >= crashAt) throw new Error('power')
    return done
  }
  folder.clear = powered(folder.clear.bind(folder))
  const started: Started[] = []
  const stages: UpdateStage[] = []
  const lines: string[] = []
  const start = ({ release }: Installed, at: string): Running => {
    expect(release === 0 || readFileSync(join(at, 'core.ts'), 'utf8')).toBe(release === 0 ? true : `the core of release ${release}`)
    const behaviour = behaviours[release] ?? 'runs'
    let end = (_code: number): void => undefined
    const ended = new Promise<number>((resolve) => (end = resolve))
    started.push({ release, offered: false })
    if (behaviour === 'crashes') end(1)
    if (behaviour === 'dies young') setTimeout(() => end(1), 1)
    return {
      ready: behaviour === 'runs' || behaviour === 'dies young' ? Promise.resolve() : new Promise(() => undefined),
      ended,
      offer: () => end(EXIT_TO_RESTART),
      tell: (stage) => void stages.push(stage),
      kill: () => end(0),
    }
  }
  const launcher = createLauncher({
    crypto: nodeCrypto,
    clock: { now: () => NOW + 5 },
    timers: {
      after: (delay, run) => {
        const timer = setTimeout(run, delay)
        return () => clearTimeout(timer)
      },
    },
    folder,
    updates: () => ({ feed: httpFeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), till: TILL, rootPublicKey: root.publicKey }),
    shipped: { release: 0, version: '1.0.0', entry: 'core.ts' },
    times: { look: 1_000_000, ready: 20, proved: 20, firstPause: 1, longestPause: 1 },
    start,
    log: (line) => lines.push(line),
  })
  return { launcher, folder, started, stages, lines, isDead: () => steps >= crashAt, state: (): UpdateState | undefined => new ReleaseFolder(home, '').read() }
}
type Machine = ReturnType<typeof machine>

/** Runs until what is awaited has come, and ends it. */
async function until(made: Machine, isReached: (state: UpdateState | undefined) => boolean): Promise<void> {
  const running = made.launcher.run()
  await made.launcher.look()
  await expect.poll(() => isReached(made.state()), { interval: 2, timeout: 3000 }).toBe(true)
  made.launcher.stop()
  await running
}
const runsWell = (release: number) => (state: UpdateState | undefined) => state?.good.release === release && state.trial === undefined

describe('an update', () => {
  test('is fetched, verified, taken when the till lets it, and good once it has run for a while', async () => {
    publish({ release: 3 })
    const made = machine()
    await until(made, runsWell(3))
    expect(made.started.map(({ release }) => release)).toEqual([0, 3])
    expect(readdirSync(join(home, 'releases'))).toEqual(['3'])
    expect(readFileSync(join(home, 'releases/3/pages/index.html'), 'utf8')).toBe('<p>')
    expect(made.lines.at(-1)).toBe('release 3 (1.3.0) runs well')
    expect(made.stages.map(({ release, trial, waiting }) => [release, trial, waiting])).toEqual(
      expect.arrayContaining([
        [0, false, undefined],
        [0, false, 3],
        [3, true, undefined],
        [3, false, undefined],
      ]),
    )
    // The next start has it at once, and asks for nothing that it has.
    const before = requests.length
    const again = machine()
    const running = again.launcher.run()
    expect(await again.launcher.look()).toBe('known')
    again.launcher.stop()
    await running
    expect([again.started.map(({ release }) => release), requests.length - before]).toEqual([[3], 2])
  })

  test('is not touched when it is not signed by a policy key of the hub, in its time', async () => {
    const made = machine()
    publish({ release: 1 }, {}, root)
    expect(await made.launcher.look()).toBe('update: wire.bad_signature')
    publish({ release: 1 }, {}, signerFromSeed(freshSeed()))
    expect(await made.launcher.look()).toBe('update: wire.bad_signature')
    publish({ release: 1 })
    served.set('keys', encodeSigned(signerFromSeed(freshSeed()), signedTypes.keySet, { v: 1, version: 1, keys: [] }))
    expect(await made.launcher.look()).toBe('keys: wire.bad_signature')
    served.set('update', new Uint8Array(100))
    expect(await made.launcher.look()).toMatch(/^keys: /)
    served.clear()
    expect(await made.launcher.look()).toMatch(/^feed: .*404/)
    expect(existsSync(join(home, 'incoming'))).toBe(false)
    expect(made.state()).toBeUndefined()
  })

  test('that breaks off is gone on with where it was left', async () => {
    const long = 'x'.repeat(50_000)
    publish({ release: 1 }, { 'long.bin': long })
    const made = machine()
    cut = 20_000
    expect(await made.launcher.look()).toMatch(/^feed: /)
    const has = new ReleaseFolder(home, '').hasOf(1, sha256(long))
    expect(has).toBeGreaterThan(0)
    cut = Infinity
    await until(machine(), runsWell(1))
    expect(requests.some((line) => line.endsWith(` ${has}`))).toBe(true)
    expect(readFileSync(join(home, 'releases/1/long.bin'), 'utf8')).toBe(long)
  })

  test('whose files are others than was signed is fetched anew, and never run', async () => {
    const manifest = publish({ release: 1 })
    const [core] = manifest.files
    const name = `files/${core?.sha256 ?? ''}`
    const right = served.get(name) ?? new Uint8Array(0)
    const made = machine()
    served.set(name, Buffer.from('the core of a rogue 1'))
    expect(await made.launcher.look()).toBe('files: not what was signed')
    served.set(name, Buffer.from('much longer than what was signed for this file'))
    expect(await made.launcher.look()).toMatch(/longer than was signed/)
    served.set(name, right)
    expect(await made.launcher.look()).toBe('waits')
    expect(made.started).toEqual([])
  })

  test.each([
    ['crashes at once', 'crashes'],
    ['never comes up', 'hangs'],
    ['comes up and dies', 'dies young'],
  ] as const)('that %s goes back to the last good one by itself, and is never tried again', async (_, behaviour) => {
    publish({ release: 2 })
    await until(machine(), runsWell(2))
    publish({ release: 3 })
    const made = machine({ 3: behaviour })
    await until(made, (state) => state?.refused.length === 1)
    expect(made.started.map(({ release }) => release)).toEqual([2, ...Array.from({ length: MAX_STARTS }, () => 3), 2])
    expect(made.state()).toMatchObject({ good: { release: 2 }, refused: [{ release: 3 }] })
    expect(made.lines.some((line) => line.includes('back to 2'))).toBe(true)
    expect(await made.launcher.look()).toBe('refused')
    // Mended it has another number.
    publish({ release: 4 })
    await until(machine(), runsWell(4))
  })

  test('that is old is not taken, whoever kept its manifest', async () => {
    publish({ release: 1, revision: 5 })
    const old = [served.get('update'), served.get('keys')] as const
    publish({ release: 2, revision: 6 }, {}, policy, 2)
    await until(machine(), runsWell(2))
    served.set('update', old[0] ?? new Uint8Array(0))
    expect(await machine().launcher.look()).toBe('older')
    served.set('keys', old[1] ?? new Uint8Array(0))
    expect(await machine().launcher.look()).toBe('keys: older')
    publish({ release: 1, revision: 9 }, {}, policy, 2)
    expect(await machine().launcher.look()).toBe('older')
    publish({ release: 9, revision: 9, version: '1.1.9' }, {}, policy, 2)
    expect(await machine().launcher.look()).toBe('older')
  })

  test('that was halted is begun by nobody, not even after somebody shows the manifest before', async () => {
    publish({ release: 3, revision: 7 })
    const before = served.get('update') ?? new Uint8Array(0)
    const made = machine()
    publish({ release: 3, revision: 8, halted: true })
    expect(await made.launcher.look()).toBe('halted')
    served.set('update', before)
    expect(await machine().launcher.look()).toBe('older')
  })

  test('that waits for an idle till is dropped when it is halted meanwhile', async () => {
    publish({ release: 3, revision: 7 })
    const made = machine()
    expect(await made.launcher.look()).toBe('waits')
    publish({ release: 3, revision: 8, halted: true })
    expect(await made.launcher.look()).toBe('halted')
    const running = made.launcher.run()
    await expect.poll(() => made.started.length, { interval: 2 }).toBe(1)
    made.launcher.stop()
    await running
    expect(made.state()?.trial).toBeUndefined()
  })

  test('power may go at each step: the machine always starts something whole, and gets there in the end', async () => {
    publish({ release: 2 })
    await until(machine(), runsWell(2))
    publish({ release: 3 })
    for (let crashAt = 1; crashAt <= 16; crashAt++) {
      rmSync(join(home, 'releases/3'), { recursive: true, force: true })
      rmSync(join(home, 'incoming'), { recursive: true, force: true })
      new ReleaseFolder(home, '').write({ good: { release: 2, version: '1.2.0', entry: 'core.ts' }, refused: [], revision: 2, keys: 1 })
      if (!existsSync(join(home, 'releases/2'))) {
        const { files } = publish({ release: 2 })
        const folder = new ReleaseFolder(home, '')
        await httpFeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).fetch({ release: 2, files }, folder)
        await folder.install({ release: 2, files })
        publish({ release: 3 })
      }
      const doomed = machine({}, crashAt)
      const life = doomed.launcher.run()
      await doomed.launcher.look()
      // Until power has gone, or there is nothing left that it could interrupt.
      await expect.poll(() => doomed.isDead() || runsWell(3)(doomed.state()), { interval: 2, timeout: 3000 }).toBe(true)
      doomed.launcher.stop()
      await life
      const survivor = machine()
      await until(survivor, runsWell(3))
      expect(survivor.started.every(({ release }) => release === 2 || release === 3)).toBe(true)
    }
  })

  test('a mirror that never ends is left once it has sent more than a document can be', async () => {
    let sent = 0
    server.removeAllListeners('request')
    server.on('request', (_request, response) => {
      const part = Buffer.alloc(1 << 20)
      const goOn = (): void => {
        if (response.destroyed) return
        sent += part.length
        response.write(part, goOn)
      }
      response.writeHead(200)
      goOn()
    })
    const feed = httpFeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await expect(feed.document('update')).rejects.toThrow('too large')
    // And what the connection itself holds.
    expect(sent).toBeLessThan(64 << 20)
  })

  test('a file that was cut short on the disk is fetched again', async () => {
    const manifest = publish({ release: 1 })
    const folder = new ReleaseFolder(home, '')
    const feed = httpFeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await feed.fetch(manifest, folder)
    truncateSync(folder.partOf(1, manifest.files[0]?.sha256 ?? ''), 3)
    expect(await folder.install(manifest)).toBe(false)
    await feed.fetch(manifest, folder)
    writeFileSync(folder.partOf(1, manifest.files[1]?.sha256 ?? ''), 'longer than it should be')
    await feed.fetch(manifest, folder)
    expect(await folder.install(manifest)).toBe(true)
  })
})

describe('a manifest', () => {
  test.each(['../core.ts', 'a/../../b', '/etc/passwd', 'a//b', 'C:\\x', 'a\\b', '', '.', 'a/.', 'a/b. ', 'a\u0000b', '~/x '])(
    'names no path outside of its folder: %j',
    (path) => {
      expect(updateSchema.safeParse({ ...publish(), files: [{ path, bytes: 1, sha256: sha256('') }], entry: path }).success).toBe(false)
    },
  )
  test('names no file twice, also where letters’ case does not count', () => {
    const file = { bytes: 1, sha256: sha256('') }
    expect(
      updateSchema.safeParse({
        ...publish(),
        entry: 'a',
        files: [
          { path: 'a', ...file },
          { path: 'A', ...file },
        ],
      }).success,
    ).toBe(false)
  })
})

describe('stages', () => {
  test('hold the share of tills that they say, later ones all of those before, each release others first', () => {
    const ids = Array.from({ length: 2000 }, (_, index) => makeId(NOW + index, nodeCrypto.randomBytes(10)))
    const stages = [
      { perMille: 50, notBefore: NOW },
      { perMille: 300, notBefore: NOW + 10 },
    ]
    const taking = (now: number, release = 1) => ids.filter((id) => isTurnOf(nodeCrypto, { release, stages }, id, now))
    expect(taking(NOW - 1)).toEqual([])
    const [first, second] = [taking(NOW), taking(NOW + 10)]
    expect(first.length / ids.length).toBeGreaterThan(0.03)
    expect(first.length / ids.length).toBeLessThan(0.07)
    expect(second.length / ids.length).toBeGreaterThan(0.26)
    expect(first.every((id) => second.includes(id))).toBe(true)
    expect(taking(NOW, 2)).not.toEqual(first)
    // For good: launchers of all versions have to agree on who belongs to a stage.
    expect([1, 2, 3].map((release) => stageBucket(nodeCrypto, TILL, release))).toEqual([606, 20, 198])
  })
})

test('whatever comes in whatever order, the release that runs well never goes down, and nothing is tried more often than it may', () => {
  const event = fc.record({
    release: fc.integer({ min: 1, max: 6 }),
    revision: fc.integer({ min: 1, max: 9 }),
    starts: fc.integer({ min: 0, max: 6 }),
    well: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      let state: UpdateState = { good: { release: 0, version: '0.0.0', entry: 'core.ts' }, refused: [], revision: 0, keys: 0 }
      for (const { release, revision, starts, well } of events) {
        const manifest = { ...publish({ release, revision }), version: `1.${release}.0` }
        const good = state.good.release
        if (!judge(nodeCrypto, state, manifest, TILL, NOW).take) continue
        expect(state.refused.some((one) => one.release === release)).toBe(false)
        state = switched(state, manifest)
        for (let time = 0; time < starts && state.trial !== undefined; time++) state = starting(state)
        expect(state.trial?.starts ?? 0).toBeLessThanOrEqual(MAX_STARTS)
        state = well ? proved(state) : failed(state, 'ill')
        expect(state.good.release).toBeGreaterThanOrEqual(good)
      }
    }),
    { numRuns: 50 },
  )
})

test('what an installer brings takes the place of what is older, and of nothing newer', () => {
  const at = (release: number, version: string): Installed => ({ release, version, entry: 'core.ts' })
  const kept: UpdateState = { good: at(4, '1.4.0'), trial: { ...at(5, '1.5.0'), starts: 1 }, refused: [{ release: 3, why: 'x' }], revision: 9, keys: 2 }
  expect(beginning(undefined, at(0, '1.0.0'))).toEqual({ good: at(0, '1.0.0'), refused: [], revision: 0, keys: 0 })
  expect(beginning(kept, at(0, '1.3.0'))).toBe(kept)
  expect(beginning(kept, at(0, '1.4.0'))).toBe(kept)
  expect(beginning(kept, at(0, '1.4.1'))).toEqual({ good: at(0, '1.4.1'), refused: kept.refused, revision: 9, keys: 2 })
  const asInstalled = { ...kept, good: at(0, '1.4.0') }
  expect(beginning(asInstalled, at(0, '1.3.0'))).toEqual({ ...asInstalled, good: at(0, '1.3.0') })
  expect(beginning(asInstalled, at(0, '2.0.0')).trial).toBeUndefined()
})

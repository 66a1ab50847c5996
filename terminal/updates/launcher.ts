import { unhex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { UpdateStage } from '#protocol/hub/health.ts'
import { openSigned, type KeySet } from '#protocol/hub/messages.ts'
import type { UpdateManifest } from '#protocol/hub/updates.ts'
import type { Id } from '#protocol/ids.ts'
import { ok, type Outcome } from '#protocol/outcome.ts'
import type { Clock, DurationMs, EpochMs, Timers } from '#protocol/time.ts'
import type { Feed } from './feed.ts'
import type { ReleaseFolder } from './release-folder.ts'
import { beginning, chosen, failed, heard, judge, proved, starting, switched, type Installed, type UpdateState } from './update-machine.ts'

/** A program that was started. `ended`: its exit code. */
export type Running = {
  /** It said that it does its work; never, if it does not. */
  readonly ready: Promise<void>
  readonly ended: Promise<number>
  /** Another version waits for it to end; it ends when nobody is served. */
  offer(): void
  /** What runs here, and what became of others: for whoever watches over the tills. */
  tell(stage: UpdateStage): void
  kill(): void
}

export type LauncherPorts = {
  readonly crypto: Crypto
  readonly clock: Pick<Clock, 'now'>
  readonly timers: Timers
  readonly folder: ReleaseFolder
  /** Undefined: this machine runs what it has, such as one that has not enrolled yet. */
  updates(): { readonly feed: Feed; readonly till: Id; readonly rootPublicKey: Uint8Array } | undefined
  readonly shipped: Installed
  readonly times: Times
  start(program: Installed, folder: string): Running
  log(line: string): void
}

/** `ready`: a trial that takes longer to come up has failed. `proved`: one that has run for so long since is good. */
export type Times = {
  readonly look: DurationMs
  readonly ready: DurationMs
  readonly proved: DurationMs
  readonly firstPause: DurationMs
  readonly longestPause: DurationMs
}

/** What a program says with its end when it wants to be started again (`EX_TEMPFAIL`). */
export const EXIT_TO_RESTART = 75

/**
 * Runs the till's core, and looks for its next release. Everything about a release is on the disk and verified before the running one hears of it; the running one
 * ends when it may (invariant 15); what comes up badly is put back by itself.
 */
export interface Launcher {
  /** Resolves after `stop`, when the program has ended. */
  run(): Promise<void>
  /** Looks now. What it said of the newest manifest, or why there was none to believe. */
  look(): Promise<string>
  stop(): void
}

export function createLauncher({ crypto, clock, timers, folder, updates, shipped, times, start, log }: LauncherPorts): Launcher {
  let state: UpdateState = beginning(folder.read(), shipped)
  let running: Running | undefined
  /** The release of it. */
  let runs = state.good.release
  let waiting: Installed | undefined
  let stopped = false
  let wake = (): void => undefined
  /** Refusals that the log has. */
  let said = state.refused

  /** Durable before anything is done about it. Throws when it cannot be kept. */
  function become(next: UpdateState): void {
    if (next === state) return
    folder.write(next)
    state = next
    tellStage()
  }
  function tellStage(): void {
    running?.tell(stageOf(state, runs, waiting?.release))
  }
  /** A full disk must not keep a till from selling with what it has. */
  function tryTo(become: () => void): boolean {
    try {
      become()
      return true
    } catch (error) {
      log(`cannot be kept: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
  }
  const sleep = (duration: DurationMs): Promise<void> =>
    new Promise((resolve) => {
      const cancel = timers.after(duration, resolve)
      wake = () => {
        cancel()
        resolve()
      }
    })

  async function onTrial(program: Running): Promise<void> {
    const ended = program.ended.then(() => 'ended' as const)
    const up = await Promise.race([program.ready.then(() => 'up' as const), ended, after(times.ready)])
    if (up === 'late') program.kill()
    if (up !== 'up' || (await Promise.race([ended, after(times.proved)])) !== 'late') return
    tryTo(() => {
      become(proved(state))
      log(`release ${state.good.release} (${state.good.version}) runs well`)
      folder.clear(state)
    })
  }
  const after = (duration: DurationMs): Promise<'late'> => new Promise((resolve) => timers.after(duration, () => resolve('late')))

  /** One life of the program. True if it asked to be started again. */
  async function live(): Promise<boolean> {
    const isCounted = tryTo(() => become(starting(state)))
    const last = state.refused.at(-1)
    if (last !== undefined && said.length !== state.refused.length)
      log(`release ${last.release} ${last.why}: back to ${state.good.release} (${state.good.version})`)
    said = state.refused
    if (!folder.isWhole(chosen(state).release)) tryTo(() => become(failed(state, 'is not there any more')))
    // A trial whose starts cannot be counted might go on for ever.
    const wanted = isCounted ? chosen(state) : state.good
    const { release, version, entry } = folder.isWhole(wanted.release) ? wanted : shipped
    runs = release
    running = start({ release, version, entry }, folder.programOf(release))
    tellStage()
    if (stopped) running.kill()
    else if (waiting !== undefined) running.offer()
    const [code] = await Promise.all([running.ended, state.trial?.release === release ? onTrial(running) : undefined])
    running = undefined
    if (code !== EXIT_TO_RESTART || waiting === undefined) return code === EXIT_TO_RESTART
    const next = waiting
    waiting = undefined
    if (tryTo(() => become(switched(state, next)))) log(`release ${next.release} (${next.version}) takes over from ${state.good.release}`)
    return true
  }

  async function look(): Promise<string> {
    const from = updates()
    if (from === undefined) return 'no feed'
    const { feed, till, rootPublicKey } = from
    const keys = openSigned(crypto, await feed.document('keys'), signedTypes.keySet, () => rootPublicKey)
    if (!keys.ok) return `keys: ${keys.code}`
    if (keys.value.version < state.keys) return 'keys: older'
    const manifest = openUpdate(crypto, keys.value, await feed.document('update'), clock.now())
    if (!manifest.ok) return `update: ${manifest.code}`
    const verdict = judge(crypto, state, manifest.value, till, clock.now())
    if (manifest.value.revision > state.revision || keys.value.version > state.keys) become(heard(state, manifest.value, keys.value.version))
    if (!verdict.take) {
      if (verdict.why === 'halted') waiting = undefined
      return verdict.why
    }
    const { release, version, entry } = manifest.value
    if (waiting?.release === release) return 'waits'
    folder.clear(state, release)
    if (!folder.isWhole(release)) await feed.fetch(manifest.value, folder)
    if (!(await folder.install(manifest.value))) return 'files: not what was signed'
    waiting = { release, version, entry }
    log(`release ${release} (${version}) is here, and waits until nobody is served`)
    running?.offer()
    tellStage()
    return 'waits'
  }

  /** One look at a time. */
  let looking: Promise<string> | undefined
  const lookNow = (): Promise<string> =>
    (looking ??= look()
      .catch((error: unknown) => `feed: ${error instanceof Error ? error.message : String(error)}`)
      .finally(() => (looking = undefined)))

  return {
    async run() {
      let cancel = (): void => undefined
      let lookedLast = 'no feed'
      const lookAgain = (): void => {
        cancel = timers.after(times.look, () => {
          void lookNow().then((says) => {
            if (says !== lookedLast) log(`updates: ${says}`)
            lookedLast = says
            if (!stopped) lookAgain()
          })
        })
      }
      lookAgain()
      for (let failures = 0; !stopped;) {
        const before = clock.now()
        const again = await live()
        if (stopped) break
        failures = again || clock.now() - before > times.longestPause * 2 ? 0 : failures + 1
        if (failures > 0) await sleep(Math.min(times.longestPause, times.firstPause * 2 ** Math.min(failures - 1, 16)))
      }
      cancel()
      await looking
    },
    look: lookNow,
    stop() {
      stopped = true
      running?.kill()
      wake()
    },
  }
}

const MAX_TOLD = 5
const MAX_WHY = 200

const stageOf = ({ trial, refused }: UpdateState, release: number, waiting: number | undefined): UpdateStage => ({
  release,
  trial: trial?.release === release,
  ...(waiting !== undefined && { waiting }),
  refused: refused.slice(-MAX_TOLD).map((one) => ({ release: one.release, why: one.why.slice(0, MAX_WHY) })),
})

/** Believed with the signature of a policy key of that key set, in its time. */
function openUpdate(crypto: Crypto, { keys }: KeySet, bytes: Uint8Array, now: EpochMs): Outcome<UpdateManifest, 'wire.malformed' | 'wire.bad_signature'> {
  const opened = openSigned(crypto, bytes, signedTypes.update, (keyId) => {
    const key = keys.find((one) => one.role === 'policy' && one.keyId === keyId && one.notBefore <= now && now < one.notAfter)
    return key && unhex(key.publicKey)
  })
  return opened.ok ? ok(opened.value) : opened
}

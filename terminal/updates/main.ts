import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { unhex } from '#protocol/bytes.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { MINUTE, SECOND } from '#protocol/time.ts'
import { readIdentity } from '../core/identity.ts'
import { httpFeed } from './feed.ts'
import { createLauncher, type Running, type Times } from './launcher.ts'
import { ReleaseFolder } from './release-folder.ts'
import type { Installed } from './update-machine.ts'

const HELP = `node terminal/updates/main.ts --home DIR --data DIR [--feed URL] [--look SECONDS] -- ARGUMENTS OF THE CORE

Runs the till's core, and keeps it up to date: fetches the release that the hub has signed (hub/release-cli.ts), verifies it, starts it when the till is idle, and goes
back to the last good one by itself when it does not come up.

  --home DIR   where releases are kept; the program beside this file is the first one
  --data DIR   the till's folder; a till that is not enrolled yet knows no hub and looks for nothing. Its file core.pid holds the core's process id
  --feed URL   the folder in which releases are published, over HTTP. What comes from it is believed for its signature alone
  --look N     how often it is looked at (default 900 s)
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    home: { type: 'string' },
    data: { type: 'string' },
    feed: { type: 'string' },
    look: { type: 'string', default: '900' },
    help: { type: 'boolean', default: false },
  },
})
const { home, data, feed } = values
const look = Number(values.look) * SECOND
if (values.help || home === undefined || data === undefined || !(look > 0)) {
  process.stderr.write(HELP)
  process.exit(values.help ? 0 : 2)
}

const log = (line: string): void => void process.stderr.write(`launcher: ${line}\n`)
const TIMES: Times = { look, ready: MINUTE, proved: MINUTE, firstPause: SECOND / 2, longestPause: 30 * SECOND }
const FORMER_PAUSE = 50
const FORMER_TRIES = 100
const ENTRY = 'terminal/core/main.ts'
const shippedAt = resolve(import.meta.dirname, '../..')
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(shippedAt, 'package.json'), 'utf8')))

const pidFile = join(data, 'core.pid')
let starts = 0

/** A till runs without it: it only tells others whom to signal, and the next launcher whom to wait for. */
function tellPid(pid: number): void {
  try {
    writeFileSync(pidFile, `${pid}\n`)
  } catch (error) {
    log(`${pidFile} could not be written: ${String(error)}`)
  }
}

/**
 * Ready is one line of JSON on its standard output, which is handed on: whoever started this launcher waits for the same. Of every later start, and of each end, he
 * hears by a message, since this process goes on.
 */
function start({ entry, release }: Installed, folder: string): Running {
  const args = [join(folder, entry), '--data', data ?? '', ...positionals]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const isFirst = starts++ === 0
  if (child.pid !== undefined) tellPid(child.pid)
  let up = (): void => undefined
  const ready = new Promise<void>((resolved) => (up = resolved))
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text)
    if (!text.includes('"ready":true')) return
    up()
    if (!isFirst) process.send?.({ type: 'core', state: 'up', ready: text.split('\n').find((line) => line.includes('"ready":true')) })
  })
  child.on('message', (message) => process.send?.(message))
  const handOn = (message: object): void => void (child.connected && child.send(message))
  process.on('message', handOn)
  const ended = new Promise<number>((resolved) => {
    child.once('error', (error) => {
      log(`release ${release} cannot be started: ${error.message}`)
      resolved(1)
    })
    child.once('exit', (code) => resolved(code ?? 1))
  }).finally(() => {
    process.off('message', handOn)
    rmSync(pidFile, { force: true })
    if (process.connected) process.send?.({ type: 'core', state: 'restarting' })
  })
  return {
    ready,
    ended,
    offer: () => handOn({ type: 'update_ready' }),
    tell: (stage) => handOn({ type: 'update_stage', message: stage }),
    kill: () => void child.kill(),
  }
}

/** A till that enrols meanwhile is looked for from then on. */
function updatesFor(url: string) {
  const identity = existsSync(data ?? '') ? readIdentity(data ?? '') : undefined
  return identity && { feed: httpFeed(url), till: identity.till, rootPublicKey: unhex(identity.rootPublicKey) ?? new Uint8Array(0) }
}
/** A core whose launcher was killed ends by itself; another one beside it would find the journal in use. */
async function formerIsGone(): Promise<void> {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0
  for (let tries = 0; tries < FORMER_TRIES && pid > 0 && isRunning(pid); tries++)
    await new Promise<void>((passed) => void systemTimers.after(FORMER_PAUSE, passed))
}
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const launcher = createLauncher({
  crypto: nodeCrypto,
  clock: systemClock,
  timers: systemTimers,
  folder: new ReleaseFolder(home, shippedAt),
  updates: () => (feed === undefined ? undefined : updatesFor(feed)),
  shipped: { release: 0, version, entry: ENTRY },
  times: TIMES,
  start,
  log,
})
for (const end of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(end, () => launcher.stop())
await formerIsGone()
await launcher.run()
process.exit(0)

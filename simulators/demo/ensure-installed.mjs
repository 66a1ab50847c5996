/**
 * Runs before every npm script: installs what package-lock.json names when node_modules is not that. Plain JavaScript for any Node >= 20,
 * since on a fresh clone nothing is installed yet, not even the pinned Node. Prints to stderr only: stdout belongs to the script that follows.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, sep } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
/** Outside node_modules, which `npm ci` takes away. */
const lock = join(root, '.build', 'install.lock')
const POLL_MS = 250
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

const say = (text) => process.stderr.write(`${text}\n`)

const packagesOf = (path) => {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages
  } catch {
    return undefined
  }
}

/** npm writes node_modules/.package-lock.json when an installation is complete; it then lists what is really there. */
function isInstalled() {
  const wanted = packagesOf('package-lock.json')
  if (wanted === undefined) throw new Error('package-lock.json cannot be read')
  const there = packagesOf('node_modules/.package-lock.json')
  if (there === undefined || !existsSync(join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node'))) return false
  const same = (path) => there[path].version === wanted[path]?.version && there[path].integrity === wanted[path]?.integrity
  const mayBeMissing = (path) => path === '' || wanted[path].optional || wanted[path].devOptional
  return Object.keys(there).every(same) && Object.keys(wanted).every((path) => path in there || mayBeMissing(path))
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** The lock is a file with its owner's process id: linked into place, so that it is never there without one. */
function takeLock() {
  const mine = `${lock}.${process.pid}`
  mkdirSync(dirname(lock), { recursive: true })
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, lock)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(mine)
  }
}

/** Who holds the lock, if that process lives. The lock of a dead one is moved aside; the next attempt makes a new one. */
function holder() {
  try {
    const owner = readFileSync(lock, 'utf8')
    if (isAlive(Number(owner))) return owner
    const aside = `${lock}.of-${owner}`
    renameSync(lock, aside)
    // Another waiter may have done the same and taken the lock since; then it is that one's, and goes back.
    if (readFileSync(aside, 'utf8') !== owner) linkSync(aside, lock)
    rmSync(aside)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
  return undefined
}

/** `npm ci` takes away the Node in node_modules while it runs: what it needs must come from elsewhere. */
const isTakenAway = (path) => path.startsWith(join(root, 'node_modules') + sep)

function npm(...args) {
  const { npm_execpath: script, npm_node_execpath: node = process.execPath } = process.env
  const [program, ...first] = script && !isTakenAway(node) ? [node, script] : ['npm']
  const shell = first.length === 0 && process.platform === 'win32'
  const kept = (process.env.PATH ?? '').split(delimiter).filter((folder) => !isTakenAway(join(folder, '.')))
  const env = { ...process.env, PATH: kept.join(delimiter) }
  const run = spawnSync(program, [...first, ...args, '--loglevel=error'], { cwd: root, encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES, shell, env })
  return { ok: run.status === 0, said: `${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}` }
}

/**
 * No package's install script runs but that of `node`, which fetches the pinned Node for this machine; the native addons bring their binaries.
 * `allowScripts` in package.json says the same to an `npm install` by hand, but npm before 11 does not know it.
 */
function install() {
  say('Stillpoint installs the packages of its lockfile first; about a minute.')
  for (const args of [
    ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'],
    ['rebuild', 'node', '--ignore-scripts=false'],
  ]) {
    const { ok, said } = npm(...args)
    if (ok) continue
    say(`${said}\nThe installation did not succeed; npm says why above. Mend that and run the same command again.`)
    return false
  }
  if (isInstalled()) return true
  say('The installation went through, but node_modules is not what package-lock.json says. Delete node_modules and run the same command again.')
  return false
}

async function main() {
  let waiting = false
  while (!isInstalled()) {
    if (takeLock()) {
      try {
        if (!isInstalled() && !install()) return 1
      } finally {
        rmSync(lock, { force: true })
      }
    } else {
      const owner = holder()
      if (owner !== undefined && !waiting) say(`Stillpoint waits for process ${owner}, which is installing the packages.`)
      waiting ||= owner !== undefined
      await sleep(POLL_MS)
    }
  }
  return 0
}

process.exitCode = await main()

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemTimers } from '#protocol/node/clock.ts'
import type { ToScreen } from '#protocol/till-api/api.ts'
import { bridgeSocket, superviseTill, type TillOptions, type TillProcesses } from './processes.ts'

/** Programs in place of core and bridge: what they were started with comes back as a message or lies in a file. */
const CORE = `
  const seen = { args: process.argv.slice(2), screen: process.env.STILLPOINT_SCREEN_TOKEN, bridge: process.env.STILLPOINT_BRIDGE_TOKEN }
  process.on('message', (message) => {
    if (message.type === 'screen_opened') process.send({ type: 'screen', message: { type: 'view', view: seen } })
    if (message.type === 'screen') process.send({ type: 'screen', message: { type: 'outcome', id: message.message.id, outcome: { ok: true, value: null } } })
  })
  process.on('disconnect', () => process.exit())
  process.send({ type: 'something else' })
  console.log(JSON.stringify({ ready: true, screen: 'http://127.0.0.1:4711/' }))
`
const BRIDGE = `
  import { writeFileSync } from 'node:fs'
  writeFileSync(process.argv[3], JSON.stringify({ args: process.argv.slice(2), bridge: process.env.STILLPOINT_BRIDGE_TOKEN, screen: process.env.STILLPOINT_SCREEN_TOKEN }))
  process.on('disconnect', () => process.exit())
  console.log('{"ready":true}')
`

vi.setConfig({ testTimeout: 60_000 })
/** Patient: real processes start on a busy machine here. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

let folder = ''
let till: TillProcesses | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'till-'))
  mkdirSync(join(folder, 'app/terminal/core'), { recursive: true })
  mkdirSync(join(folder, 'app/firmware-bridge'))
  writeFileSync(join(folder, 'app/terminal/core/main.ts'), CORE)
  writeFileSync(join(folder, 'app/firmware-bridge/main.ts'), BRIDGE)
})
afterEach(async () => {
  await till?.stop()
  till = undefined
  rmSync(folder, { recursive: true, force: true })
})

const at = (name: string) => join(folder, name)
const pidOf = (name: string) => Number(readFileSync(at(`data/${name}.pid`), 'utf8'))

function start(over: Partial<TillOptions> = {}) {
  const screen: ToScreen[] = []
  const states: string[] = []
  const processes = superviseTill({
    nodePath: process.execPath,
    appRoot: at('app'),
    dataDir: at('data'),
    bridgeConfig: at('bridge.json'),
    httpPort: 4711,
    coreArgs: ['--mqtt', 'mqtt://127.0.0.1:1'],
    timers: systemTimers,
    log() {},
    onScreen: (message) => screen.push(message),
    onState: (state) => states.push(state),
    ...over,
  })
  till = processes
  return { processes, screen, states }
}

const clear = (id: string) => ({ type: 'command', id, command: { type: 'clearSale' } }) as const
const refused = (id: string) => ({ type: 'outcome', id, outcome: { ok: false, code: 'till.core_restarting' } })
const done = (id: string) => ({ type: 'outcome', id, outcome: { ok: true, value: null } })

test('core and bridge share one secret, only the core knows the other one, and both change with every launch', async () => {
  const { processes, screen, states } = start()
  await until(() => expect(states).toEqual(['up']))
  expect(processes.screenAddress()).toBe('http://127.0.0.1:4711/')
  processes.screenOpened()
  await until(() => expect(screen).toHaveLength(1))
  await until(() => expect(existsSync(at('bridge.json'))).toBe(true))
  const bridge = JSON.parse(readFileSync(at('bridge.json'), 'utf8')) as { args: unknown; bridge: string; screen?: string }
  const core = screen[0]?.type === 'view' ? screen[0].view : undefined
  const socket = at('data/bridge.sock')
  expect(bridge.args).toEqual(['--config', at('bridge.json'), '--socket', socket])
  expect(bridge.screen).toBeUndefined()
  expect(bridge.bridge).toMatch(/^[\w-]{43}$/)
  expect(core).toEqual({
    args: ['--data', at('data'), '--bridge-socket', socket, '--http-port', '4711', '--mqtt', 'mqtt://127.0.0.1:1'],
    screen: processes.screenToken,
    bridge: bridge.bridge,
  })
  expect(processes.screenToken).toMatch(/^[\w-]{43}$/)
  expect(processes.screenToken).not.toBe(bridge.bridge)
  expect(statSync(at('data')).mode & 0o777).toBe(0o700)
  await processes.stop()
  expect(start().processes.screenToken).not.toBe(processes.screenToken)
})

test('while there is no core a command is refused at once; afterwards the screen gets its view and commands work again', async () => {
  const { processes, screen, states } = start()
  processes.send(clear('too-early'))
  expect(screen).toEqual([refused('too-early')])
  processes.screenOpened()
  await until(() => expect(screen).toHaveLength(2))
  processes.send(clear('first'))
  await until(() => expect(screen[2]).toEqual(done('first')))

  process.kill(pidOf('core'), 'SIGKILL')
  await until(() => expect(states).toEqual(['up', 'restarting']))
  processes.send(clear('lost'))
  expect(screen[3]).toEqual(refused('lost'))
  await until(() => expect(screen[4]?.type).toBe('view'))
  expect(states).toEqual(['up', 'restarting', 'up'])
  processes.send(clear('second'))
  await until(() => expect(screen[5]).toEqual(done('second')))
})

test('with a launcher between, a core that ends comes back to the screen, and so does one whose launcher is killed', async () => {
  const launcher = resolve(import.meta.dirname, '../updates/main.ts')
  mkdirSync(at('app/terminal/updates'))
  writeFileSync(at('app/terminal/updates/main.ts'), `await import(${JSON.stringify(launcher)})`)
  mkdirSync(at('programs/releases/1'), { recursive: true })
  writeFileSync(at('programs/releases/1/core.mjs'), CORE)
  const good = { release: 1, version: '999.0.0', entry: 'core.mjs' }
  writeFileSync(at('programs/updates.json'), JSON.stringify({ good, refused: [], revision: 1, keys: 1 }))
  const { processes, screen, states } = start({ programs: { home: at('programs') } })
  processes.screenOpened()
  await until(() => expect(screen).toHaveLength(1))
  const [core, outer] = [pidOf('core'), pidOf('launcher')]

  process.kill(core, 'SIGKILL')
  await until(() => expect(screen).toHaveLength(2))
  expect([states, pidOf('launcher')]).toEqual([['up', 'restarting', 'up'], outer])
  expect(processes.screenAddress()).toBe('http://127.0.0.1:4711/')
  processes.send(clear('after'))
  await until(() => expect(screen.at(-1)).toEqual(done('after')))

  const second = pidOf('core')
  process.kill(outer, 'SIGKILL')
  await until(() => expect(screen).toHaveLength(4))
  expect([isRunning(second), pidOf('launcher') === outer]).toEqual([false, false])
})

test('a killed bridge comes back and the core does not notice', async () => {
  const { states } = start()
  await until(() => expect(states).toEqual(['up']))
  await until(() => expect(existsSync(at('bridge.json'))).toBe(true))
  const [core, bridge] = [pidOf('core'), pidOf('bridge')]
  process.kill(bridge, 'SIGKILL')
  await until(() => expect(pidOf('bridge')).not.toBe(bridge))
  expect(pidOf('core')).toBe(core)
  expect(states).toEqual(['up'])
})

test('core and bridge end when the process that supervises them is killed', async () => {
  const supervisor = at('supervisor.ts')
  const here = (path: string) => JSON.stringify(resolve(import.meta.dirname, path))
  writeFileSync(
    supervisor,
    `import { superviseTill } from ${here('processes.ts')}
     import { systemTimers } from ${here('../../protocol/node/clock.ts')}
     superviseTill({ nodePath: process.execPath, appRoot: ${JSON.stringify(at('app'))}, dataDir: ${JSON.stringify(at('data'))}, bridgeConfig: ${JSON.stringify(at('bridge.json'))},
       timers: systemTimers, log() {}, onScreen() {}, onState: (state) => console.log(state) })`,
  )
  const parent = spawn(process.execPath, [supervisor], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((up) => parent.stdout.once('data', up))
  await until(() => expect(existsSync(at('bridge.json'))).toBe(true))
  const pids = [pidOf('core'), pidOf('bridge')]
  parent.kill('SIGKILL')
  await until(() => expect(pids.filter(isRunning)).toEqual([]))
})

/** False for a process that ended and merely waits for an init that reaps it. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('the socket’s address fits wherever the data lies', () => {
  expect(bridgeSocket('/short', 'linux').path).toBe('/short/bridge.sock')
  expect(bridgeSocket('C:\\till', 'win32').path).toMatch(/^\\\\\.\\pipe\\stillpoint-[0-9a-f]{32}$/)
  const far = bridgeSocket(`/${'ü'.repeat(60)}`, 'linux')
  expect(Buffer.byteLength(far.path)).toBeLessThanOrEqual(103)
  expect(statSync(dirname(far.path)).mode & 0o777).toBe(0o700)
  far.remove()
  expect(existsSync(dirname(far.path))).toBe(false)
})

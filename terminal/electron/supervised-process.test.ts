import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MINUTE, SECOND, type Timers } from '#protocol/time.ts'
import { keepRunning, restartPause, type SupervisedProcess } from './supervised-process.ts'

/** Timers that go off when the test says so. */
function handTimers() {
  const pending = new Set<{ readonly delay: number; run(): void }>()
  const timers: Timers = {
    after(delay, run) {
      const timer = { delay, run }
      pending.add(timer)
      return () => void pending.delete(timer)
    },
  }
  return {
    timers,
    delays: () => [...pending].map(({ delay }) => delay),
    fire(delay: number) {
      const timer = [...pending].find((one) => one.delay === delay)
      expect(timer, `a timer of ${delay} ms`).toBeDefined()
      if (timer) pending.delete(timer)
      timer?.run()
    },
  }
}

vi.setConfig({ testTimeout: 60_000 })
/** Patient: real processes start on a busy machine here. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

let folder = ''
let running: SupervisedProcess | undefined
let hand = handTimers()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervised-'))
  hand = handTimers()
})
afterEach(async () => {
  const stopped = running?.stop()
  if (hand.delays().includes(5 * SECOND)) hand.fire(5 * SECOND)
  await stopped
  running = undefined
  rmSync(folder, { recursive: true, force: true })
})

function run(script: string, command = process.execPath) {
  const seen = { ready: [] as unknown[], messages: [] as unknown[], ended: 0, log: [] as string[] }
  const file = join(folder, 'program.mjs')
  writeFileSync(file, script)
  running = keepRunning(
    { name: 'program', command, args: [file], env: { ...process.env, GREETING: 'hello' }, pidFile: join(folder, 'program.pid') },
    { onReady: (line) => seen.ready.push(line), onMessage: (message) => seen.messages.push(message), onEnded: () => (seen.ended += 1) },
    { timers: hand.timers, log: (line) => seen.log.push(line) },
  )
  return { seen, program: running }
}

const pidOf = () => Number(readFileSync(join(folder, 'program.pid'), 'utf8'))

const ECHO = `
  process.on('message', (message) => process.send({ back: message, greeting: process.env.GREETING }))
  process.on('disconnect', () => process.exit())
  console.error('a word')
  console.log(JSON.stringify({ ready: true, screen: 'here' }))
  console.log(JSON.stringify({ not: 'ready twice' }))
`

test('a program is ready when it says so, takes messages and answers, and leaves no pid file when it is stopped', async () => {
  const { seen, program } = run(ECHO)
  await until(() => expect(seen.ready).toEqual([{ ready: true, screen: 'here' }]))
  expect(program.send({ a: 1 })).toBe(true)
  await until(() => expect(seen.messages).toEqual([{ back: { a: 1 }, greeting: 'hello' }]))
  await until(() => expect(seen.log.toSorted()).toEqual(['a word', '{"not":"ready twice"}']))
  const pid = pidOf()
  await program.stop()
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(existsSync(join(folder, 'program.pid'))).toBe(false)
  expect(program.send({ a: 2 })).toBe(false)
  expect(seen.ended).toBe(0)
  expect(hand.delays()).toEqual([])
})

test('a killed program is started again, later each time, until it has run for a minute', async () => {
  const { seen } = run(ECHO)
  let starts = 0
  const killed = async () => {
    starts += 1
    await until(() => expect(seen.ready).toHaveLength(starts))
    process.kill(pidOf(), 'SIGKILL')
    await until(() => expect(seen.ended).toBe(starts))
  }
  await killed()
  hand.fire(250)
  await killed()
  hand.fire(500)
  await killed()
  hand.fire(1000)
  await until(() => expect(seen.ready).toHaveLength(4))
  hand.fire(MINUTE)
  await killed()
  expect(hand.delays()).toEqual([250])
  expect(seen.log).toContain('program ended (SIGKILL); it is started again in 250 ms')
})

test('a program that cannot be started at all is tried again like one that ends', async () => {
  const { seen, program } = run('', join(folder, 'no-such-program'))
  await until(() => expect(seen.ended).toBe(1))
  expect(program.send({})).toBe(false)
  hand.fire(250)
  await until(() => expect(seen.ended).toBe(2))
  expect(hand.delays()).toEqual([500])
})

test('stopping while a restart is due leaves nothing behind', async () => {
  const { seen, program } = run('process.exit(3)')
  await until(() => expect(seen.ended).toBe(1))
  await program.stop()
  expect(hand.delays()).toEqual([])
})

test('a program that does not heed SIGTERM is killed when its grace is over', async () => {
  const { seen, program } = run(`process.on('SIGTERM', () => console.error('not yet')); setInterval(() => {}, 1000); console.log('{}')`)
  await until(() => expect(seen.ready).toHaveLength(1))
  const stopped = program.stop()
  await until(() => expect(seen.log).toContain('not yet'))
  hand.fire(5 * SECOND)
  await stopped
  expect(seen.ended).toBe(0)
})

test('a line without end does not fill the memory', async () => {
  const { seen } = run(`process.stderr.write('x'.repeat(5_000_000) + '\\n', () => console.log('{}')); setInterval(() => {}, 1000)`)
  await until(() => expect(seen.ready).toHaveLength(1))
  await until(() => expect(seen.log).toHaveLength(1))
  expect(seen.log[0]?.length).toBeLessThanOrEqual(8192)
})

test('pauses double from a quarter of a second and stay at half a minute', () => {
  expect([1, 2, 3, 7, 8, 1000].map(restartPause)).toEqual([250, 500, 1000, 16_000, 30_000, 30_000])
})

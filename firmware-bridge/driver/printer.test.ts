import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FromBridge } from '#protocol/device/messages.ts'
import { askStatus, askWhenDone, type StatusQuestion } from '../codec/escpos-status.ts'
import type { Effect, LineEvent } from './machine.ts'
import { ANSWER_TIMEOUT, FILLER, MAX_QUEUE, MAX_RESULTS, POLL, printerDriver, SETTLED, type PrintEvent, type PrinterState } from './printer.ts'

type PrintResult = Extract<FromBridge, { type: 'print_result' }>

/** Runs the driver and keeps what it did; timers run when a test says so. */
function startDriver() {
  let state: PrinterState = printerDriver.start
  const sent: string[] = []
  const results: PrintResult[] = []
  const timers = new Map<string, number>()
  const take = (effect: Effect) => {
    if (effect.type === 'send') sent.push(nameOf(effect.bytes))
    else if (effect.type === 'startTimer') timers.set(effect.timer, effect.after)
    else if (effect.type === 'stopTimer') timers.delete(effect.timer)
    else if (effect.report.type === 'print_result') results.push(effect.report)
  }
  const handle = (event: LineEvent | PrintEvent) => {
    const step = printerDriver.step(state, event)
    state = step.state
    step.effects.forEach(take)
  }
  return {
    sent,
    results,
    timers,
    handle,
    health: () => printerDriver.health(state),
    open: () => handle({ type: 'opened' }),
    close: () => handle({ type: 'closed', why: 'unplugged' }),
    say: (...bytes: number[]) => handle({ type: 'bytes', bytes: Uint8Array.from(bytes) }),
    print: (job: string) => handle({ type: 'print', job, bytes: new TextEncoder().encode(job), deadline: 5000 }),
    runTimer(timer: string) {
      expect(timers.has(timer)).toBe(true)
      timers.delete(timer)
      handle({ type: 'timer', timer })
    },
  }
}

const questions: readonly StatusQuestion[] = ['printer', 'offline', 'error', 'paper']
function nameOf(bytes: Uint8Array): string {
  const question = questions.find((one) => String(askStatus(one)) === String(bytes))
  if (question) return `? ${question}`
  if (bytes === FILLER) return 'filler'
  return String(bytes) === String(askWhenDone) ? '? done' : new TextDecoder().decode(bytes)
}

/** DLE EOT 1, 2, 4 answered by a printer that is fine; one without paper; one with its cover open. */
const FINE = [0x12, 0x12, 0x12]
const PAPER_OUT = [0x1a, 0x32, 0x7e]
const COVER_OPEN = [0x1a, 0x16, 0x12]
const DONE = 0x00

function startReady() {
  const driver = startDriver()
  driver.open()
  driver.say(...FINE)
  driver.sent.length = 0
  return driver
}

describe('a job', () => {
  it('is printed after a look at the printer, when the printer says that it has done it all', () => {
    const driver = startReady()
    driver.print('a')
    driver.say(...FINE)
    expect(driver.sent).toEqual(['? printer', '? offline', '? paper', 'a', '? done'])
    expect(driver.results).toEqual([])
    driver.say(DONE)
    expect(driver.results).toEqual([{ type: 'print_result', job: 'a', result: 'printed' }])
    expect([...driver.timers.keys()]).toEqual(['poll'])
  })

  it.each([
    ['device.paper_out', PAPER_OUT],
    ['device.cover_open', COVER_OPEN],
    ['device.fault', [0x1a, 0x52, 0x1a, 0x12]],
    ['device.fault', [0x1a, 0x12, 0x12]],
  ])('fails with %s while nothing of it was sent', (code, answers) => {
    const driver = startReady()
    driver.print('a')
    driver.say(...answers)
    expect(driver.results).toEqual([{ type: 'print_result', job: 'a', result: 'failed', code }])
    expect(driver.sent).not.toContain('a')
    expect(driver.health()).toMatchObject({ state: 'fault', code })
  })

  it('fails when there is no printer, or none that answers', () => {
    const driver = startDriver()
    driver.print('a')
    driver.open()
    driver.print('b')
    driver.runTimer('answer')
    expect(driver.results).toMatchObject([
      { job: 'a', result: 'failed', code: 'device.absent' },
      { job: 'b', result: 'failed', code: 'device.timeout' },
    ])
    expect(driver.health()).toMatchObject({ state: 'fault', code: 'device.timeout' })
  })

  it('is unknown once it was sent and the line broke or the deadline passed, and is never sent again', () => {
    for (const giveUp of ['line', 'deadline'] as const) {
      const driver = startReady()
      driver.print('a')
      driver.say(...FINE)
      if (giveUp === 'line') {
        driver.close()
        driver.open()
        driver.say(...FINE)
      } else driver.runTimer('deadline:a')
      expect(driver.results).toEqual([{ type: 'print_result', job: 'a', result: 'unknown', code: 'device.unknown_result' }])
      driver.print('a')
      expect(driver.results).toHaveLength(2)
      expect(driver.results[1]).toEqual(driver.results[0])
      expect(driver.sent.filter((bytes) => bytes === 'a')).toHaveLength(1)
    }
  })

  it('is not confirmed by the late answer to the job before it', () => {
    const driver = startReady()
    driver.print('a')
    driver.say(...FINE)
    driver.runTimer('deadline:a')
    driver.print('b')
    driver.say(...FINE)
    // Not sent yet: the printer is asked first, and answers for the first job as well.
    expect(driver.sent.slice(-2)).toEqual(['filler', '? done'])
    driver.say(DONE)
    driver.say(DONE)
    expect(driver.timers.get('settled')).toBe(SETTLED)
    expect(driver.sent).not.toContain('b')
    driver.runTimer('settled')
    expect(driver.sent.slice(-2)).toEqual(['b', '? done'])
    expect(driver.results).toHaveLength(1)
    driver.say(DONE)
    expect(driver.results.at(-1)).toEqual({ type: 'print_result', job: 'b', result: 'printed' })
  })

  it('waits for the one before it, in a short queue', () => {
    const driver = startReady()
    for (let i = 0; i <= MAX_QUEUE + 1; i++) driver.print(`job ${i}`)
    expect(driver.results).toMatchObject([{ job: `job ${MAX_QUEUE + 1}`, result: 'failed', code: 'device.busy' }])
    for (let i = 0; i <= MAX_QUEUE; i++) {
      driver.say(...FINE)
      driver.say(DONE)
    }
    const printed = driver.sent.filter((bytes) => bytes.startsWith('job'))
    expect(printed).toEqual(Array.from({ length: MAX_QUEUE + 1 }, (_, i) => `job ${i}`))
  })
})

describe('health', () => {
  it('is absent until the printer has answered, and again when its line is gone', () => {
    const driver = startDriver()
    expect(driver.health()).toMatchObject({ state: 'absent', code: 'device.absent' })
    driver.open()
    expect(driver.health().state).toBe('absent')
    driver.say(...FINE)
    expect(driver.health()).toMatchObject({ state: 'ready' })
    driver.close()
    expect(driver.health()).toMatchObject({ state: 'absent', detail: 'unplugged' })
  })

  it('is looked at again and again while nothing is printed', () => {
    const driver = startReady()
    expect(driver.timers.get('poll')).toBe(POLL)
    driver.runTimer('poll')
    expect(driver.timers.get('answer')).toBe(ANSWER_TIMEOUT)
    driver.say(...PAPER_OUT)
    expect(driver.health()).toMatchObject({ state: 'fault', code: 'device.paper_out' })
    driver.runTimer('poll')
    driver.say(0x12, 0x12, 0x1e)
    expect(driver.health()).toMatchObject({ state: 'ready', detail: 'paper near its end' })
  })

  it('counts bytes that answer nothing and does not mind them', () => {
    const driver = startReady()
    driver.say(0x11, 0x13, 0xff, DONE, 0x12)
    expect(driver.health()).toMatchObject({ state: 'ready', counters: { stray_bytes: 5 } })
  })
})

type Act = 'open' | 'close' | 'fine' | 'paper out' | 'done' | 'noise' | 'timer' | 'print'

/** Whatever happens in whatever order, nothing is printed twice and nobody is told an untruth. */
it('keeps its promises under any sequence of events', () => {
  const acts = fc.array(fc.tuple(fc.constantFrom<Act>('open', 'close', 'fine', 'fine', 'paper out', 'done', 'noise', 'timer', 'print', 'print'), fc.nat(40)), {
    maxLength: 150,
  })
  fc.assert(
    fc.property(acts, (list) => {
      const driver = startDriver()
      let open = false
      for (const [act, n] of list) {
        if (act === 'open' && !open) driver.open()
        else if (act === 'close') driver.close()
        else if (act === 'print') driver.print(`job ${n}`)
        else if (act === 'timer') [...driver.timers.keys()].slice(0, 1).forEach(driver.runTimer)
        else if (open) driver.say(...{ fine: FINE, 'paper out': PAPER_OUT, done: [DONE], noise: [n * 6], open: [] }[act])
        if (act === 'open' || act === 'close') open = act === 'open'
      }
      // Every deadline passes in the end.
      for (const timer of [...driver.timers.keys()].filter((name) => name.startsWith('deadline:'))) if (driver.timers.has(timer)) driver.runTimer(timer)

      const jobs = new Set(list.flatMap(([act, n]) => (act === 'print' ? [`job ${n}`] : [])))
      for (const job of jobs) {
        const told = new Set(driver.results.filter((result) => result.job === job).map(({ result }) => result))
        const times = driver.sent.filter((bytes) => bytes === job).length
        expect(told.size, `one result for ${job}`).toBe(1)
        expect(times, `${job} was ${[...told].join()}`).toBe(told.has('failed') ? 0 : 1)
      }
      expect([...driver.timers.keys()].filter((name) => name.startsWith('deadline:'))).toEqual([])
    }),
    { numRuns: 1000 },
  )
})

it('remembers a bounded number of results', () => {
  const driver = startDriver()
  for (let i = 0; i <= MAX_RESULTS; i++) driver.print(`job ${i}`)
  driver.print(`job ${MAX_RESULTS}`)
  driver.open()
  driver.print('job 1')
  expect(driver.results.at(-1)).toMatchObject({ job: 'job 1', result: 'failed', code: 'device.absent' })
  driver.print('job 0')
  driver.say(...FINE)
  expect(driver.sent).toContain('job 0')
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FromBridge } from '#protocol/device/messages.ts'
import { askStatus, askWhenDone, type StatusQuestion } from '../codec/escpos-status.ts'
import type { Effect, LineEvent, OrderEvent } from './machine.ts'
import {
  ANSWER_TIMEOUT,
  FILLER,
  MAX_QUEUE,
  MAX_RESULTS,
  POLL,
  printerDriver,
  SETTLED,
  type PrintEvent,
  type PrinterOptions,
  type PrinterState,
} from './printer.ts'

type PrintResult = Extract<FromBridge, { type: 'print_result' }>
type OrderResult = Extract<FromBridge, { type: 'order_result' }>

/** Runs the driver and keeps what it did; timers run when a test says so. */
function startDriver(options: PrinterOptions = { drawerPin: 2 }) {
  const driver = printerDriver(options)
  let state: PrinterState = driver.start
  const sent: string[] = []
  const results: PrintResult[] = []
  const orders: OrderResult[] = []
  const drawer: boolean[] = []
  const timers = new Map<string, number>()
  const take = (effect: Effect) => {
    if (effect.type === 'send') sent.push(nameOf(effect.bytes))
    else if (effect.type === 'startTimer') timers.set(effect.timer, effect.after)
    else if (effect.type === 'stopTimer') timers.delete(effect.timer)
    else if (effect.type !== 'report') throw new Error(`a printer cannot ${effect.type}`)
    else if (effect.report.type === 'print_result') results.push(effect.report)
    else if (effect.report.type === 'order_result') orders.push(effect.report)
    else if (effect.report.type === 'drawer') drawer.push(effect.report.open)
  }
  const handle = (event: LineEvent | PrintEvent | OrderEvent) => {
    const step = driver.step(state, event)
    state = step.state
    step.effects.forEach(take)
  }
  return {
    sent,
    results,
    orders,
    drawer,
    timers,
    handle,
    health: () => driver.health(state),
    open: () => handle({ type: 'opened' }),
    close: () => handle({ type: 'closed', why: 'unplugged' }),
    say: (...bytes: number[]) => handle({ type: 'bytes', bytes: Uint8Array.from(bytes) }),
    openDrawer: (order: string) => handle({ type: 'order', order, what: { do: 'open_drawer' }, deadline: 5000 }),
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
  const known = COMMANDS.find(([command]) => String(command) === String([...bytes]))
  return String(bytes) === String(askWhenDone) ? '? done' : (known?.[1] ?? new TextDecoder().decode(bytes))
}

/** From Epson's reference. */
const COMMANDS: readonly (readonly [readonly number[], string])[] = [
  [[0x1b, 0x70, 0, 50, 200], 'kick'],
  [[0x1b, 0x70, 1, 50, 200], 'kick pin 5'],
  [[0x10, 0x14, 1, 0, 1], 'kick now'],
  [[0x10, 0x05, 1], 'resume'],
  [[0x10, 0x05, 2], 'discard'],
]

/** DLE EOT 1, 2, 4 answered by a printer that is fine; one without paper; one with its cover open. */
const FINE = [0x12, 0x12, 0x12]
const PAPER_OUT = [0x1a, 0x32, 0x7e]
const COVER_OPEN = [0x1a, 0x16, 0x12]
const CUTTER_JAM = [0x1a, 0x52, 0x1a, 0x12]
const DRAWER_OPEN = [0x16, 0x12, 0x12]
const DONE = 0x00

function startReady(options?: PrinterOptions) {
  const driver = startDriver(options)
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
      } else driver.runTimer('deadline:print:a')
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
    driver.runTimer('deadline:print:a')
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

describe('the drawer', () => {
  it('is open when the printer has carried that out', () => {
    const driver = startReady()
    driver.openDrawer('a')
    driver.say(...FINE)
    expect(driver.sent.slice(-2)).toEqual(['kick', '? done'])
    expect(driver.orders).toEqual([])
    driver.say(DONE)
    expect(driver.orders).toEqual([{ type: 'order_result', order: 'a', result: 'done' }])
  })

  it('is kicked once for one order, in its turn behind a receipt', () => {
    const driver = startReady({ drawerPin: 5 })
    driver.print('a')
    driver.openDrawer('a')
    driver.openDrawer('a')
    for (let i = 0; i < 2; i++) driver.say(...FINE, DONE)
    driver.openDrawer('a')
    expect(driver.sent.filter((bytes) => !bytes.startsWith('?'))).toEqual(['a', 'kick pin 5'])
    expect(driver.results).toHaveLength(1)
    expect(driver.orders.map(({ result }) => result)).toEqual(['done', 'done'])
  })

  it.each([
    ['out of paper', PAPER_OUT],
    ['open', COVER_OPEN],
  ])('opens at a printer that is %s: change must be given', (_, answers) => {
    const driver = startReady()
    driver.openDrawer('a')
    driver.say(...answers)
    expect(driver.sent.slice(-2)).toEqual(['kick now', '? printer'])
    driver.say(...answers)
    expect(driver.orders).toMatchObject([{ order: 'a', result: 'done' }])
  })

  it('is unknown when the printer said nothing after the kick, and failed when it never answered', () => {
    const driver = startReady()
    driver.openDrawer('a')
    driver.say(...PAPER_OUT)
    driver.runTimer('answer')
    driver.openDrawer('b')
    driver.runTimer('answer')
    driver.close()
    driver.openDrawer('c')
    expect(driver.orders).toMatchObject([
      { order: 'a', result: 'unknown', code: 'device.timeout' },
      { order: 'b', result: 'failed', code: 'device.timeout' },
      { order: 'c', result: 'failed', code: 'device.absent' },
    ])
  })

  it('is not there: unsupported, as is every other order', () => {
    const driver = startReady({ drawerPin: null })
    driver.openDrawer('a')
    const other = startReady()
    other.handle({ type: 'order', order: 'b', what: { do: 'zero' }, deadline: 1000 })
    expect([...driver.orders, ...other.orders]).toMatchObject([
      { order: 'a', result: 'failed', code: 'device.unsupported' },
      { order: 'b', result: 'failed', code: 'device.unsupported' },
    ])
  })

  it('tells when it opens and shuts, once it has shown that it is wired', () => {
    const driver = startDriver()
    driver.open()
    driver.say(...DRAWER_OPEN)
    expect(driver.drawer).toEqual([])
    for (const answers of [FINE, FINE, DRAWER_OPEN, FINE]) {
      driver.runTimer('poll')
      driver.say(...answers)
    }
    expect(driver.drawer).toEqual([false, true, false])
  })
})

describe('what a printer says by itself', () => {
  /** GS a: drawer high; cover open and offline; all well. */
  const AUTOMATIC = { drawerOpen: [0x14, 0, 0, 0], coverOpen: [0x38, 0, 0, 0], fine: [0x10, 0, 0, 0] }

  it('is known at once', () => {
    const driver = startReady()
    driver.say(...AUTOMATIC.coverOpen)
    expect(driver.health()).toMatchObject({ state: 'fault', code: 'device.cover_open' })
    driver.say(...AUTOMATIC.drawerOpen)
    expect(driver.health()).toMatchObject({ state: 'ready', counters: { stray_bytes: 0 } })
    expect(driver.drawer).toEqual([false, true])
  })

  it('confirms no receipt, however it is cut up', () => {
    const driver = startReady()
    driver.print('a')
    driver.say(...FINE)
    for (const byte of [...AUTOMATIC.drawerOpen, ...AUTOMATIC.fine]) driver.say(byte)
    expect(driver.results).toEqual([])
    driver.say(DONE)
    expect(driver.results).toMatchObject([{ job: 'a', result: 'printed' }])
  })

  it('is dropped when half of it is lost', () => {
    const driver = startReady()
    driver.say(0x10, 0)
    driver.print('a')
    driver.say(...FINE, DONE)
    expect(driver.results).toMatchObject([{ job: 'a', result: 'printed' }])
  })
})

describe('a jammed cutter', () => {
  it('is told to go on with a receipt that is waited for', () => {
    const driver = startReady()
    driver.print('a')
    driver.say(...FINE)
    driver.runTimer('poll')
    driver.say(...CUTTER_JAM)
    expect(driver.sent.at(-1)).toBe('resume')
    driver.say(DONE)
    expect(driver.results).toMatchObject([{ job: 'a', result: 'printed' }])
  })

  it('is told to forget a receipt that was given up', () => {
    const driver = startReady()
    driver.print('a')
    driver.say(...FINE)
    driver.runTimer('deadline:print:a')
    driver.runTimer('poll')
    driver.say(...CUTTER_JAM)
    expect(driver.sent.at(-1)).toBe('discard')
    expect(driver.health().counters['recoveries']).toBe(1)
  })
})

type Act = 'drawer' | 'automatic' | 'jam' | 'open' | 'close' | 'fine' | 'paper out' | 'done' | 'noise' | 'timer' | 'print'

/** Whatever happens in whatever order, nothing is printed twice and nobody is told an untruth. */
it('keeps its promises under any sequence of events', () => {
  const acts = fc.array(
    fc.tuple(
      fc.constantFrom<Act>('drawer', 'automatic', 'jam', 'open', 'close', 'fine', 'fine', 'paper out', 'done', 'noise', 'timer', 'print', 'print'),
      fc.nat(40),
    ),
    {
      maxLength: 150,
    },
  )
  fc.assert(
    fc.property(acts, (list) => {
      const driver = startDriver()
      let open = false
      for (const [act, n] of list) {
        if (act === 'open' && !open) driver.open()
        else if (act === 'close') driver.close()
        else if (act === 'print') driver.print(`job ${n}`)
        else if (act === 'drawer') driver.openDrawer(`${n}`)
        else if (act === 'timer') [...driver.timers.keys()].slice(0, 1).forEach(driver.runTimer)
        else if (open)
          driver.say(...{ fine: FINE, 'paper out': PAPER_OUT, done: [DONE], noise: [n * 6], open: [], jam: CUTTER_JAM, automatic: [0x10, 0, 0, 0] }[act])
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
      const asked = new Set(list.flatMap(([act, n]) => (act === 'drawer' ? [`${n}`] : [])))
      for (const order of asked) expect(new Set(driver.orders.filter((one) => one.order === order).map(({ result }) => result)).size, `order ${order}`).toBe(1)
      const kicks = driver.sent.filter((bytes) => bytes.startsWith('kick')).length
      expect(kicks).toBeLessThanOrEqual(asked.size)
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

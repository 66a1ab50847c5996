import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FromBridge } from '#protocol/device/messages.ts'
import { startBridgeProcess, type BridgeProcess } from '../device/bridge-process.ts'
import { startDisplay } from '../device/display.ts'
import { canMakePty } from '../device/line.ts'
import { startPrinter } from '../device/printer.ts'
import { startScale } from '../device/scale.ts'
import { startScanner, type SimulatedScanner } from '../device/scanner.ts'
import { Random } from '../world/random.ts'
import { codecSpeeds, overall, type CodecSpeed } from './codec-speed.ts'
import { rounded, percentile } from './percentile.ts'
import { openPtyFloor } from './pty-floor.ts'
import { residentMb } from './resident.ts'

const SCANNERS = 24
const WARM_UP = 200
const SCANS = 2000
/** Codes that a scanner sends at once, and all of them must be there before the next ones: the bridge is asked for as much as it can do, not more. */
const BURST = 16
/** 400 codes a second from each scanner: below what the bridge takes for a device that floods. */
const BURST_EVERY_MS = 40
/** No more than this can come out, however fast the bridge is. */
const MOST_PER_SECOND = (SCANNERS * BURST * 1000) / BURST_EVERY_MS
const BUSY_MS = 5000
const PATIENCE_MS = 10_000
/** Of the bridge's process: what it has just said is in memory for a moment yet. */
const REST_MS = 1000

export const devicesHelp = `devices                  byte written by a simulated scanner on a real pseudo-terminal → event at the till's end of the bridge's socket, with the
                         real bridge process, while a printer prints, a scale is read and a display is written (${SCANS} scans; goal: p99 <= 5 ms),
                         next to a round trip over such a line without the bridge. Then ${SCANNERS} scanners at once, each at most ${(BURST * 1000) / BURST_EVERY_MS} codes
                         a second, since one that sends more is cut off: events_per_s is what the bridge, the simulators and this till carry together
                         on this machine, and cannot exceed ${MOST_PER_SECOND}. Then the memory that the bridge gained by it, and how fast every codec reads
                         valid bytes and noise (all together; each by itself under "detail").`

export type DeviceFigures = { readonly metrics: Readonly<Record<string, number>>; readonly detail: readonly CodecSpeed[] }

/** Milliseconds from a device to the till, events and megabytes a second, and what the bridge's memory grows by. */
export async function devices(scratch: string): Promise<DeviceFigures> {
  if (!canMakePty()) throw new Error('there are no pseudo-terminals here: this needs Linux with util-linux')
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'devices-'))
  const arrivals = new Map<string, () => void>()
  const counter = await openCounter(folder, (message) => {
    if (message.type === 'scan') arrivals.get(message.text)?.()
  })
  try {
    const heard = (code: string): Promise<boolean> => arrived(arrivals, code)
    const latency = await measureLatency(counter, heard)
    await measureRate(counter, heard, BUSY_MS / 5)
    await rest(REST_MS)
    const before = residentMb(counter.bridge.pid)
    const rate = await measureRate(counter, heard, BUSY_MS)
    await rest(REST_MS)
    const growth = residentMb(counter.bridge.pid) - before
    const detail = codecSpeeds()
    return {
      metrics: {
        ...latency.metrics,
        events_per_s: rate.perSecond,
        codec_mb_per_s: overall(detail),
        rss_growth_mb: rounded(growth, 1),
        rss_mb: rounded(before + growth, 1),
        lost: latency.lost + rate.lost,
      },
      detail,
    }
  } finally {
    await counter.close()
    rmSync(folder, { recursive: true })
  }
}

type Counter = { readonly bridge: BridgeProcess; readonly scanners: readonly SimulatedScanner[]; readonly close: () => Promise<void> }

/** All serial devices of a counter, each with something to do the whole time. */
async function openCounter(folder: string, onMessage: (message: FromBridge) => void): Promise<Counter> {
  const scanners = await Promise.all(Array.from({ length: SCANNERS }, () => startScanner()))
  const [printer, scale, display] = await Promise.all([
    startPrinter(),
    startScale({ protocol: 'toledo-8217', unit: 'kg' }),
    startDisplay({ protocol: 'cd5220' }),
  ])
  const answered = new Map<string, () => void>()
  const bridge = await startBridgeProcess(
    folder,
    {
      devices: [
        ...scanners.map((scanner, at) => ({ id: `scanner-${at}`, kind: 'scanner', transport: scanner.transport() })),
        { id: 'printer', kind: 'printer', transport: printer.transport() },
        { id: 'scale', kind: 'scale', transport: scale.transport(), protocol: 'toledo-8217', unit: 'kg' },
        { id: 'display', kind: 'display', transport: display.transport(), protocol: 'cd5220' },
      ],
    },
    {
      onMessage(message) {
        onMessage(message)
        if (message.type === 'print_result') answered.get(message.job)?.()
        if (message.type === 'order_result') answered.get(message.order)?.()
      },
    },
  )
  const deadline = performance.now() + PATIENCE_MS
  const isReady = (id: string) => bridge.health(id)?.state === 'ready'
  const ids = [...scanners.keys()].map((at) => `scanner-${at}`)
  while (![...ids, 'printer', 'scale', 'display'].every(isReady)) {
    if (performance.now() > deadline) throw new Error('not all devices are ready')
    await rest(20)
  }
  let busy = true
  const random = new Random('a busy counter')
  const answerTo = (id: string) => new Promise<void>((resolve) => answered.set(id, resolve)).then(() => answered.delete(id))
  const keepPrinting = async () => {
    for (let n = 1; busy; n++) {
      const job = `job-${n}`
      const result = answerTo(job)
      bridge.send({ type: 'print', job, document: [{ kind: 'pair', left: `Receipt ${n}`, right: '1.00' }, { kind: 'rule' }], deadlineMs: 5000 })
      await result
    }
  }
  const keepShowing = async () => {
    for (let n = 1; busy; n++) {
      const order = `show-${n}`
      const result = answerTo(order)
      bridge.send({ type: 'order', order, what: { do: 'show', lines: [`Line ${n}`, 'Total 1.00'] }, deadlineMs: 5000 })
      await result
    }
  }
  const keepWeighing = async () => {
    while (busy) {
      scale.put(random.chance(0.3) ? 0 : random.between(50, 5000))
      await rest(random.between(100, 500))
    }
  }
  const work = [keepPrinting(), keepShowing(), keepWeighing()]
  return {
    bridge,
    scanners,
    async close() {
      busy = false
      await Promise.race([Promise.all(work), rest(PATIENCE_MS)])
      bridge.kill('SIGTERM')
      await bridge.ended
      for (const device of [...scanners, printer, scale, display]) device.close()
    },
  }
}

type Heard = (code: string) => Promise<boolean>

async function measureLatency({ scanners }: Counter, heard: Heard): Promise<{ readonly metrics: Record<string, number>; readonly lost: number }> {
  const floor = await openPtyFloor()
  const random = new Random('scans')
  const times: number[] = []
  const floors: number[] = []
  let lost = 0
  for (let i = 0; i < WARM_UP + SCANS; i++) {
    const scanner = scanners[i % scanners.length]
    const code = codeOf(i)
    // Not in step with anything that the other devices do.
    await rest(random.between(1, 4))
    const arrival = heard(code)
    const started = performance.now()
    void scanner?.scan(code)
    const came = await arrival
    const took = performance.now() - started
    const floorTook = await floor.roundTrip(new TextEncoder().encode(`${code}\r\n`))
    if (!came) lost++
    if (!came || i < WARM_UP) continue
    times.push(took)
    floors.push(floorTook)
  }
  floor.close()
  const [p50, p99, floorP50, floorP99] = [percentile(times, 0.5), percentile(times, 0.99), percentile(floors, 0.5), percentile(floors, 0.99)]
  return {
    metrics: {
      event_p50_ms: rounded(p50),
      event_p99_ms: rounded(p99),
      floor_p50_ms: rounded(floorP50),
      floor_p99_ms: rounded(floorP99),
      ratio_p50: rounded(p50 / floorP50, 2),
      ratio_p99: rounded(p99 / floorP99, 2),
    },
    lost,
  }
}

let rates = 0

async function measureRate({ scanners }: Counter, heard: Heard, forMs: number): Promise<{ readonly perSecond: number; readonly lost: number }> {
  const started = performance.now()
  const round = ++rates
  const counts = await Promise.all(
    scanners.map(async (scanner, at) => {
      let came = 0
      let lost = 0
      for (let burst = 0; performance.now() - started < forMs; burst++) {
        const codes = Array.from({ length: BURST }, (_, i) => `${round}-${at}-${burst * BURST + i}`)
        const arrivals = Promise.all(codes.map(heard))
        const [all] = await Promise.all([arrivals, scanner.scan(codes), rest(BURST_EVERY_MS)])
        came += all.filter(Boolean).length
        lost += all.filter((one) => !one).length
      }
      return { came, lost }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const sum = (of: 'came' | 'lost') => counts.reduce((total, count) => total + count[of], 0)
  return { perSecond: Math.round(sum('came') / seconds), lost: sum('lost') }
}

/** Whether it came at all, within a time in which anything comes. */
async function arrived(arrivals: Map<string, () => void>, code: string): Promise<boolean> {
  let giveUp = () => {}
  const came = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE_MS)
    giveUp = () => clearTimeout(timer)
    arrivals.set(code, () => resolve(true))
  })
  giveUp()
  arrivals.delete(code)
  return came
}

const codeOf = (n: number): string => `20${String(n).padStart(11, '0')}`
const rest = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

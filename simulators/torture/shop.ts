import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { unhex } from '#protocol/bytes.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { SECOND } from '#protocol/time.ts'
import type { View } from '#protocol/till-api/api.ts'
import { readIdentity } from '../../terminal/core/identity.ts'
import { freePort, ROOT } from '../demo/shop.ts'
import type { Random } from '../world/random.ts'
import { ackTap } from './ack-tap.ts'
import { ackLine, artifactNames, lineFile, type AckLine, type ApprovedLine, type CodeLine } from './artifacts.ts'
import { brokerProgram } from './broker.ts'
import { openCashier } from './cashier.ts'
import { crowd } from './customers.ts'
import type { Victim } from './killer.ts'
import { restartedProcess, type RestartedProcess } from './restarted-process.ts'
import { roughLine, type RoughLine } from './rough-line.ts'
import { openScreen, type Screen } from './screen.ts'

export type TortureShopOptions = {
  readonly data: string
  readonly artifacts: string
  readonly tills: number
  readonly random: Random
  readonly log: (line: string) => void
  /** How a core is started, where it is not simply run: a command that runs another one, and what that one's environment has besides. */
  readonly coresUnder?: { readonly command: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> }
}

/** Real processes: a broker, a hub, tills, each on a line of its own to the broker; and people who sell and buy. */
export type TortureShop = {
  readonly victims: readonly Victim[]
  readonly lines: readonly RoughLine[]
  readonly approved: number
  /** Of each process: ends that nobody asked for. */
  readonly ends: readonly string[]
  startSelling(): Promise<void>
  stopSelling(): Promise<void>
  /** Resolves when every till is online with nothing waiting and the hub has settled everything; rejects with what hangs when patience is over. */
  drained(patience: number): Promise<void>
  /** Stops everything; the files stay. */
  stop(): Promise<void>
}

type ShopTill = {
  readonly name: string
  readonly core: RestartedProcess
  readonly screen: Screen
  readonly line: RoughLine
  scanned: string
  nextScan: (() => void)[]
}

/** Weights of who is killed. */
const CORE = 3
const HUB = 5
const BROKER = 3
const READY_PATIENCE = 30 * SECOND
const POLL = 100

const newTill = z.object({ code: z.string() })
const counts = z.object({ counts: z.object({ unsettledEntries: z.int() }) })

export async function openTortureShop({ data, artifacts, tills: howMany, random, log, coresUnder }: TortureShopOptions): Promise<TortureShop> {
  const stops: (() => Promise<void> | void)[] = []
  const pause = (): number => random.between(20, 250)
  const run = (program: Parameters<typeof restartedProcess>[0]): RestartedProcess => {
    const started = restartedProcess(program, pause, log)
    stops.push(() => started.stop())
    return started
  }
  const files = {
    approved: lineFile<ApprovedLine>(artifacts, artifactNames.approved),
    codes: lineFile<CodeLine>(artifacts, artifactNames.codes),
    acks: lineFile<AckLine>(artifacts, artifactNames.acks),
  }
  stops.push(() => {
    for (const file of Object.values(files)) file.close()
  })
  mkdirSync(data, { recursive: true, mode: 0o700 })

  const brokerPort = await freePort(0, 'the broker', log)
  const broker = run(brokerProgram(data, brokerPort))
  const hubLine = await roughLine(brokerPort, random.split('the hub’s line'), () => ({ up: () => {}, down: () => {} }))
  stops.push(() => hubLine.close())
  const hubPort = await freePort(0, 'the hub', log)
  const hubUrl = `http://127.0.0.1:${hubPort}`
  const hub = run({
    name: 'hub',
    command: process.execPath,
    args: [join(ROOT, 'hub/main.ts'), '--data', join(data, 'hub'), '--http-port', String(hubPort), '--mqtt-port', '0', '--demo'],
    env: { BROKER: `mqtt://hub:hub@127.0.0.1:${hubLine.port}` },
    ours: true,
  })
  await hub.untilReady(READY_PATIENCE)

  let nextBatch: (() => void)[] = []
  const sent = (): void => {
    const waiting = nextBatch
    nextBatch = []
    for (const then of waiting) then()
  }
  const onBatch = (then: () => void): void => void nextBatch.push(then)
  const approved = new Set<string>()

  async function openTill(index: number): Promise<ShopTill> {
    const name = `till-${index + 1}`
    const folder = join(data, name)
    let identity: ReturnType<typeof identityIn>
    const tap = ackTap({
      crypto: nodeCrypto,
      identity: () => (identity ??= identityIn(folder)),
      sent,
      acknowledged: (ack) => files.acks.write(ackLine(ack, systemClock.now())),
    })
    const line = await roughLine(brokerPort, random.split(`the line of ${name}`), tap)
    stops.push(() => line.close())
    const port = await freePort(0, name, log)
    const token = randomBytes(24).toString('base64url')
    const folders = ['--data', folder, '--bridge-socket', join(folder, 'no-bridge.sock')]
    const enrolment = ['--hub', hubUrl, '--enrol', await enrolmentCode(hubUrl, name)]
    const coreArgs = [join(ROOT, 'terminal/core/main.ts'), ...folders, ...enrolment, '--http-port', String(port), '--mqtt', `mqtt://127.0.0.1:${line.port}`]
    const [command, ...args] = [...(coresUnder?.command ?? []), process.execPath, ...coreArgs]
    const core = run({
      name,
      command: command ?? process.execPath,
      args,
      env: { STILLPOINT_SCREEN_TOKEN: token, STILLPOINT_BRIDGE_TOKEN: randomBytes(24).toString('base64url'), ...coresUnder?.env },
      ours: true,
    })
    const screen = openScreen(port, token, (view) => shown(till, view))
    stops.push(() => screen.close())
    const till: ShopTill = { name, core, screen, line, scanned: '', nextScan: [] }
    if ((await screen.until(isDrained, READY_PATIENCE)) === undefined) throw new Error(`${name} did not come online: ${JSON.stringify(screen.view?.link)}`)
    return till
  }

  /** The moment in which a cashier believes it. */
  function shown(till: ShopTill, { tender, till: { id, currency } }: View): void {
    if (tender.stage !== 'approved' || approved.has(tender.paymentId)) return
    approved.add(tender.paymentId)
    files.approved.write({ payment_id: tender.paymentId, amount_minor: tender.amountMinor, currency, till: id, at_ms: systemClock.now() })
    files.codes.write({ payment_id: tender.paymentId, code_sha256: createHash('sha256').update(till.scanned).digest('hex') })
  }

  const tills: ShopTill[] = []
  try {
    for (let index = 0; index < howMany; index++) tills.push(await openTill(index))
  } catch (error) {
    for (const stop of stops.toReversed()) await stop()
    throw error
  }

  let closeCashiers = (): Promise<unknown> => Promise.resolve()
  const processes = [broker, hub, ...tills.map(({ core }) => core)]
  return {
    victims: [
      { process: broker, weight: BROKER, nextWrite: onBatch },
      { process: hub, weight: HUB, nextWrite: onBatch },
      ...tills.map((till) => ({ process: till.core, weight: CORE, nextWrite: (then: () => void) => void till.nextScan.push(then) })),
    ],
    lines: [hubLine, ...tills.map(({ line }) => line)],
    get approved() {
      return approved.size
    },
    get ends() {
      return processes.flatMap(({ ends }) => ends)
    },
    async startSelling() {
      const customers = await crowd(hubUrl, random.split('customers'))
      const cashiers = tills.map((till) =>
        openCashier({
          screen: till.screen,
          customers,
          random: random.split(`cashier of ${till.name}`),
          scanning(code) {
            till.scanned = code
            for (const then of till.nextScan.splice(0)) then()
          },
        }),
      )
      closeCashiers = async () => {
        await Promise.all(cashiers.map((cashier) => cashier.close()))
        customers.close()
      }
    },
    stopSelling: async () => void (await closeCashiers()),
    async drained(patience) {
      for (const till of tills) {
        const view = await till.screen.until(isDrained, patience)
        if (view === undefined) throw new Error(`${till.name} did not drain: ${JSON.stringify(till.screen.view?.link)} ${till.screen.view?.till.blocked ?? ''}`)
      }
      await settled(hubUrl, patience)
    },
    async stop() {
      await closeCashiers()
      for (const stop of stops.toReversed()) await stop()
    },
  }
}

const isDrained = ({ till, link }: View): boolean => till.blocked === undefined && link.state === 'online' && link.waiting.entries === 0

function identityIn(folder: string) {
  const file = readIdentity(folder)
  const rootPublicKey = unhex(file?.rootPublicKey ?? '')
  return file === undefined || rootPublicKey === undefined ? undefined : { till: file.till, rootPublicKey }
}

async function enrolmentCode(hub: string, name: string): Promise<string> {
  const response = await fetch(new URL('/api/tills', hub), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) })
  return newTill.parse(await response.json()).code
}

async function settled(hub: string, patience: number): Promise<void> {
  const until = systemClock.monotonic() + patience
  for (;;) {
    const seen = await fetch(new URL('/api/overview', hub)).then(
      async (response) => counts.parse(await response.json()).counts.unsettledEntries,
      () => undefined,
    )
    if (seen === 0) return
    if (systemClock.monotonic() > until) throw new Error(`the hub did not settle ${seen ?? 'anything, since it is not there'}`)
    await new Promise<void>((done) => void systemTimers.after(POLL, done))
  }
}

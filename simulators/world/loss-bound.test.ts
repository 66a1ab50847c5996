import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { WorstCaseView } from '#protocol/hub-api/policy.ts'
import { invariant } from '#protocol/outcome.ts'
import { readRequest } from '#protocol/payment-code/request.ts'
import { MINUTE, SECOND } from '#protocol/time.ts'
import { walletAccount } from '../../hub/ledger/names.ts'
import type { Customer } from './customer.ts'
import { Random } from './random.ts'
import { Scene } from './scene.ts'
import type { TillMachine } from './till-machine.ts'

const WORLDS = 24
/** Enough for the largest limit, which is lent only to who has it; then it is spent elsewhere. */
const FUNDS = 8000

type Point = {
  readonly seed: number
  readonly boundMinor: number
  readonly lossMinor: number
  readonly instrumentBound: number
  readonly instrumentLoss: number
}

/** All tills are cut off; everybody who pays has nothing, and everybody tells everybody which till still takes something. */
async function plunder(seed: number): Promise<Point> {
  const random = new Random(`plunder ${seed}`)
  const scene = new Scene({ seed })
  await scene.hub.start()
  for (let till = random.between(1, 4); till > 0; till--) await scene.addTill(`Till ${till}`)
  const gang: Customer[] = []
  for (let number = random.between(1, 12); number > 0; number--) gang.push(await scene.addCustomer(`gang ${number}`, FUNDS))
  for (const machine of scene.tills) machine.start()
  await scene.pass(MINUTE)
  spendElsewhere(scene, gang)
  const worst = await signAnything(scene, random)
  await scene.pass(MINUTE)
  for (const machine of scene.tills) machine.line.pull()
  await scene.pass(10 * SECOND)
  for (const machine of scene.tills) for (const customer of gang) while (pays(scene, machine, customer, random)) await scene.pass(SECOND)
  for (const machine of scene.tills) machine.line.plug()
  await scene.pass(3 * MINUTE)
  const lost = [...scene.hub.disk.rows.payments.values()].filter(({ state }) => state === 'RETRY' || state === 'RECOVERY')
  const lossOf = (wallet?: string) => lost.reduce((sum, payment) => (wallet === undefined || payment.wallet === wallet ? sum + payment.capturedMinor : sum), 0)
  const { lossMinor: boundMinor, instrumentMinor: instrumentBound } = worst
  return { seed, boundMinor, instrumentBound, lossMinor: lossOf(), instrumentLoss: Math.max(...gang.map(({ wallet }) => lossOf(wallet.wallet))) }
}

/** Online, in shops that this world does not have: the credentials are out, and almost nothing is left to pay for what they buy. */
function spendElsewhere({ hub }: Scene, gang: readonly Customer[]): void {
  const { accounts } = hub.disk.rows
  for (const { wallet } of gang) {
    const account = accounts.get(walletAccount(wallet.wallet))
    invariant(account !== undefined, 'a wallet has an account')
    accounts.set(account.id, { ...account, debitsPosted: account.creditsPosted - 1n })
  }
}

/** What the console says of it when it is signed. */
async function signAnything(scene: Scene, random: Random): Promise<WorstCaseView> {
  const { running } = scene.hub
  invariant(running !== undefined, 'the hub is up')
  const { rules } = await running.hub.policy.state()
  const counted = random.chance(0.5)
    ? { instruments: { wallet_bound: { perPaymentMinor: 3000, perInstrumentMinor: 9000, perInstrumentCount: random.between(1, 3) } } }
    : {}
  const offline = { ...rules.offline, ...counted, perTillMinor: random.between(1000, 20_000), perInstrumentMinor: random.between(500, 6000) }
  const storeMinor = random.chance(0.3) ? undefined : random.between(2000, 40_000)
  const { worst } = await running.hub.policy.sign({ ...rules, offline, storeMinor })
  return worst
}

/** Buys for as much as this till still takes. False when it takes nothing more from this wallet. */
function pays(scene: Scene, machine: TillMachine, customer: Customer, random: Random): boolean {
  const [cheap, , , dear] = scene.products
  for (const product of random.chance(0.5) ? [dear, cheap] : [cheap]) {
    machine.command({ type: 'cancelPayment' })
    machine.command({ type: 'continue' })
    machine.command({ type: 'clearSale' })
    machine.scan(product?.gtin ?? '')
    machine.command({ type: 'takePayment' })
    const tender = machine.view?.tender
    const request = tender?.stage === 'awaiting_code' ? readRequest(tender.request) : undefined
    if (tender?.stage !== 'awaiting_code' || request?.ok !== true) return false
    const code = customer.answer(tender.request, request.value.request.issuedAtMs)
    if (machine.scan(code?.text ?? '')?.ok === true) return true
  }
  return false
}

test('what is lost never exceeds what the console says, and comes near to it', async () => {
  const points: Point[] = []
  for (let seed = 1; seed <= WORLDS; seed++) points.push(await plunder(seed))
  plot(points)
  for (const point of points) {
    expect(point.lossMinor, JSON.stringify(point)).toBeLessThanOrEqual(point.boundMinor)
    expect(point.instrumentLoss, JSON.stringify(point)).toBeLessThanOrEqual(point.instrumentBound)
  }
  // A bound that nothing comes near to would be no bound but a guess.
  expect(Math.max(...points.map(({ lossMinor, boundMinor }) => lossMinor / boundMinor))).toBeGreaterThan(0.9)
}, 60_000)

/** Loss against bound, one dot a world; none may be above the line. */
function plot(points: readonly Point[]): void {
  const most = Math.max(...points.map(({ boundMinor }) => boundMinor))
  const at = (minor: number): number => Math.round((minor / most) * 400)
  const dots = points.map(
    ({ boundMinor, lossMinor, seed }) => `<circle cx="${40 + at(boundMinor)}" cy="${420 - at(lossMinor)}" r="4"><title>seed ${seed}</title></circle>`,
  )
  const svg = [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 460 460" font-family="sans-serif" font-size="12">',
    '<rect width="460" height="460" fill="white"/><path d="M40 420V20M40 420H440" stroke="black" fill="none"/><path d="M40 420L440 20" stroke="crimson"/>',
    `<text x="440" y="438" text-anchor="end">stated bound, up to ${most}</text><text x="46" y="28">real loss</text>`,
    `<g fill="steelblue">${dots.join('')}</g></svg>`,
  ].join('\n')
  const folder = join(import.meta.dirname, '../../.build')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'loss-against-bound.svg'), svg)
}

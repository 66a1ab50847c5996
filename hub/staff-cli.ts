import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { answerOf, HOW_TO_BE_LET_IN, runningHubIn } from './running-hub.ts'
import { createStaffDesk } from './staff-desk.ts'
import { staffKeptIn } from './staff-file.ts'
import type { NewPerson, PersonState, StaffState, ToldPerson } from '#protocol/hub-api/staff.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { pinText, roles, type Role } from '#protocol/staff/staff.ts'

const HELP = `Who works at the tills of a hub. Where anybody does, nobody sells before they have signed in.

  node hub/staff-cli.ts --data DIR [list]
  node hub/staff-cli.ts --data DIR add --name NAME --role ${roles.join('|')} [--badge]
  node hub/staff-cli.ts --data DIR pin ID      a new PIN
  node hub/staff-cli.ts --data DIR badge ID    a new badge; the old one is worth nothing then
  node hub/staff-cli.ts --data DIR role ID --role ${roles.join('|')}
  node hub/staff-cli.ts --data DIR remove ID

  --data DIR  the hub's folder
  --json      one line of JSON

A PIN is made and told once; STILLPOINT_PIN in the environment sets it instead. A hub that runs makes the change itself, and tills have it at once;
otherwise they learn of it when the hub starts next.
`

class Refusal extends Error {}

/** The people of a hub: as it keeps them itself, or in its folder while it does not run. */
type People = {
  list(): Promise<StaffState>
  add(person: NewPerson): Promise<ToldPerson>
  act(what: Act, id: string, body: { readonly pin?: string; readonly role?: Role }): Promise<ToldPerson>
}
const acts = ['pin', 'badge', 'role', 'retire'] as const
type Act = (typeof acts)[number]
type Told = { readonly id: string; readonly name: string; readonly role: Role; readonly pin?: string; readonly badge?: string }

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      data: { type: 'string' },
      name: { type: 'string' },
      role: { type: 'string' },
      badge: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  if (values.help) return void process.stdout.write(HELP)
  const { data, json } = values
  if (data === undefined || !existsSync(data)) throw new Refusal(data === undefined ? HELP : `there is no folder ${data}`)
  const told = await act((await ofRunningHub(data)) ?? ofFolder(data), positionals, values)
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : told.map(lineOf).join(''))
}

async function act(people: People, [what = 'list', id]: readonly string[], values: { name?: string; role?: string; badge: boolean }): Promise<readonly Told[]> {
  const role = roles.find((one) => one === values.role)
  if (what === 'list') return (await people.list()).people.map(toldOf)
  if (what === 'add') {
    if (values.name === undefined || role === undefined) throw new Refusal(HELP)
    return [toldPerson(await people.add({ name: values.name, role, badge: values.badge, ...chosenPin() }))]
  }
  const wanted = acts.find((one) => one === (what === 'remove' ? 'retire' : what))
  if (wanted === undefined || id === undefined || (wanted === 'role' && role === undefined)) throw new Refusal(HELP)
  return [toldPerson(await people.act(wanted, id, { ...(wanted === 'pin' ? chosenPin() : {}), ...(wanted === 'role' && role !== undefined ? { role } : {}) }))]
}

function ofFolder(data: string): People {
  const desk = createStaffDesk({ crypto: nodeCrypto, clock: systemClock, file: staffKeptIn(data), changed: () => {} })
  const done = (outcome: Outcome<ToldPerson>): Promise<ToldPerson> =>
    outcome.ok ? Promise.resolve(outcome.value) : Promise.reject(new Refusal(outcome.detail ?? outcome.code))
  return {
    list: () => Promise.resolve(desk.state()),
    add: (person) => done(desk.add(person)),
    act(what, id, { pin, role }) {
      if (what === 'pin') return done(desk.changePin(id, pin))
      if (what === 'badge') return done(desk.changeBadge(id))
      return done(what === 'role' && role !== undefined ? desk.changeRole(id, role) : desk.retire(id))
    },
  }
}

/** Undefined when none answers. A hub that was killed leaves its address behind. */
async function ofRunningHub(data: string): Promise<People | undefined> {
  const hub = runningHubIn(data)
  if (hub === undefined) return undefined
  const read = async <T>(response: Response | undefined): Promise<T> => {
    if (response === undefined) throw new Refusal('the hub has ended')
    const answer = (await response.json()) as T & { readonly say?: string; readonly detail?: string }
    if (response.status === 401) throw new Refusal(HOW_TO_BE_LET_IN)
    if (!response.ok) throw new Refusal(answer.detail ?? answer.say ?? `the hub answered ${response.status}`)
    return answer
  }
  const ask = async <T>(path: string, body: object): Promise<T> =>
    await read<T>(await answerOf(hub, path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }))
  const answered = await answerOf(hub, '/api/staff')
  if (answered === undefined) return undefined
  const known = await read<StaffState>(answered)
  return {
    list: () => Promise.resolve(known),
    add: (person) => ask<ToldPerson>('/api/staff', person),
    act: (what, id, body) => ask<ToldPerson>(`/api/staff/${encodeURIComponent(id)}/${what}`, body),
  }
}

/** Not an argument: those are read by everybody on the machine and kept by shells. */
function chosenPin(): { readonly pin?: string } {
  const chosen = process.env['STILLPOINT_PIN']
  if (chosen !== undefined && !pinText.safeParse(chosen).success) throw new Refusal('STILLPOINT_PIN is not four to twelve digits')
  return chosen === undefined ? {} : { pin: chosen }
}

const toldOf = ({ id, name, role }: PersonState): Told => ({ id, name, role })
const toldPerson = ({ person, ...made }: ToldPerson): Told => ({ ...toldOf(person), ...made })
const lineOf = ({ id, name, role, pin, badge }: Told): string =>
  `${id}  ${role.padEnd(10)}  ${name}${pin === undefined ? '' : `  PIN ${pin}`}${badge === undefined ? '' : `  badge ${badge}`}\n`

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof Refusal ? 2 : 1
})

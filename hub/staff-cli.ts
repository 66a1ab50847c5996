import { parseArgs } from 'node:util'
import { existsSync } from 'node:fs'
import { badgeHash, newBadge, newMember, newPin, readStaff, writeStaff } from './staff-file.ts'
import { systemClock } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { keepPin } from '#protocol/node/pin.ts'
import { pinText, roles, type Role, type StaffMember } from '#protocol/staff/staff.ts'

const HELP = `Who works at the tills of a hub. Where anybody does, nobody sells before they have signed in.

  node hub/staff-cli.ts --data DIR [list]
  node hub/staff-cli.ts --data DIR add --name NAME --role ${roles.join('|')} [--badge]
  node hub/staff-cli.ts --data DIR pin ID      a new PIN
  node hub/staff-cli.ts --data DIR badge ID    a new badge; the old one is worth nothing then
  node hub/staff-cli.ts --data DIR remove ID

  --data DIR  the hub's folder
  --json      one line of JSON

A PIN is made and told once; STILLPOINT_PIN in the environment sets it instead. Tills learn of a change from the hub when it starts next.
`

class Refusal extends Error {}

type Told = { readonly id: string; readonly name: string; readonly role: Role; readonly pin?: string; readonly badge?: string }

function main(): void {
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
  const told = act(data, positionals, values)
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : told.map(lineOf).join(''))
}

function act(data: string, [what = 'list', id]: readonly string[], { name, role, badge }: { name?: string; role?: string; badge: boolean }): readonly Told[] {
  const file = readStaff(data)
  if (what === 'list') return file.staff.map(toldOf)
  if (what === 'add') {
    const known = roles.find((one) => one === role)
    if (name === undefined || known === undefined) throw new Refusal(HELP)
    const secrets = { pin: chosenPin(), ...(badge ? { badge: newBadge(nodeCrypto) } : {}) }
    const member = newMember(nodeCrypto, systemClock.now(), { name, role: known, ...secrets })
    writeStaff(data, file, [...file.staff, member])
    return [{ ...toldOf(member), ...secrets }]
  }
  const member = file.staff.find((one) => one.id === id)
  if (member === undefined) throw new Refusal(id === undefined ? HELP : `nobody on the list has the id ${id}`)
  const others = (changed: readonly StaffMember[]): void => writeStaff(data, file, [...file.staff.filter((one) => one !== member), ...changed])
  switch (what) {
    case 'remove':
      others([])
      return [toldOf(member)]
    case 'pin': {
      const pin = chosenPin()
      others([{ ...member, pin: keepPin(nodeCrypto, pin) }])
      return [{ ...toldOf(member), pin }]
    }
    case 'badge': {
      const text = newBadge(nodeCrypto)
      others([{ ...member, badge: badgeHash(nodeCrypto, text) }])
      return [{ ...toldOf(member), badge: text }]
    }
    default:
      throw new Refusal(HELP)
  }
}

/** Not an argument: those are read by everybody on the machine and kept by shells. */
function chosenPin(): string {
  const chosen = process.env['STILLPOINT_PIN']
  if (chosen !== undefined && !pinText.safeParse(chosen).success) throw new Refusal('STILLPOINT_PIN is not four to twelve digits')
  return chosen ?? newPin(nodeCrypto)
}

const toldOf = ({ id, name, role }: StaffMember): Told => ({ id, name, role })
const lineOf = ({ id, name, role, pin, badge }: Told): string =>
  `${id}  ${role.padEnd(10)}  ${name}${pin === undefined ? '' : `  PIN ${pin}`}${badge === undefined ? '' : `  badge ${badge}`}\n`

try {
  main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof Refusal ? 2 : 1
}

import { beforeEach, describe, expect, it } from 'vitest'
import { Secret, TOTP } from 'otpauth'
import { openPeople } from './people.ts'
import { networkOf } from '../api/v1/allowance.ts'
import { createAuditLog } from '../api/v1/audit.ts'
import { apiSecrets } from '../api/v1/secrets.ts'
import { memoryDisk, openMemoryStore } from '../store/memory.ts'
import { TestClock } from '../test-rig.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

const PASSWORD = 'correct horse battery'
const SHOP = 'shop'
let rig: ReturnType<typeof makeRig>
beforeEach(() => {
  rig = makeRig()
})

function makeRig() {
  const [store, clock, crypto] = [openMemoryStore(memoryDisk()), new TestClock(), nodeCrypto]
  const audit = createAuditLog({ store, clock, crypto })
  const ports = { store, clock, crypto, audit, secrets: apiSecrets(new Uint8Array(32)), merchant: SHOP, passwordCost: { memory: 64, passes: 1 } }
  return { store, clock, audit, ports, open: () => openPeople(ports) }
}
type People = Awaited<ReturnType<typeof rig.open>>

async function take(people: People, token: string) {
  const told = await people.invited(token)
  if (!told.ok) throw new Error(told.code)
  const code = () => new TOTP({ secret: Secret.fromBase32(told.value.secret) }).generate({ timestamp: rig.clock.now() })
  const accepted = await people.accept(token, PASSWORD, code())
  if (!accepted.ok) throw new Error(accepted.code)
  return { ...accepted.value.person, code }
}
async function invited(people: People, name: string): Promise<string> {
  const token = await people.invite(name, 'admin', 'console')
  if (!token.ok) throw new Error(token.code)
  return token.value
}

describe('at the door', () => {
  it('tries that come all at once are all counted', async () => {
    const people = await rig.open()
    const { name, id, code } = await take(people, await invited(people, 'Ada'))
    rig.clock.advance(30_000)
    const tried = await Promise.all(Array.from({ length: 12 }, (_, at) => people.signIn(name, `guess ${at}`, code())))
    expect(tried.map((one) => (one.ok ? 'ok' : one.code))).toEqual([...Array<string>(5).fill('signin.wrong'), ...Array<string>(7).fill('signin.locked')])
    expect((await people.find(id))?.failures).toBe(5)
    expect(await people.signIn(name, PASSWORD, code())).toMatchObject({ code: 'signin.locked' })
  })

  it('a code that comes twice at once counts once', async () => {
    const people = await rig.open()
    const { name, code } = await take(people, await invited(people, 'Ada'))
    rig.clock.advance(30_000)
    const both = await Promise.all([people.signIn(name, PASSWORD, code()), people.signIn(name, PASSWORD, code())])
    expect(both.map(({ ok }) => ok)).toEqual([true, false])
  })

  it('who tries names is written down, and not what he typed', async () => {
    const people = await rig.open()
    await people.signIn('my secret password', 'x', '1')
    const [line] = await rig.audit.page(SHOP, Number.MAX_SAFE_INTEGER, 10)
    expect(line).toMatchObject({ who: 'nobody', action: 'sign-in', outcome: 'signin.wrong' })
    expect(JSON.stringify(line)).not.toContain('secret')
  })

  it('who has a network of addresses is one stranger', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2::9'))
    expect(networkOf('2001:db8:1:2::9')).not.toBe(networkOf('2001:db8:1:3::9'))
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64')
    expect(networkOf('::1')).toBe('0:0:0:0::/64')
    expect(['10.0.0.1', '::ffff:10.0.0.1', ''].map(networkOf)).toEqual(['10.0.0.1', '::ffff:10.0.0.1', ''])
  })
})

describe('people', () => {
  it('who are the last two administrators cannot both remove the other', async () => {
    const people = await rig.open()
    const [ada, ben] = [await take(people, await invited(people, 'Ada')), await take(people, await invited(people, 'Ben'))]
    const both = await Promise.all([people.remove(ada.id, `person/${ben.id}`), people.remove(ben.id, `person/${ada.id}`)])
    expect(both).toMatchObject([{ ok: true }, { ok: false, code: 'signin.last_admin' }])
    expect((await people.everybody()).map(({ name }) => name)).toEqual(['Ben'])
  })

  it('take no other link in their name along: the one in the log of each start ends with the first', async () => {
    const people = await rig.open()
    const links = [await invited(people, 'admin'), await invited(people, 'admin'), await invited(people, 'Admin')]
    const admin = await take(people, links[1] ?? '')
    await take(people, await invited(people, 'Ada'))
    await people.remove(admin.id, 'person/x')
    for (const link of links) expect(await people.invited(link)).toMatchObject({ code: 'signin.bad_link' })
  })

  it('who are removed leave no door open behind them', async () => {
    const people = await rig.open()
    const [mallory] = [await take(people, await invited(people, 'Mallory')), await take(people, await invited(people, 'Ada'))]
    const link = await people.invite('Nobody You Know', 'admin', `person/${mallory.id}`)
    await people.remove(mallory.id, 'person/x')
    expect(await people.invited(link.ok ? link.value : '')).toMatchObject({ code: 'signin.bad_link' })
  })

  it('are not called as the hub, its commands or a program are', async () => {
    const people = await rig.open()
    for (const name of ['Hub', 'operator', 'console', 'command', 'client/01900000-0000-7000-8000-000000000000'])
      expect(await people.invite(name, 'finance', 'person/x')).toMatchObject({ code: 'signin.taken' })
  })

  it('register no passkey that is another’s', async () => {
    const people = await rig.open()
    const [mallory, ada] = [await take(people, await invited(people, 'Mallory')), await take(people, await invited(people, 'Ada'))]
    const key = { id: 'of Ada', publicKey: 'AA', counter: 0, addedAt: 1 }
    expect(await people.addPasskey(ada.id, key)).toMatchObject({ ok: true })
    expect(await people.addPasskey(mallory.id, { ...key, publicKey: 'BB' })).toMatchObject({ code: 'signin.wrong' })
    expect(await people.addPasskey(ada.id, { ...key, counter: 1 })).toMatchObject({ ok: true })
  })

  it('do nothing that cannot be written down', async () => {
    const full = createAuditLog({ ...rig.ports, store: { ...rig.store, commit: () => Promise.resolve('full') } })
    const people = await openPeople({ ...rig.ports, audit: full })
    expect(await people.note('person/x', 'POST /api/tills', '')).toBe(false)
  })
})

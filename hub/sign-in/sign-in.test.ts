import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret, TOTP } from 'otpauth'
import { rightFor } from './rights.ts'
import { createEvents } from '../api/events.ts'
import { routes } from '../api/routes.ts'
import { may, type ConsoleRole } from '#protocol/hub-api/rights.ts'
import { testAuthenticator } from './test-authenticator.ts'
import { openTestPrograms, type TestPrograms } from '../api/v1/test-programs.ts'
import type { SessionState, ToldInvitation } from '#protocol/hub-api/session.ts'
import { HOUR, MINUTE, SECOND } from '#protocol/time.ts'

let open: TestPrograms
let origin: string
beforeEach(async () => {
  open = await openTestPrograms({ passwordCost: { memory: 64, passes: 1 } })
  origin = open.api.url.replace('127.0.0.1', 'localhost')
})
afterEach(async () => {
  await open.close()
})

const PASSWORD = 'correct horse battery'
type Answered<T> = { readonly status: number; readonly body: T; readonly cookie: string | undefined }
async function post<T>(path: string, body: object = {}, cookie?: string, from: string | undefined = origin): Promise<Answered<T>> {
  const headers = { 'content-type': 'application/json', ...(from !== '' && { origin: from }), ...(cookie !== undefined && { cookie }) }
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as T, cookie: response.headers.get('set-cookie')?.split(';')[0] }
}
async function get<T>(path: string, cookie?: string): Promise<Answered<T>> {
  const response = await fetch(`${origin}${path}`, { headers: cookie === undefined ? {} : { cookie } })
  return { status: response.status, body: (await response.json()) as T, cookie: undefined }
}
const codeOf = (secret: string, at = open.rig.clock.now()): string => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at })
const nextCode = (secret: string): string => {
  open.rig.clock.advance(30 * SECOND)
  return codeOf(secret)
}

async function take(token: string) {
  const told = await post<ToldInvitation>('/api/invitation', { token })
  const accepted = await post('/api/invitation/accept', { token, password: PASSWORD, code: codeOf(told.body.secret) })
  return { ...accepted, secret: told.body.secret }
}
async function first() {
  const token = await open.api.invitation()
  if (token === undefined) throw new Error('nobody has enrolled yet')
  return { token, ...(await take(token)) }
}
/** The tries are for each address, and they come back with time. */
const rest = (): void => open.rig.clock.advance(10 * MINUTE)

describe('before anybody has enrolled', () => {
  it('the console is this machine’s', async () => {
    expect((await get<SessionState>('/api/session')).body).toEqual({ needed: false })
    expect((await get('/api/overview')).status).toBe(200)
    expect((await post('/api/tills', { name: 'Counter' })).status).toBe(200)
  })
})

describe('the first administrator', () => {
  it('enrols by a link that is good once, and from then on nobody else is served', async () => {
    const { token, status, cookie } = await first()
    expect([status, cookie]).toEqual([200, expect.stringMatching(/^session=.{43}$/)])
    expect(await open.api.invitation()).toBeUndefined()
    expect((await get<SessionState>('/api/session', cookie)).body).toEqual({ needed: true, person: { name: 'admin', role: 'admin' } })
    for (const path of ['/api/overview', '/api/staff', '/api/events', '/api/people', '/api/clients', '/api/trace/x']) expect((await get(path)).status).toBe(401)
    expect((await post('/api/tills', { name: 'Counter' })).status).toBe(401)
    expect((await post('/api/tills', { name: 'Counter' }, cookie)).status).toBe(200)
    expect((await post('/api/invitation', { token })).status).toBe(403)
    expect((await post('/api/invitation/accept', { token, password: PASSWORD, code: '000000' })).status).toBe(403)
    expect((await post('/enrol', { v: 1, proof: '' })).status).toBe(400)
  })

  it('does not enrol by a link that is old, with a short password or with a wrong code', async () => {
    const token = (await open.api.invitation()) ?? ''
    const { secret } = (await post<ToldInvitation>('/api/invitation', { token })).body
    expect((await post('/api/invitation/accept', { token, password: 'short', code: codeOf(secret) })).status).toBe(400)
    expect((await post('/api/invitation/accept', { token, password: PASSWORD, code: '000000' })).status).toBe(401)
    open.rig.clock.advance(24 * HOUR)
    expect((await post('/api/invitation/accept', { token, password: PASSWORD, code: codeOf(secret) })).status).toBe(403)
    expect((await get<SessionState>('/api/session')).body).toEqual({ needed: false })
  })
})

describe('signing in', () => {
  it('takes name, password and a code that was not used, and says no more than that it was wrong', async () => {
    const { secret } = await first()
    const right = { name: 'Admin', password: PASSWORD }
    expect((await post('/api/session', { ...right, code: codeOf(secret) })).status).toBe(401)
    const code = nextCode(secret)
    const answers = [
      await post<object>('/api/session', { ...right, password: 'x', code }),
      await post<object>('/api/session', { ...right, name: 'nobody', code }),
      await post<object>('/api/session', { ...right, code: '1' }),
    ]
    expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1)
    const signedIn = await post('/api/session', { ...right, code })
    expect([signedIn.status, (await get('/api/overview', signedIn.cookie)).status]).toEqual([200, 200])
    expect((await post('/api/session', { ...right, code })).status).toBe(401)
    expect((await post('/api/session', { ...right, code: codeOf(secret, open.rig.clock.now() - 30 * SECOND) })).status).toBe(401)
  })

  it('waits longer after each wrong one, even for who has the right ones', async () => {
    const { secret } = await first()
    for (let wrong = 0; wrong < 5; wrong++) expect((await post('/api/session', { name: 'admin', password: 'x', code: '1' })).status).toBe(401)
    expect((await post('/api/session', { name: 'admin', password: PASSWORD, code: nextCode(secret) })).status).toBe(429)
    open.rig.clock.advance(MINUTE)
    expect((await post('/api/session', { name: 'admin', password: 'x', code: '1' })).status).toBe(401)
    open.rig.clock.advance(MINUTE)
    expect((await post('/api/session', { name: 'admin', password: PASSWORD, code: nextCode(secret) })).status).toBe(429)
    rest()
    expect((await post('/api/session', { name: 'admin', password: PASSWORD, code: nextCode(secret) })).status).toBe(200)
  })

  it('is tried a few times a minute from one address', async () => {
    await first()
    const statuses = []
    for (let at = 0; at < 11; at++) statuses.push((await post('/api/session', { name: `nobody ${at}`, password: 'x', code: '1' })).status)
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429])
  })

  it('keeps nothing that would sign somebody in', async () => {
    const { secret, cookie } = await first()
    const kept = JSON.stringify(await open.ports.store.documents({ prefix: '', limit: 1000 }))
    for (const text of [PASSWORD, secret, cookie?.split('=')[1] ?? '']) expect(kept).not.toContain(text)
  })
})

describe('a session', () => {
  it('ends when nobody is there, after twelve hours, and when it is ended', async () => {
    const { cookie, secret } = await first()
    for (let minutes = 0; minutes < 50; minutes += 25) {
      open.rig.clock.advance(25 * MINUTE)
      expect((await get('/api/overview', cookie)).status).toBe(200)
    }
    open.rig.clock.advance(30 * MINUTE)
    expect((await get('/api/overview', cookie)).status).toBe(401)
    const again = await post('/api/session', { name: 'admin', password: PASSWORD, code: nextCode(secret) })
    for (let hours = 0; hours < 11.5; hours += 0.4) {
      open.rig.clock.advance(0.4 * HOUR)
      expect((await get('/api/overview', again.cookie)).status).toBe(200)
    }
    open.rig.clock.advance(0.4 * HOUR)
    expect((await get('/api/overview', again.cookie)).status).toBe(401)
    const third = await post('/api/session', { name: 'admin', password: PASSWORD, code: nextCode(secret) })
    await post('/api/session/end', {}, third.cookie)
    expect((await get('/api/overview', third.cookie)).status).toBe(401)
  })

  it('does nothing for a page of another site, or for who does not say which page he is', async () => {
    const { cookie } = await first()
    for (const from of ['https://evil.example', 'null', '']) expect((await post('/api/tills', { name: 'x' }, cookie, from)).status).toBe(403)
    expect(await open.ports.store.tills()).toEqual([])
  })
})

describe('roles', () => {
  it('may what they may, whatever the page shows, and each change is in the audit log with who made it', async () => {
    const admin = await first()
    const asRole = async (role: ConsoleRole) => {
      rest()
      return await take((await post<{ token: string }>('/api/people', { name: `the ${role}`, role }, (await signIn(admin.secret)).cookie)).body.token)
    }
    const signIn = (secret: string) => post('/api/session', { name: 'admin', password: PASSWORD, code: nextCode(secret) })
    const viewer = await asRole('viewer')
    expect((await get('/api/overview', viewer.cookie)).status).toBe(200)
    for (const path of ['/api/people', '/api/clients']) expect((await get(path, viewer.cookie)).status).toBe(403)
    for (const path of ['/api/tills', '/api/people', '/api/staff', '/api/credits', '/api/payments/x/write-off'])
      expect((await post(path, {}, viewer.cookie)).status).toBe(403)
    const operator = await asRole('operator')
    expect((await post('/api/tills', { name: 'Counter' }, operator.cookie)).status).toBe(200)
    expect((await post('/api/payments/x/write-off', { reason: 'x' }, operator.cookie)).status).toBe(403)
    const finance = await asRole('finance')
    expect((await post('/api/payments/x/write-off', { reason: 'x' }, finance.cookie)).status).toBe(404)
    expect((await post('/api/tills', { name: 'Counter' }, finance.cookie)).status).toBe(403)
    expect(await open.desk.audit.broken()).toBeUndefined()
    const lines = await open.desk.audit.page(open.shop, Number.MAX_SAFE_INTEGER, 100)
    const asked = lines.filter(({ action }) => action === 'POST /api/tills').map(({ outcome }) => outcome)
    expect(asked).toEqual(['api.not_allowed', 'asked', 'api.not_allowed'])
  })

  it('are taken away with all sessions, but for the last administrator', async () => {
    const admin = await first()
    const other = await take((await post<{ token: string }>('/api/people', { name: 'Ada', role: 'admin' }, admin.cookie)).body.token)
    const people = (await get<{ id: string; name: string }[]>('/api/people', other.cookie)).body
    const idOf = (name: string) => people.find((person) => person.name === name)?.id ?? ''
    expect((await post(`/api/people/${idOf('admin')}/remove`, {}, other.cookie)).status).toBe(200)
    expect((await get('/api/overview', admin.cookie)).status).toBe(401)
    expect((await post(`/api/people/${idOf('Ada')}/remove`, {}, other.cookie)).status).toBe(409)
  })

  it('stand before every route there is: nobody is let in unasked, and who may look changes nothing', async () => {
    const admin = await first()
    const viewer = await take((await post<{ token: string }>('/api/people', { name: 'Vic', role: 'viewer' }, admin.cookie)).body.token)
    const { hub, clock } = open.rig
    const events = createEvents(hub, clock, () => undefined)
    const all = [...routes(hub, events, { demoWallets: undefined }).keys(), 'POST /api/clients', 'POST /api/clients/:id/revoke', 'POST /api/people']
    events.close()
    const harmless = ['POST /api/receipts/check', 'POST /api/policy/preview']
    for (const route of all.filter((name) => name !== 'POST /enrol')) {
      const [method = '', path = ''] = route.replace(':id', '01900000-0000-7000-8000-000000000000').split(' ')
      const ask = async (cookie?: string) =>
        (
          await fetch(`${origin}${path}`, {
            method,
            headers: { 'content-type': 'application/json', origin, ...(cookie && { cookie }) },
            ...(method === 'POST' && { body: '{}' }),
          })
        ).status
      expect([route, await ask()]).toEqual([route, 401])
      if (method !== 'GET' && !harmless.includes(route)) expect([route, await ask(viewer.cookie)]).toEqual([route, 403])
    }
    expect(all.length).toBeGreaterThan(40)
    for (const name of ['bank/agree', 'bank/files', 'payouts/:id/approve', 'escrows/:id/decide', 'rates/confirm'])
      expect(rightFor(`POST /api/${name}`)).toBe('money')
  })

  it('open nothing by default: what changes something and was not thought of is for administrators', () => {
    expect(rightFor('POST /api/something-new')).toBe('administer')
    expect(rightFor('GET /api/something-new')).toBe('look')
    expect((['viewer', 'operator', 'finance', 'admin'] as const).map((role) => may(role, 'money'))).toEqual([false, false, true, true])
  })
})

describe('a passkey', () => {
  it('signs in by itself, once for each challenge, only here and only after its owner was checked', async () => {
    const { cookie } = await first()
    const phone = testAuthenticator(origin)
    const toAdd = await post<{ challenge: string }>('/api/passkeys/options', {}, cookie)
    expect((await post('/api/passkeys', phone.register(toAdd.body.challenge), cookie)).status).toBe(200)
    const challenge = async () => (await post<{ challenge: string }>('/api/session/passkey-options')).body.challenge
    const signed = phone.assert(await challenge())
    const begun = await post('/api/session/passkey', signed)
    expect([begun.status, (await get('/api/overview', begun.cookie)).status]).toEqual([200, 200])
    const refused = [
      signed,
      phone.assert('AAAA'),
      phone.assert(await challenge(), false),
      testAuthenticator(origin).assert(await challenge()),
      testAuthenticator('http://localhost:1').assert(await challenge()),
    ]
    for (const said of refused) expect((await post('/api/session/passkey', said)).status).toBe(401)
    const late = await challenge()
    open.rig.clock.advance(6 * MINUTE)
    expect((await post('/api/session/passkey', phone.assert(late))).status).toBe(401)
    expect((await post('/api/passkeys/options')).status).toBe(401)
    // Nobody pushes out the challenges of others by asking for his own.
    const asked = []
    for (let at = 0; at < 31; at++) asked.push((await post('/api/session/passkey-options')).status)
    expect([asked[0], asked.at(-1)]).toEqual([200, 429])
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestPrograms, type TestPrograms } from './test-programs.ts'
import { sale } from '../../test-rig.ts'
import type { Changes } from '../../store/hub-store.ts'
import { DAY, MINUTE } from '#protocol/time.ts'

let open: TestPrograms
beforeEach(async () => {
  open = await openTestPrograms()
})
afterEach(async () => {
  await open.close()
  if (open.warnings.length > 0) throw new Error(open.warnings.join('\n'))
})

const euros = (amountMinor: number) => ({ amountMinor, currency: 'EUR' })
const raw = (path: string, init: RequestInit = {}) => fetch(`${open.api.url}${path}`, init)
const form = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  raw('/oauth/token', { method: 'POST', headers, body: new URLSearchParams(fields) })
const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` })
const credentials = { grant_type: 'client_credentials' }

describe('a token', () => {
  it('is given for the secret, by HTTP Basic or in the body, with the scopes that were asked for', async () => {
    const { id, secret } = await open.add(open.sandbox, ['payments:read', 'payments:write'])
    for (const response of [await form(credentials, basic(id, secret)), await form({ ...credentials, client_id: id, client_secret: secret })]) {
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
      const body = (await response.json()) as { access_token: string }
      expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'payments:read payments:write' })
      expect((await raw('/v1/payments', { headers: { authorization: `Bearer ${body.access_token}` } })).status).toBe(200)
    }
    const narrow = (await (await form({ ...credentials, scope: 'payments:read' }, basic(id, secret))).json()) as { access_token: string; scope: string }
    expect(narrow.scope).toBe('payments:read')
    const posted = await raw('/v1/payments', {
      method: 'POST',
      headers: { authorization: `Bearer ${narrow.access_token}`, 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: JSON.stringify(euros(100)),
    })
    expect([posted.status, posted.headers.get('www-authenticate')]).toEqual([403, expect.stringContaining('insufficient_scope')])
  })

  it('is refused as RFC 6749 says', async () => {
    const { id, secret } = await open.add(open.sandbox, ['payments:read'])
    const refusals: [Response, number, string][] = [
      [await form(credentials, basic(id, 'wrong')), 401, 'invalid_client'],
      [await form(credentials, basic('nobody', secret)), 401, 'invalid_client'],
      [await form(credentials), 400, 'invalid_request'],
      [await form({ ...credentials, client_id: id, client_secret: secret }, basic(id, secret)), 400, 'invalid_request'],
      [await form({}, basic(id, secret)), 400, 'invalid_request'],
      [await form({ grant_type: 'password' }, basic(id, secret)), 400, 'unsupported_grant_type'],
      [await form({ ...credentials, scope: 'payments:write' }, basic(id, secret)), 400, 'invalid_scope'],
      [await raw('/oauth/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }), 400, 'invalid_request'],
      [await form({ ...credentials, scope: 'x'.repeat(5000) }, basic(id, secret)), 400, 'invalid_request'],
    ]
    for (const [response, status, error] of refusals) expect([response.status, await response.json()]).toEqual([status, expect.objectContaining({ error })])
    expect(refusals[0]?.[0].headers.get('www-authenticate')).toContain('Basic')
  })

  it('ends after a quarter of an hour, with its client, and with the secret that it was given for', async () => {
    const one = await open.add(open.sandbox)
    expect((await one.client.listPayments()).ok).toBe(true)
    open.rig.clock.advance(15 * MINUTE)
    expect((await one.client.listPayments()).status).toBe(401)
    const two = await open.add(open.sandbox)
    await raw(`/api/clients/${two.id}/revoke`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    expect((await two.client.listPayments()).status).toBe(401)
    expect((await form(credentials, basic(two.id, two.secret))).status).toBe(401)
    const three = await open.add(open.sandbox)
    const rotated = await three.client.rotateSecret('r1')
    expect(rotated).toMatchObject({ ok: true, status: 201 })
    expect((await form(credentials, basic(three.id, three.secret))).status).toBe(200)
    open.rig.clock.advance(DAY)
    expect((await form(credentials, basic(three.id, three.secret))).status).toBe(401)
    if (rotated.ok) expect((await form(credentials, basic(three.id, rotated.value.secret))).status).toBe(200)
  })
})

describe('a key', () => {
  it('does without a token, is told once, is kept as a hash, and counts until it is revoked', async () => {
    const { client, access } = await open.add(open.sandbox)
    const made = await client.createKey('make')
    if (!made.ok) throw new Error(made.problem.code)
    const headers = { authorization: `Bearer ${made.value.key}` }
    expect((await raw('/v1/payments', { headers })).status).toBe(200)
    expect((await raw('/v1/payments', { headers: { authorization: `Bearer ${made.value.key.slice(0, -1)}` } })).status).toBe(401)
    const kept = JSON.stringify(await open.ports.store.documents({ prefix: '', limit: 1000 }))
    for (const secret of [made.value.key, made.value.key.slice(-43), access.token]) expect(kept).not.toContain(secret)
    expect(await client.getClient()).toMatchObject({ value: { keys: [{ id: made.value.id, lastUsedAt: expect.any(String) as string }] } })
    expect(await client.createKey('make')).toEqual(made)
    expect(await client.revokeKey(made.value.id, 'away')).toMatchObject({ ok: true })
    expect((await raw('/v1/payments', { headers })).status).toBe(401)
    expect(await client.revokeKey(made.value.id, 'again')).toMatchObject({ status: 404 })
  })
})

describe('a write', () => {
  it('is done once for one key, and answered the same again for a day', async () => {
    const { client } = await open.add(open.sandbox)
    const first = await client.createPayment(euros(420), 'one')
    expect(first).toMatchObject({ ok: true, status: 201, value: { state: 'CAPTURED', amountMinor: 420 } })
    expect(await client.createPayment(euros(420), 'one')).toEqual(first)
    expect(await client.createPayment(euros(421), 'one')).toMatchObject({ status: 422, problem: { code: 'api.key_reused' } })
    const all = await client.listPayments()
    expect(all.ok && all.value.items).toHaveLength(1)
  })

  it('is forgotten after a day, and then another one', async () => {
    const one = await open.add(open.sandbox)
    const key = await one.client.createKey('key')
    if (!key.ok) throw new Error()
    const post = () =>
      raw('/v1/payments', {
        method: 'POST',
        headers: { authorization: `Bearer ${key.value.key}`, 'content-type': 'application/json', 'idempotency-key': '"one"' },
        body: JSON.stringify(euros(1)),
      })
    const first = (await (await post()).json()) as { id: string }
    const replayed = await post()
    expect([replayed.headers.get('idempotency-replayed'), await replayed.json()]).toEqual(['true', first])
    open.rig.clock.advance(DAY)
    expect(((await (await post()).json()) as { id: string }).id).not.toBe(first.id)
    open.rig.clock.advance(DAY)
    // A program asks fifty times a second, and all of it is forgotten in one go.
    const many = Array.from({ length: 450 }, (_, at) => ({ id: `answer/x/${at}`, version: 0, dueAt: open.rig.clock.now(), body: '{}' }))
    await open.ports.store.commit({ documents: many })
    await open.desk.forget()
    expect(await open.ports.store.documents({ prefix: 'answer/', limit: 9 })).toEqual([])
  })

  it('that comes twice at the same time is one, and a refusal to wait for it', async () => {
    const { client } = await open.add(open.sandbox)
    const { store } = open.ports
    const real = store.commit.bind(store)
    const held = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    Object.assign(store, {
      async commit(changes: Changes) {
        begun.resolve()
        await held.promise
        return await real(changes)
      },
    })
    const first = client.createPayment(euros(5), 'same')
    await begun.promise
    expect(await client.createPayment(euros(5), 'same')).toMatchObject({ status: 409, problem: { code: 'api.key_in_flight' } })
    held.resolve()
    expect(await first).toMatchObject({ status: 201 })
    const all = await client.listPayments()
    expect(all.ok && all.value.items).toHaveLength(1)
  })

  it('needs a key', async () => {
    const { access } = await open.add(open.sandbox)
    for (const key of [undefined, '', '""', 'x'.repeat(256), 'two words', 'ü']) {
      const response = await raw('/v1/payments', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${access.token}`,
          'content-type': 'application/json',
          ...(key !== undefined && { 'idempotency-key': Buffer.from(key).toString('latin1') }),
        },
        body: JSON.stringify(euros(5)),
      })
      expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: 'api.key_missing' })])
    }
  })

  it('is stored with its answer and its line, or not at all', async () => {
    const { client } = await open.add(open.sandbox)
    const commits: Changes[] = []
    const { store } = open.ports
    const real = store.commit.bind(store)
    let refuse: 'full' | 'stale' | undefined = 'full'
    Object.assign(store, {
      commit(changes: Changes) {
        commits.push(changes)
        const answer = refuse
        if (refuse === 'stale') refuse = undefined
        return answer === undefined ? real(changes) : Promise.resolve(answer)
      },
    })
    expect(await client.createPayment(euros(7), 'a')).toMatchObject({ status: 507, problem: { code: 'till.disk_full' } })
    expect(commits).toHaveLength(1)
    expect(commits[0]?.documents?.map(({ id }) => id.split('/')[0]).toSorted()).toEqual(['answer', 'audit', 'audit-of', 'event', 'sandbox-payment'])
    refuse = 'stale'
    expect(await client.createPayment(euros(7), 'a')).toMatchObject({ status: 201 })
    expect(await open.desk.audit.broken()).toBeUndefined()
  })
})

describe('a list', () => {
  it('goes page by page over what was there, whatever is added meanwhile', async () => {
    const { client } = await open.add(open.sandbox)
    const made: string[] = []
    const add = async (amount: number) => {
      open.rig.clock.advance(1)
      const payment = await client.createPayment(euros(amount), `n${amount}`)
      if (payment.ok) made.unshift(payment.value.id)
    }
    for (let amount = 1; amount <= 7; amount++) await add(amount)
    const then = [...made]
    const seen: string[] = []
    for (let cursor: string | undefined, page = 0; page < 9; page++) {
      const answer = await client.listPayments({ limit: 2, ...(cursor !== undefined && { cursor }) })
      if (!answer.ok) throw new Error(answer.problem.code)
      seen.push(...answer.value.items.map(({ id }) => id))
      await add(100 + page)
      cursor = answer.value.next
      if (cursor === undefined) break
    }
    expect(seen).toEqual(then)
  })

  it('takes no cursor that is made up, of another list or of another merchant', async () => {
    const [mine, theirs] = [await open.add(open.sandbox), await open.add('sandbox-other')]
    for (const who of [mine, theirs]) for (const amount of [1, 2]) await who.client.createPayment(euros(amount), `k${amount}`)
    const page = await theirs.client.listPayments({ limit: 1 })
    const cursor = (page.ok ? page.value.next : undefined) ?? ''
    expect((await theirs.client.listPayments({ cursor })).ok).toBe(true)
    expect(await mine.client.listPayments({ cursor })).toMatchObject({ status: 400 })
    expect(await theirs.client.listAudit({ cursor })).toMatchObject({ status: 400 })
    expect(await mine.client.listPayments({ cursor: 'bWFkZSB1cA.AAAA' })).toMatchObject({ status: 400 })
    expect(await mine.client.listPayments({ limit: 201 })).toMatchObject({ status: 400 })
  })
})

describe('merchants', () => {
  it('see and move only what is their own, and a sandbox nothing real', async () => {
    const till = await open.rig.till()
    const lost = sale(420, 'SP1:FORGED')
    for (const fact of [lost.intended, lost.acceptedOffline, lost.captured]) till.write(fact)
    await open.rig.send(till, till.batch())
    const [shop, sandbox, other] = [await open.add(open.shop), await open.add(open.sandbox), await open.add('another-merchant')]
    expect(await shop.client.getPayment(lost.paymentId)).toMatchObject({ value: { id: lost.paymentId, state: 'RECOVERY', amountMinor: 420 } })
    for (const { client } of [sandbox, other]) {
      expect(await client.listPayments()).toMatchObject({ value: { items: [] } })
      expect(await client.getPayment(lost.paymentId)).toMatchObject({ status: 404 })
      expect(await client.retryPayment(lost.paymentId, 'r')).toMatchObject({ status: 404 })
      expect(await client.writeOffPayment(lost.paymentId, { reason: 'mine' }, 'w')).toMatchObject({ status: 404 })
    }
    expect(await shop.client.createPayment(euros(1), 'real')).toMatchObject({ status: 403, problem: { code: 'api.sandbox_only' } })
    expect(await shop.client.retryPayment(lost.paymentId, 'r')).toMatchObject({ status: 409 })
    expect(await shop.client.writeOffPayment(lost.paymentId, { reason: 'nobody pays' }, 'w')).toMatchObject({ ok: true })
    expect(await shop.client.writeOffPayment(lost.paymentId, { reason: 'nobody pays' }, 'w')).toMatchObject({ ok: true })
    expect((await open.rig.payment(lost.paymentId))?.state).toBe('WRITTEN_OFF')
    expect((await open.rig.hub.overview()).money.balanced).toBe(true)
    const test = await sandbox.client.createPayment(euros(5), 'play')
    expect(test.ok && (await shop.client.getPayment(test.value.id)).status).toBe(404)
    expect(await open.rig.ports.store.newestPayments(9)).toHaveLength(1)
  })
})

describe('the audit log', () => {
  it('has who did or tried what and what came of it, in a chain that shows a changed line', async () => {
    const { client, id } = await open.add(open.shop)
    const few = await open.add(open.shop, ['payments:read'])
    await client.createPayment(euros(1), 'x')
    await few.client.createPayment(euros(1), 'x')
    const page = await client.listAudit({ limit: 3 })
    expect(page.ok && page.value.items.map(({ who, action, outcome }) => [who, action, outcome])).toEqual([
      [`client/${few.id}`, 'createPayment', 'api.not_allowed'],
      [`client/${id}`, 'createPayment', 'api.sandbox_only'],
      ['console', 'client.add', 'done'],
    ])
    expect((await few.client.listAudit()).status).toBe(403)
    const other = await (await open.add('another-merchant')).client.listAudit()
    expect(other.ok && other.value.items.map(({ action }) => action)).toEqual(['client.add'])
    expect(await open.desk.audit.broken()).toBeUndefined()
    const [row] = (await open.ports.store.documents({ prefix: 'audit/', limit: 9 })).slice(1)
    if (row === undefined) throw new Error('there are lines')
    await open.ports.store.commit({ documents: [{ ...row, body: row.body.replace('done', 'api.who') }] })
    expect(await open.desk.audit.broken()).toBe(2)
  })
})

describe('who asks too often', () => {
  it('is told so, with when to come again, and nobody else is', async () => {
    await open.close()
    open = await openTestPrograms({ allowance: { burst: 3, perSecond: 0.5 }, strangers: { burst: 2, perSecond: 0.1 } })
    const [one, two] = [await open.add(open.sandbox), await open.add(open.sandbox)]
    const answers = [1, 2, 3, 4].map(() => undefined as Response | undefined)
    for (const at of answers.keys()) answers[at] = await raw('/v1/payments', { headers: { authorization: `Bearer ${one.access.token}` } })
    expect(answers.map((answer) => answer?.status)).toEqual([200, 200, 200, 429])
    expect(answers[0]?.headers.get('ratelimit')).toBe('"default";r=2;t=2')
    expect([answers[3]?.headers.get('retry-after'), answers[3]?.headers.get('content-type')]).toEqual([
      '2',
      expect.stringContaining('application/problem+json'),
    ])
    expect((await two.client.listPayments()).status).toBe(200)
    open.rig.clock.advance(2000)
    expect((await one.client.listPayments()).status).toBe(200)
    const strangers = [401, 401, 429]
    for (const status of strangers) expect((await raw('/v1/payments', { headers: { authorization: 'Bearer spk_wrong' } })).status).toBe(status)
  })
})

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { addressOf, isPublic, webhookUrl } from './address.ts'
import { createWebhooks } from './webhooks.ts'
import type { Post } from './post.ts'
import { openTestPrograms, type TestPrograms } from '../api/v1/test-programs.ts'
import { listen } from '../listen.ts'
import { refund, sale } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import { DAY, SECOND } from '#protocol/time.ts'

type Heard = { readonly headers: IncomingHttpHeaders; readonly body: string }
let open: TestPrograms
let listener: Server
let url: string
let heard: Heard[]
let answer: (response: { status(code: number, headers?: Record<string, string>): void }) => void

beforeEach(async () => {
  open = await openTestPrograms()
  heard = []
  answer = (response) => response.status(204)
  listener = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      answer({ status: (code, headers) => void response.writeHead(code, headers).end() })
    })
  })
  url = `http://127.0.0.1:${await listen(listener, '127.0.0.1', 0, 'test', () => undefined)}/hook`
})
afterEach(async () => {
  await open.close()
  listener.closeAllConnections()
  await new Promise((resolve) => void listener.close(resolve))
})

const euros = (amountMinor: number) => ({ amountMinor, currency: 'EUR' })
/** The hub's clock is not this machine's, and the library looks at the time: so the signature is made again for the time that was sent. */
const isSigned = (secret: string, { headers, body }: Heard): boolean => {
  const at = new Date(Number(headers['webhook-timestamp']) * 1000)
  return String(headers['webhook-signature'])
    .split(' ')
    .includes(new Webhook(secret).sign(String(headers['webhook-id']), at, body))
}
async function listening(types: 'payment.settled'[] = []) {
  const { client } = await open.add(open.sandbox)
  const made = await client.createWebhookEndpoint({ url, types }, 'hook')
  if (!made.ok) throw new Error(made.problem.code)
  return { client, ...made.value }
}
const pending = () => open.ports.store.documents({ prefix: 'delivery/', limit: 99 })
/** Lets the hub look again, `ms` later. */
const later = (ms: number): void => open.rig.clock.advance(ms)

describe('an event', () => {
  it('is a CloudEvent that is signed as Standard Webhooks says', async () => {
    const { client, secret } = await listening(['payment.settled'])
    const paid = await client.createPayment(euros(420), 'pay')
    await until(() => expect(heard).toHaveLength(1))
    const [first] = heard
    if (first === undefined || !paid.ok) throw new Error()
    expect(isSigned(secret, first)).toBe(true)
    expect(isSigned(secret, { ...first, body: `${first.body} ` })).toBe(false)
    const event = JSON.parse(first.body) as { id: string }
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'stillpoint.payment.settled',
      source: `urn:stillpoint:merchant:${open.sandbox}`,
      subject: paid.value.id,
      data: paid.value,
    })
    expect([first.headers['webhook-id'], first.headers['content-type']]).toEqual([event.id, expect.stringContaining('application/cloudevents+json')])
    await until(async () => expect(await pending()).toEqual([]))
  })

  it('is signed with both secrets while one follows the other', async () => {
    const { client, id, secret } = await listening()
    const next = await client.rotateWebhookSecret(id, 'next')
    if (!next.ok) throw new Error()
    await client.createPayment(euros(1), 'one')
    await until(() => expect(heard).toHaveLength(1))
    expect(heard.map((one) => [isSigned(secret, one), isSigned(next.value.secret, one)])).toEqual([[true, true]])
    later(DAY)
    const again = await open.add(open.sandbox)
    await again.client.createPayment(euros(2), 'two')
    await until(() => expect(heard).toHaveLength(2))
    expect([isSigned(secret, heard[1] as Heard), isSigned(next.value.secret, heard[1] as Heard)]).toEqual([false, true])
    const kept = JSON.stringify(await open.ports.store.documents({ prefix: '', limit: 1000 }))
    expect(kept).not.toContain(next.value.secret.slice(6))
  })

  it('is sent again, later each time, under the same id, until somebody takes it', async () => {
    const { client } = await listening()
    answer = (response) => response.status(500)
    await client.createPayment(euros(1), 'one')
    for (let at = 1; at <= 4; at++) {
      await until(() => expect(heard).toHaveLength(at))
      await until(async () => expect(JSON.parse((await pending())[0]?.body ?? '{}')).toEqual({ attempts: at }))
      const wait = ((await pending())[0]?.dueAt ?? 0) - open.rig.clock.now()
      const longest = 5 * SECOND * 2 ** (at - 1)
      expect(wait).toBeGreaterThanOrEqual(longest / 2)
      expect(wait).toBeLessThanOrEqual(longest)
      if (at === 4) answer = (response) => response.status(200)
      later(longest + 5 * SECOND)
    }
    await until(async () => expect([heard.length, await pending()]).toEqual([5, []]))
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    const shown = await client.listWebhookEndpoints()
    expect(shown).not.toMatchObject({ value: { items: [{ failingSince: expect.anything() as string }] } })
  })

  it('is not sent for ever: after days of nothing, or once told that it is gone, the address is given up, until it is enabled', async () => {
    const { client, id } = await listening()
    answer = (response) => response.status(410)
    await client.createPayment(euros(1), 'one')
    await until(async () => expect(await client.listWebhookEndpoints()).toMatchObject({ value: { items: [{ disabledAt: expect.any(String) as string }] } }))
    expect(open.warnings).toEqual([expect.stringContaining('given up')])
    await client.createPayment(euros(2), 'two')
    await until(async () => expect(await open.ports.store.documentsDue('event/', open.rig.clock.now(), 9)).toEqual([]))
    expect(heard).toHaveLength(1)
    answer = (response) => response.status(200)
    expect(await client.enableWebhookEndpoint(id, 'on')).toMatchObject({ ok: true })
    const events = await client.listEvents()
    const newest = events.ok ? events.value.items[0]?.id : undefined
    expect(await client.replayEvent(newest ?? '', 'replay')).toMatchObject({ ok: true })
    await until(() => expect(heard.map(({ headers }) => headers['webhook-id']).at(-1)).toBe(newest))
  })

  it('is followed nowhere: an answer that points elsewhere is a failure', async () => {
    const { client } = await listening()
    answer = (response) => response.status(302, { location: url })
    await client.createPayment(euros(1), 'one')
    await until(async () => expect(JSON.parse((await pending())[0]?.body ?? '{}')).toEqual({ attempts: 1 }))
    expect(heard).toHaveLength(1)
  })

  it('is nobody else’s to hear, to see or to send again', async () => {
    const { client } = await listening()
    const other = await open.add('sandbox-other')
    await other.client.createPayment(euros(9), 'theirs')
    await client.createPayment(euros(1), 'mine')
    await until(() => expect(heard).toHaveLength(1))
    const theirs = await other.client.listEvents()
    const id = theirs.ok ? (theirs.value.items[0]?.id ?? '') : ''
    expect(await client.replayEvent(id, 'replay')).toMatchObject({ status: 404 })
    expect(JSON.stringify(heard)).not.toContain(id)
    expect(await other.client.listWebhookEndpoints()).toMatchObject({ value: { items: [] } })
  })
})

describe('the ledger', () => {
  it('tells of real payments from the moment that somebody listens: each settled and refunded once, whenever the hub is killed', async () => {
    const [wallet, till] = [await open.rig.wallet(), await open.rig.till()]
    const pay = async (amount: number) => {
      const one = sale(amount, wallet.show())
      for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
      await open.rig.send(till, till.batch())
      return one
    }
    await pay(100)
    const { client } = await open.add(open.shop)
    expect(await client.createWebhookEndpoint({ url: 'https://hooks.example.com/x' }, 'hook')).toMatchObject({ ok: true })
    // From here on the hub's own teller is dead, and this one dies again and again.
    await open.api.close()
    let killed = 0
    const posted: string[] = []
    const post: Post = (_url, _headers, body) => {
      posted.push(body)
      return Promise.resolve(200)
    }
    const { store } = open.ports
    const one = await pay(420)
    const back = refund(one, 100)
    till.write(back.made)
    await open.rig.send(till, till.batch())
    for (let life = 0; life < 12; life++) {
      // Killed before its n-th commit, whatever that is; then the next one goes on from what is stored.
      let left = life
      const dying = {
        ...store,
        commit: (changes: Parameters<typeof store.commit>[0]) => (left-- > 0 ? store.commit(changes) : Promise.reject(new Error('killed'))),
      }
      const webhooks = createWebhooks({
        loopback: true,
        ...open.ports,
        timers: { after: () => () => undefined },
        warn: () => (killed += 1),
        store: dying,
        audit: open.desk.audit,
        post,
      })
      webhooks.wake()
      await webhooks.idle()
      await webhooks.stop()
    }
    expect(killed).toBeGreaterThan(2)
    expect(await pending()).toEqual([])
    const events = (await store.documents({ prefix: 'event/', limit: 9 })).map(({ body }) => JSON.parse(body) as { id: string; type: string; subject: string })
    expect(events.map(({ type, subject }) => `${type} ${subject}`).toSorted()).toEqual([
      `payment.refunded ${one.paymentId}`,
      `payment.settled ${one.paymentId}`,
    ])
    // At least once each, and a second time under the same id.
    expect(new Set(posted.map((body) => (JSON.parse(body) as { id: string }).id))).toEqual(new Set(events.map(({ id }) => id)))
  })
})

describe('an address', () => {
  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'https://user:secret@example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://10.1.2.3/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://[64:ff9b::a00:1]/',
    'javascript:alert(1)',
    'text',
    `https://example.com/${'x'.repeat(600)}`,
  ])('is refused: %s', (text) => {
    expect(webhookUrl(text, false).ok).toBe(false)
  })

  it('may be of this machine for a sandbox, and only there', () => {
    expect([webhookUrl('http://localhost:1/', true).ok, webhookUrl('http://localhost:1/', false).ok, webhookUrl('http://10.0.0.1/', true).ok]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('leads where its name does when it is looked up, and nowhere if one of its addresses is private', async () => {
    const url = new URL('https://hooks.example.com/')
    const resolving = (...found: string[]) => addressOf(url, false, () => Promise.resolve(found))
    expect(await resolving('93.184.215.14')).toEqual({ ok: true, value: '93.184.215.14' })
    for (const found of [['10.0.0.1'], ['93.184.215.14', '127.0.0.1'], ['::ffff:7f00:1'], ['2001:db8::1'], []])
      expect((await resolving(...found)).ok).toBe(false)
    expect((await addressOf(url, false, () => Promise.reject(new Error('no such host')))).ok).toBe(false)
    expect(['2606:4700::1111', '8.8.8.8', '100.64.0.1', '198.18.0.1', '240.0.0.1', 'fe80::1', '::'].map(isPublic)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ])
  })
})

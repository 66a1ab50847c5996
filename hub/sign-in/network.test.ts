import { request } from 'node:https'
import { afterEach, expect, it } from 'vitest'
import { Secret, TOTP } from 'otpauth'
import { NobodyEnrolled, openApi, type Api } from '../api/server.ts'
import { openTestPrograms, type TestPrograms } from '../api/v1/test-programs.ts'
import { certificateAuthority } from '../certificates.ts'
import { testSeed } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import type { ToldInvitation } from '#protocol/hub-api/session.ts'
import { nodeCrypto, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'

let open: TestPrograms
let api: Api | undefined
afterEach(async () => {
  await api?.close()
  await open.close()
})

const seed = testSeed()
const authority = certificateAuthority(signerFromSeed(testSeed()), nodeCrypto)
const ca = certificatePem(authority.certificate)
const network = {
  hosts: ['localhost'],
  certificate: certificatePem(authority.forServer(['localhost'], signerFromSeed(seed).publicKey)),
  key: privateKeyPem(seed),
}
const onNetwork = () =>
  openApi({ hub: open.rig.hub, timers: open.rig.clock, port: 0, pages: 'none', demoWallets: undefined, programs: open.ports, network, warn: () => undefined })

type Said = { readonly status: number; readonly cookie: string; readonly body: string }
const ask = (url: string, method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Said> =>
  new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, ca, headers, agent: false, servername: 'localhost' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, cookie: response.headers['set-cookie']?.[0] ?? '', body: text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })

it('serves others only once somebody has enrolled, only over TLS, and under its own name', async () => {
  open = await openTestPrograms({ passwordCost: { memory: 64, passes: 1 } })
  await expect(onNetwork()).rejects.toBeInstanceOf(NobodyEnrolled)
  const post = async (path: string, body: object) =>
    await (await fetch(`${open.api.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json()
  const token = await open.api.invitation()
  const { secret } = (await post('/api/invitation', { token })) as ToldInvitation
  const code = () => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: open.rig.clock.now() })
  await post('/api/invitation/accept', { token, password: 'correct horse battery', code: code() })

  api = await onNetwork()
  expect(api.url).toMatch(/^https:\/\/localhost:\d+$/)
  await expect(fetch(api.url.replace('https', 'http'))).rejects.toThrow()
  expect((await ask(api.url, 'GET', '/api/overview')).status).toBe(401)
  expect((await ask(api.url, 'GET', '/api/session', { host: 'evil.example' })).status).toBe(403)
  open.rig.clock.advance(30_000)
  const headers = { 'content-type': 'application/json', origin: api.url }
  const signedIn = await ask(api.url, 'POST', '/api/session', headers, JSON.stringify({ name: 'admin', password: 'correct horse battery', code: code() }))
  expect(signedIn.cookie).toMatch(/^__Host-session=.{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
  const cookie = signedIn.cookie.split(';')[0] ?? ''
  expect((await ask(api.url, 'GET', '/api/overview', { cookie })).status).toBe(200)

  // Programs of strangers are told nothing through this machine's own doors, not even those of a sandbox.
  const asAdmin = { ...headers, cookie }
  const client = { name: 'Dev', merchant: open.shop, scopes: ['webhooks:manage'], sandbox: true }
  const made = JSON.parse((await ask(api.url, 'POST', '/api/clients', asAdmin, JSON.stringify(client))).body) as { id: string; secret: string }
  const issued = await open.desk.clients.token(made.id, made.secret, undefined)
  const bearer = { 'content-type': 'application/json', authorization: `Bearer ${issued.ok ? issued.value.token : ''}`, 'idempotency-key': 'a' }
  const endpoint = await ask(api.url, 'POST', '/v1/webhook-endpoints', bearer, JSON.stringify({ url: 'http://127.0.0.1:6379/' }))
  expect([endpoint.status, (JSON.parse(endpoint.body) as { code: string }).code]).toEqual([422, 'webhook.bad_address'])
  // Whoever sends half of a body and waits keeps no connection, whether he was answered or not.
  for (const path of ['/api/session', '/api/import']) {
    const slow = request(`${api.url}${path}`, { method: 'POST', ca, headers: { ...headers, 'content-length': '10' }, agent: false, servername: 'localhost' })
    let isEnded = false
    slow.on('error', () => undefined)
    slow.on('socket', (socket) => socket.on('close', () => (isEnded = true)))
    slow.on('response', (response) => response.resume())
    slow.write('{')
    await until(() => {
      open.rig.clock.advance(61_000)
      expect(isEnded).toBe(true)
    })
  }

  const lines = await open.desk.audit.page(`sandbox-${open.shop}`, Number.MAX_SAFE_INTEGER, 10)
  expect(lines.map(({ who, action }) => [who, action])).toContainEqual(['admin', 'client.add'])
})

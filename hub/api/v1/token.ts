import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { networkOf, type Left } from './allowance.ts'
import { TOKEN_LASTS, type Clients } from './clients.ts'
import { SECOND } from '#protocol/time.ts'

const MAX_BODY_BYTES = 4096
const FORM = 'application/x-www-form-urlencoded'
/** RFC 6749 §5.2. */
type TokenError = 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope'
type Ports = { readonly clients: Pick<Clients, 'token'>; spend(who: string): Left }

/** `POST /oauth/token`: RFC 6749 §4.4, client credentials by HTTP Basic or in the body (§2.3.1), never both. */
export function answerToken(app: FastifyInstance, { clients, spend }: Ports): void {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
    done()
  })
  app.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => done(null, new URLSearchParams(String(body))))
  app.setErrorHandler((_error, _request, reply) => refuse(reply, 400, 'invalid_request', `the body has to be a form of at most ${MAX_BODY_BYTES} bytes`))
  app.post('/oauth/token', async (request, reply) => {
    const form = request.body
    if (!(form instanceof URLSearchParams)) return refuse(reply, 400, 'invalid_request', 'there is no form')
    // §3.2: a parameter that comes twice is an error.
    if (new Set(form.keys()).size !== [...form.keys()].length) return refuse(reply, 400, 'invalid_request', 'a parameter comes twice')
    const who = credentials(request, form)
    if (who === undefined) return refuse(reply, 400, 'invalid_request', 'client credentials by HTTP Basic, or in the body')
    const grant = form.get('grant_type')
    if (grant === null) return refuse(reply, 400, 'invalid_request', 'grant_type is missing')
    if (grant !== 'client_credentials') return refuse(reply, 400, 'unsupported_grant_type', 'only client_credentials')
    const granted = await clients.token(who.id, who.secret, form.get('scope')?.split(' '))
    if (granted.ok) {
      const { token, scopes } = granted.value
      return reply.send({ access_token: token, token_type: 'Bearer', expires_in: TOKEN_LASTS / SECOND, scope: scopes.join(' ') })
    }
    if (granted.code === 'api.not_allowed') return refuse(reply, 400, 'invalid_scope', 'the client does not have all of these scopes')
    const left = spend(networkOf(request.ip))
    if (!left.allowed) reply.header('retry-after', left.waitSeconds)
    return refuse(
      reply.header('www-authenticate', 'Basic realm="stillpoint", charset="UTF-8"'),
      left.allowed ? 401 : 429,
      'invalid_client',
      'unknown, revoked or wrong',
    )
  })
}

function credentials({ headers }: FastifyRequest, form: URLSearchParams): { readonly id: string; readonly secret: string } | undefined {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')]
  const { authorization } = headers
  if (authorization === undefined) return id === null || secret === null ? undefined : { id, secret }
  const basic = /^basic +([a-z0-9+/=]+)$/i.exec(authorization)?.[1]
  if (basic === undefined || secret !== null) return undefined
  const [name, password, ...more] = Buffer.from(basic, 'base64').toString('utf8').split(':')
  if (name === undefined || password === undefined || more.length > 0) return undefined
  // §2.3.1: both are written as in a form before they are joined.
  const decoded = new URLSearchParams(`id=${name}&secret=${password}`)
  return { id: decoded.get('id') ?? '', secret: decoded.get('secret') ?? '' }
}

const refuse = (reply: FastifyReply, status: number, error: TokenError, description: string): FastifyReply =>
  reply.code(status).send({ error, error_description: description })

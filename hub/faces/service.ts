import { createHash, timingSafeEqual } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ErrorCode } from '#protocol/errors.ts'
import {
  faceQuestions,
  MAX_FACE_REQUEST_BYTES,
  MAX_PICTURE_BYTES,
  type ChallengeState,
  type FaceAnswer,
  type FaceQuestion,
  type FaceQuestionBody,
  type FaceRefusal,
} from '#protocol/faces/messages.ts'
import { enrolGate, lookGate } from '#protocol/faces/quality.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { ChallengeDesk } from './challenge/desk.ts'
import { hintsOf, type FaceDesk, type Refusal } from './desk.ts'
import type { Looker } from './pool.ts'

export type FaceServicePorts = {
  readonly desk: FaceDesk
  readonly challenges: ChallengeDesk
  readonly looker: Looker
  /** Who knows it may ask. */
  readonly token: string
  warn(line: string): void
}

/** What a question is answered with; a refusal may say more than its code. */
type Answered<T> = Outcome<T> | ({ readonly ok: false; readonly code: ErrorCode } & Omit<Refusal<ErrorCode>, 'ok' | 'code'>)
type Answers = { readonly [Q in FaceQuestion]: (body: FaceQuestionBody<Q>) => Promise<Answered<FaceAnswer<Q>>> }

/** The face service's HTTP side, for this machine only. It answers everything, and says nothing about why a stranger is refused. */
export function createFaceService({ desk, challenges, looker, token, warn }: FaceServicePorts): FastifyInstance {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const expected = digest(`Bearer ${token}`)
  const app = Fastify({ bodyLimit: MAX_FACE_REQUEST_BYTES, forceCloseConnections: true })

  const answers: Answers = {
    async look({ picture, use }) {
      const looked = await looker.look(new Uint8Array(Buffer.from(picture, 'base64')), { embed: false })
      return looked.ok ? ok({ hints: [...hintsOf(looked.value, use === 'enrol' ? enrolGate : lookGate)] }) : looked
    },
    async enrolled({ merchant, wallet }) {
      const person = desk.enrolledFor(merchant, wallet)
      return ok(person === undefined ? {} : { person })
    },
    begin: async ({ place, purpose, nonce }) => challenges.begin(place, purpose, nonce),
    frame: ({ challenge, picture }) => challenges.frame(challenge, new Uint8Array(Buffer.from(picture, 'base64'))),
    enrol: async ({ challenge, wallet, digits, consent }) => challenges.enrol(challenge, { wallet, consent, ...(digits !== undefined && { digits }) }),
    recognise: async ({ challenge, claim, amountMinor, currency }) => challenges.recognise(challenge, { amountMinor, currency, ...(claim && { claim }) }),
    forget: async ({ person }) => ok({ forgotten: desk.forget(person) }),
    async history({ person, store }) {
      const uses = desk.history(person, store)
      return uses.ok ? ok({ uses: [...uses.value] }) : uses
    },
  }

  app.addHook('onRequest', async (request, reply) => {
    // Before a byte of the body is read.
    if (request.routeOptions.url === CAPTURE) {
      const { challenge, word } = capturing(request.headers.authorization)
      if (!challenges.admits(challenge, word)) await reply.code(401).send({ code: 'face.challenge_over' } satisfies FaceRefusal)
      return
    }
    // Of hashes, so that the time says nothing about the token.
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) await reply.code(401).send({ code: 'face.unavailable' } satisfies FaceRefusal)
  })
  app.setErrorHandler(async (error, _request, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
    if (status >= 500) warn(`the face service failed at a request: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    await reply
      .code(status)
      .send({ code: status === 413 ? 'face.image_too_large' : status >= 500 ? 'face.unavailable' : 'wire.malformed' } satisfies FaceRefusal)
  })
  app.get('/faces/health', () => ({ engine: looker.engine, people: desk.size }))

  function serve<Q extends FaceQuestion>(question: Q, schema: z.ZodType<FaceQuestionBody<Q>>): void {
    app.post(`/faces/${question}`, async (request, reply) => {
      const body = schema.safeParse(request.body)
      const answer: Answered<FaceAnswer<Q>> = body.success ? await answers[question](body.data) : fail('wire.malformed')
      return answer.ok ? answer.value : await reply.code(statusOf(answer.code)).send(refusalOf(answer))
    })
  }
  serve('look', faceQuestions.look)
  serve('enrolled', faceQuestions.enrolled)
  serve('forget', faceQuestions.forget)
  serve('history', faceQuestions.history)
  serve('begin', faceQuestions.begin)
  serve('frame', faceQuestions.frame)
  serve('enrol', faceQuestions.enrol)
  serve('recognise', faceQuestions.recognise)

  // The page that has the camera knows one challenge's word, and may send pictures for that one alone.
  app.addContentTypeParser(['image/jpeg', 'image/webp'], { parseAs: 'buffer', bodyLimit: MAX_PICTURE_BYTES }, (_request, body, done) => done(null, body))
  app.post(CAPTURE, async (request, reply) => {
    const { challenge } = capturing(request.headers.authorization)
    const state: Answered<ChallengeState> = request.body instanceof Uint8Array ? await challenges.frame(challenge, request.body) : fail('wire.malformed')
    return state.ok ? state.value : await reply.code(statusOf(state.code)).send(refusalOf(state))
  })
  return app
}

const CAPTURE = '/capture/frame'

function capturing(authorization = ''): { readonly challenge: string; readonly word: string } {
  const [, challenge = '', word = ''] = /^Capture ([0-9a-f-]{36}) ([0-9a-f]{64})$/.exec(authorization) ?? []
  return { challenge, word }
}

const refusalOf = ({ code, hints, waitMs, needs }: Exclude<Answered<unknown>, { ok: true }> & Partial<Refusal<ErrorCode>>): FaceRefusal => ({
  code,
  ...(hints && { hints: [...hints] }),
  ...(waitMs !== undefined && { waitMs }),
  ...(needs !== undefined && { needs }),
})

const statusOf = (code: ErrorCode): number =>
  code === 'face.busy' || code === 'face.unavailable'
    ? 503
    : code === 'face.unknown_person' || code === 'face.challenge_over'
      ? 404
      : code === 'wire.malformed'
        ? 400
        : 422

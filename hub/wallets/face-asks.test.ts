import { expect, test } from 'vitest'
import type { FaceQuestion } from '#protocol/faces/messages.ts'
import { keptFaceAnswer } from '#protocol/wallet-api/answers.ts'
import type { FaceReply, Faces } from '../faces/start.ts'
import { forgetFace, keptFace } from './face-asks.ts'

const shop = { merchant: { id: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', name: 'M' }, store: { id: '017f22e2-79b0-7cc3-98c4-dc0c0c073990', name: 'S' } }
const person = '017f22e2-79b0-7cc3-98c4-dc0c0c0739aa'
const wallet = 'ab'.repeat(16)
const uses = [{ at: 1_800_000_000_000, store: shop.store.id, did: 'enrolled' as const }]

/** A face service that answers what it is told to, and remembers what it was asked. */
function serviceOf(answers: Partial<Record<FaceQuestion, FaceReply<unknown>>>) {
  const asked: string[] = []
  const ask = (question: FaceQuestion, body: unknown): Promise<FaceReply<unknown>> => {
    asked.push(`${question} ${JSON.stringify(body)}`)
    return Promise.resolve(answers[question] ?? { ok: false, code: 'face.unavailable' })
  }
  return { faces: { ask: ask as Faces['ask'] }, asked }
}

test('a person is told every use, and the face of the own wallet alone is deleted', async () => {
  const { faces, asked } = serviceOf({
    enrolled: { ok: true, value: { person } },
    history: { ok: true, value: { uses } },
    forget: { ok: true, value: { forgotten: true } },
  })
  const kept = await keptFace({ faces, shop }, wallet)
  expect(kept).toEqual({ ok: true, value: { kept: true, uses } })
  expect(keptFaceAnswer.safeParse(kept.ok && kept.value).success).toBe(true)
  expect(await forgetFace({ faces, shop }, wallet)).toEqual({ ok: true, value: null })
  expect(asked).toEqual([
    `enrolled {"merchant":"${shop.merchant.id}","wallet":"${wallet}"}`,
    `history {"person":"${person}","store":"${shop.store.id}"}`,
    `enrolled {"merchant":"${shop.merchant.id}","wallet":"${wallet}"}`,
    `forget {"person":"${person}"}`,
  ])
})

test('nothing kept is said so, also where it was deleted just now', async () => {
  const never = serviceOf({ enrolled: { ok: true, value: {} } })
  expect(await keptFace({ faces: never.faces, shop }, wallet)).toEqual({ ok: true, value: { kept: false, uses: [] } })
  expect(await forgetFace({ faces: never.faces, shop }, wallet)).toEqual({ ok: true, value: null })
  const gone = serviceOf({ enrolled: { ok: true, value: { person } }, history: { ok: false, code: 'face.unknown_person' } })
  expect(await keptFace({ faces: gone.faces, shop }, wallet)).toEqual({ ok: true, value: { kept: false, uses: [] } })
})

test('a service that does not answer is no “deleted” and no “nothing kept”', async () => {
  const { faces } = serviceOf({ enrolled: { ok: true, value: { person } } })
  for (const ports of [{ shop }, { faces: serviceOf({}).faces, shop }, { faces, shop }]) {
    expect(await forgetFace(ports, wallet)).toMatchObject({ ok: false, code: 'face.unavailable' })
    expect(await keptFace(ports, wallet)).toMatchObject({ ok: false, code: 'face.unavailable' })
  }
  expect(await forgetFace({ faces: serviceOf({ enrolled: { ok: false, code: 'face.of_tomorrow' } }).faces, shop }, wallet)).toMatchObject({
    code: 'face.unavailable',
  })
})

import type { FaceReply, Faces } from '../faces/start.ts'
import type { Shop } from '../shop.ts'
import { knownError } from '#protocol/errors.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { KeptFaceAnswer } from '#protocol/wallet-api/answers.ts'

/** What a person asks about the own face, by the wallet's phone: what is kept, when it was used, and that it be deleted. */
type FacePorts = { readonly faces?: Pick<Faces, 'ask'> | undefined; readonly shop: Pick<Shop, 'merchant' | 'store'> }

/** Uses are in the order of time. Deleted meanwhile, or never there: nothing is kept. */
export async function keptFace({ faces, shop }: FacePorts, wallet: string): Promise<Outcome<KeptFaceAnswer>> {
  const enrolled = await enrolledFor({ faces, shop }, wallet)
  if (!enrolled.ok) return enrolled
  const { person } = enrolled.value
  if (faces === undefined || person === undefined) return ok({ kept: false, uses: [] })
  const history = await faces.ask('history', { person, store: shop.store.id })
  if (history.ok) return ok({ kept: true, uses: history.value.uses })
  return history.code === 'face.unknown_person' ? ok({ kept: false, uses: [] }) : refused(history)
}

/** Durable, and the face unusable, when it is ok. Whoever asks twice is told the same. */
export async function forgetFace({ faces, shop }: FacePorts, wallet: string): Promise<Outcome<null>> {
  const enrolled = await enrolledFor({ faces, shop }, wallet)
  if (!enrolled.ok) return enrolled
  const { person } = enrolled.value
  if (faces === undefined || person === undefined) return ok(null)
  const forgotten = await faces.ask('forget', { person })
  return forgotten.ok ? ok(null) : refused(forgotten)
}

async function enrolledFor({ faces, shop }: FacePorts, wallet: string): Promise<Outcome<{ readonly person?: string | undefined }>> {
  // A hub that has no face service cannot say what one that it had keeps: it does not say “nothing”.
  if (faces === undefined) return fail('face.unavailable')
  const enrolled = await faces.ask('enrolled', { merchant: shop.merchant.id, wallet })
  return enrolled.ok ? ok(enrolled.value) : refused(enrolled)
}

const refused = ({ code }: Extract<FaceReply<never>, { ok: false }>): Outcome<never> => fail(knownError(code, 'face.unavailable'))

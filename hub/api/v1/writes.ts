import { z } from 'zod'
import type { AuditLog } from './audit.ts'
import { draftOver } from './draft.ts'
import { statusOf } from './problem.ts'
import type { Caller } from './scopes.ts'
import type { ApiSecrets } from './secrets.ts'
import type { HubStore } from '../../store/hub-store.ts'
import { hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { fail, invariant, type Outcome } from '#protocol/outcome.ts'
import { DAY, type Clock } from '#protocol/time.ts'

/** For so long the same key gets the same answer. */
const KEPT_FOR = 1 * DAY
const MAX_ATTEMPTS = 20
const MAX_FORGOTTEN = 200
const PREFIX = 'answer/'

const kept = z.strictObject({ fingerprint: z.string(), status: z.int(), sealed: z.string() })

export type WriteAsked = {
  readonly caller: Caller
  readonly key: string
  /** Everything that makes it this request and not another: method, path and body. */
  readonly content: string
  readonly action: string
  readonly target: string
  readonly status: number
  run(store: HubStore, newId: Id): Promise<Outcome<unknown, ErrorCode>>
}
/** The text is JSON, of the value or of the refusal. */
export type Answered = { readonly status: number; readonly text: string; readonly again: boolean }

export type WritesPorts = {
  readonly store: HubStore
  readonly clock: Clock
  readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'>
  readonly audit: AuditLog
  readonly secrets: ApiSecrets
  /** JSON of a refusal. */
  refusal(code: ErrorCode, detail: string | undefined): string
}

/**
 * Every write of the API (draft-ietf-httpapi-idempotency-key-header): the same key with the same content gets the same answer again, with
 * another content it is refused, and two at the same time are one and a refusal. What is changed, the answer and the line in the audit log
 * are one commit, so a crash leaves all of them or none, and the request can be sent again.
 *
 * Answers may have secrets that are told once. They are kept sealed under a key that needs the Idempotency-Key, of which only a hash is kept.
 */
export function createWrites({ store, clock, crypto, audit, secrets, refusal }: WritesPorts) {
  const underWay = new Set<string>()
  const digest = (text: string): string => hex(crypto.sha256(utf8(text)))

  async function write(asked: WriteAsked, id: string): Promise<Outcome<Answered, ErrorCode>> {
    const { caller, key, action, target, status, run } = asked
    const fingerprint = digest(asked.content)
    const newId = makeId(clock.now(), crypto.randomBytes(10))
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const [before] = await store.get('documents', [id])
      if (before?.dueAt !== undefined && before.dueAt > clock.now()) {
        const known = kept.parse(JSON.parse(before.body))
        if (known.fingerprint !== fingerprint) return fail('api.key_reused')
        const text = secrets.decrypt(known.sealed, key)
        invariant(text !== undefined, 'an answer is sealed with the key that it is kept under')
        return { ok: true, value: { status: known.status, text, again: true } }
      }
      const draft = draftOver(store)
      const outcome = await run(draft.store, newId)
      if (!outcome.ok && outcome.code === 'till.disk_full') return outcome
      const answer = outcome.ok
        ? { status, text: JSON.stringify(outcome.value), again: false }
        : { status: statusOf(outcome.code), text: refusal(outcome.code, outcome.detail), again: false }
      const changes = outcome.ok ? draft.changes() : {}
      const body = JSON.stringify({ fingerprint, status: answer.status, sealed: secrets.encrypt(answer.text, key) })
      const remembered = { id, version: before?.version ?? 0, dueAt: clock.now() + KEPT_FOR, body }
      const line = {
        who: caller.id,
        merchant: caller.merchant,
        action,
        target: target === '' && outcome.ok ? newId : target,
        outcome: outcome.ok ? 'done' : outcome.code,
      }
      const committed = await audit.commit({ ...changes, documents: [...(changes.documents ?? []), remembered] }, line)
      if (committed === 'full') return fail('till.disk_full')
      if (committed === 'done') return { ok: true, value: answer }
    }
    invariant(false, 'a write commits in the end')
  }

  return {
    async write(asked: WriteAsked): Promise<Outcome<Answered, ErrorCode>> {
      const id = `${PREFIX}${asked.caller.id}/${digest(asked.key)}`
      if (underWay.has(id)) return fail('api.key_in_flight')
      underWay.add(id)
      try {
        return await write(asked, id)
      } finally {
        underWay.delete(id)
      }
    },
    /** Forgets all answers whose time is over, some at once: others have their turn between. */
    async forget(): Promise<void> {
      for (let isOver = false; !isOver;) {
        const old = await store.documentsDue(PREFIX, clock.now(), MAX_FORGOTTEN)
        isOver = old.length === 0 || (await store.commit({ documentsGone: old })) !== 'done'
      }
    },
  }
}

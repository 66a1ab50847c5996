import { Secret, TOTP } from 'otpauth'
import { z } from 'zod'
import type { AuditLog } from '../api/v1/audit.ts'
import type { ApiSecrets } from '../api/v1/secrets.ts'
import type { DocumentRow } from '../store/documents.ts'
import type { HubStore } from '../store/hub-store.ts'
import { consoleRoles, type ConsoleRole } from '#protocol/hub-api/rights.ts'
import { base64url, hex, utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { makeId, type Id } from '#protocol/ids.ts'
import { isPin, keepPin } from '#protocol/node/pin.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { DAY, HOUR, MINUTE, SECOND, type Clock, type EpochMs } from '#protocol/time.ts'

const passkey = z.strictObject({
  id: z.string(),
  publicKey: z.string(),
  counter: z.int(),
  transports: z.array(z.string()).readonly().optional(),
  addedAt: z.int(),
})
export type KeptPasskey = z.infer<typeof passkey>
const kept = z.strictObject({
  name: z.string(),
  role: z.enum(consoleRoles),
  /** Argon2id, as PINs are kept. */
  password: z.strictObject({ salt: z.string(), hash: z.string(), memory: z.int(), passes: z.int() }),
  /** Sealed: whoever reads the database cannot make codes of it. */
  totp: z.string(),
  /** The step (RFC 6238 §4.2) of the last code that counted: no code counts twice, and none before it any more (§5.2). */
  lastStep: z.int(),
  /** Wrong in a row, and until when nothing is looked at because of them. */
  failures: z.int(),
  lockedUntil: z.int(),
  passkeys: z.array(passkey).readonly(),
  removedAt: z.int().optional(),
})
export type Person = z.infer<typeof kept> & { readonly id: Id; readonly version: number }
const invitation = z.strictObject({ name: z.string(), role: z.enum(consoleRoles), by: z.string().optional(), totp: z.string().optional() })
const session = z.strictObject({ person: z.string(), since: z.int(), seen: z.int() })

const PERSON = 'person/'
const SESSION = 'session/'
const INVITATION = 'invitation/'
const INVITATION_LASTS = 1 * DAY
const IDLE = 30 * MINUTE
const LONGEST = 12 * HOUR
/** Not every request of a page needs a commit to say that somebody is there. */
const NOTE_EVERY = 1 * MINUTE
const STEP_SECONDS = 30
/** Clocks of phones differ; a code is taken a step early or late. */
const WINDOW = 1
/** NIST SP 800-63B §5.1.1: length counts, composition does not. */
export const MIN_PASSWORD = 12
const FREE_FAILURES = 4
const MAX_LOCK = 1 * HOUR
const TOKEN_BYTES = 32
const MAX_PEOPLE = 1000
const MAX_SESSIONS_ENDED = 1000
/** Under these the hub, its commands and programs stand in what people are shown: nobody is called so. */
const isNobodys = (name: string): boolean => ['hub', 'operator', 'console', 'command', 'nobody'].includes(name.toLowerCase()) || name.includes('/')

export type PeoplePorts = {
  readonly store: HubStore
  readonly clock: Clock
  readonly crypto: Pick<Crypto, 'sha256' | 'randomBytes'>
  readonly secrets: ApiSecrets
  readonly audit: AuditLog
  /** What the audit log files it under. */
  readonly merchant: string
  /** Of tests, which sign in more often than the real one allows. */
  readonly passwordCost?: { readonly memory: number; readonly passes: number }
}
export type SignInCode = 'signin.wrong' | 'signin.locked' | 'till.disk_full'
export type People = Awaited<ReturnType<typeof openPeople>>

/** Who may use the console: signed in by password and code, or by passkey. Sessions are kept as hashes of what the browser has. */
export async function openPeople({ store, clock, crypto, secrets, audit, merchant, passwordCost }: PeoplePorts) {
  const digest = (text: string): string => hex(crypto.sha256(utf8(text)))
  const fresh = (): string => base64url(crypto.randomBytes(TOKEN_BYTES))
  const sealFor = (secret: Secret): string => secrets.encrypt(secret.base32, 'totp')
  const read = ({ id, version, body }: DocumentRow): Person => ({ ...kept.parse(JSON.parse(body)), id: id.slice(PERSON.length), version })
  const rowOf = ({ id, version, ...body }: Person): DocumentRow => ({ id: `${PERSON}${id}`, version, dueAt: undefined, body: JSON.stringify(kept.parse(body)) })
  const everybody = async (): Promise<Person[]> =>
    (await store.documents({ prefix: PERSON, limit: MAX_PEOPLE })).map(read).filter(({ removedAt }) => removedAt === undefined)
  let some = (await everybody()).length > 0
  /** Somebody who is not there takes as long as somebody who is. */
  const nobody = keepPin(crypto, fresh(), passwordCost)

  /** One after the other: who tries ten passwords at once has them counted, and two administrators cannot each remove the other as the last but one. */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn =
    <A extends readonly unknown[], T>(act: (...said: A) => Promise<T>) =>
    (...said: A): Promise<T> => {
      const mine = last.then(() => act(...said))
      last = mine.catch(() => undefined)
      return mine
    }

  const line = (who: string, action: string, target: string, outcome: string) => ({ who, merchant, action, target, outcome })

  async function find(id: string): Promise<Person | undefined> {
    const [row] = await store.get('documents', [`${PERSON}${id}`])
    const person = row && read(row)
    return person?.removedAt === undefined ? person : undefined
  }
  const named = async (name: string): Promise<Person | undefined> =>
    (await everybody()).find((person) => person.name.toLowerCase() === name.trim().toLowerCase())

  /** The step of a code that is right and was not used yet. */
  function stepOf(sealed: string, code: string, lastStep: number): number | undefined {
    const text = secrets.decrypt(sealed, 'totp')
    if (text === undefined || !/^\d{6}$/.test(code)) return undefined
    const delta = new TOTP({ secret: Secret.fromBase32(text), period: STEP_SECONDS }).validate({ token: code, window: WINDOW, timestamp: clock.now() })
    const step = delta === null ? -1 : Math.floor(clock.now() / (STEP_SECONDS * SECOND)) + delta
    return step > lastStep ? step : undefined
  }
  /** After a few wrong ones each further one makes the next wait twice as long. */
  const lockAfter = (failures: number): EpochMs =>
    failures <= FREE_FAILURES ? 0 : clock.now() + Math.min(MAX_LOCK, MINUTE * 2 ** (failures - FREE_FAILURES - 1))

  async function begin(person: Person, how: string): Promise<Outcome<{ readonly token: string; readonly person: Person }, SignInCode>> {
    const token = fresh()
    const at = clock.now()
    const row = sessionRow(digest(token), { person: person.id, since: at, seen: at }, 0)
    const committed = await audit.commit({ documents: [rowOf({ ...person, failures: 0, lockedUntil: 0 }), row] }, line(`person/${person.id}`, how, '', 'done'))
    return committed === 'done' ? ok({ token, person }) : fail(committed === 'full' ? 'till.disk_full' : 'signin.wrong')
  }
  const sessionRow = (hash: string, said: z.infer<typeof session>, version: number): DocumentRow => ({
    id: `${SESSION}${hash}`,
    version,
    dueAt: Math.min(said.seen + IDLE, said.since + LONGEST),
    body: JSON.stringify(said),
  })
  async function wrong(person: Person): Promise<Outcome<never, SignInCode>> {
    const failures = person.failures + 1
    const committed = await audit.commit(
      { documents: [rowOf({ ...person, failures, lockedUntil: lockAfter(failures) })] },
      line(`person/${person.id}`, 'sign-in', '', 'signin.wrong'),
    )
    return fail(committed === 'full' ? 'till.disk_full' : 'signin.wrong')
  }
  async function invitationOf(token: string): Promise<{ readonly row: DocumentRow; readonly said: z.infer<typeof invitation> } | undefined> {
    const [row] = await store.get('documents', [`${INVITATION}${digest(token)}`])
    return row === undefined || (row.dueAt ?? 0) <= clock.now() ? undefined : { row, said: invitation.parse(JSON.parse(row.body)) }
  }
  /** All links in that name, since each start prints another one for the first administrator, and all that `by` gave out: none may outlive him. */
  const invitationsOf = async (name: string, by?: string): Promise<readonly DocumentRow[]> =>
    (await store.documents({ prefix: INVITATION, limit: MAX_PEOPLE })).filter(({ body }) => {
      const said = invitation.parse(JSON.parse(body))
      return said.name.toLowerCase() === name.toLowerCase() || (by !== undefined && said.by === by)
    })

  return {
    /** False: nobody has enrolled, and the console belongs to whoever sits at this machine. */
    isNeeded: (): boolean => some,
    everybody,
    find,
    /** A link's secret, good once and for a day. */
    async invite(name: string, role: ConsoleRole, by: string): Promise<Outcome<string, 'signin.taken' | 'till.disk_full'>> {
      if (isNobodys(name) || (await named(name)) !== undefined) return fail('signin.taken')
      const token = fresh()
      const row = { id: `${INVITATION}${digest(token)}`, version: 0, dueAt: clock.now() + INVITATION_LASTS, body: JSON.stringify({ name, role, by }) }
      const committed = await audit.commit({ documents: [row] }, line(by, 'person.invite', name, 'done'))
      return committed === 'done' ? ok(token) : fail('till.disk_full')
    },
    /** What whoever has the link puts into his authenticator: the same however often he asks. */
    async invited(
      token: string,
    ): Promise<
      Outcome<{ readonly name: string; readonly role: ConsoleRole; readonly uri: string; readonly secret: string }, 'signin.bad_link' | 'till.disk_full'>
    > {
      const found = await invitationOf(token)
      if (found === undefined) return fail('signin.bad_link')
      const { row, said } = found
      const known = said.totp === undefined ? undefined : secrets.decrypt(said.totp, 'totp')
      const secret = known === undefined ? new Secret({ buffer: new Uint8Array(crypto.randomBytes(20)).buffer }) : Secret.fromBase32(known)
      if (known === undefined) {
        const committed = await store.commit({ documents: [{ ...row, body: JSON.stringify({ ...said, totp: sealFor(secret) }) }] })
        if (committed !== 'done') return fail(committed === 'full' ? 'till.disk_full' : 'signin.bad_link')
      }
      const { name, role } = said
      return ok({ name, role, uri: new TOTP({ issuer: 'Stillpoint', label: name, secret, period: STEP_SECONDS }).toString(), secret: secret.base32 })
    },
    /** Takes up an invitation: the person and his first session, and the link is used up, all in one commit. */
    accept: inTurn(
      async (
        token: string,
        password: string,
        code: string,
      ): Promise<Outcome<{ readonly token: string; readonly person: Person }, SignInCode | 'signin.bad_link' | 'signin.taken'>> => {
        const found = await invitationOf(token)
        if (found?.said.totp === undefined) return fail('signin.bad_link')
        const { name, role, totp } = found.said
        if ((await named(name)) !== undefined) return fail('signin.taken')
        const lastStep = stepOf(totp, code, 0)
        if (lastStep === undefined) return fail('signin.wrong')
        const id = makeId(clock.now(), crypto.randomBytes(10))
        const person: Person = {
          id,
          version: 0,
          name,
          role,
          password: keepPin(crypto, password, passwordCost),
          totp,
          lastStep,
          failures: 0,
          lockedUntil: 0,
          passkeys: [],
        }
        const at = clock.now()
        const own = fresh()
        const changes = {
          documents: [rowOf(person), sessionRow(digest(own), { person: id, since: at, seen: at }, 0)],
          documentsGone: await invitationsOf(name),
        }
        const committed = await audit.commit(changes, line(`person/${id}`, 'person.accept', id, 'done'))
        if (committed !== 'done') return fail(committed === 'full' ? 'till.disk_full' : 'signin.bad_link')
        some = true
        return ok({ token: own, person })
      },
    ),
    /** Never says which of the three was wrong. */
    signIn: inTurn(async (name: string, password: string, code: string): Promise<Outcome<{ readonly token: string; readonly person: Person }, SignInCode>> => {
      const person = await named(name)
      if (person !== undefined && person.lockedUntil > clock.now()) return fail('signin.locked')
      const isPassword = isPin(password, person?.password ?? nobody)
      if (person === undefined) {
        // A commit, as for somebody who is there. Not the name: people type their passwords there.
        await audit.commit({}, line('nobody', 'sign-in', '', 'signin.wrong'))
        return fail('signin.wrong')
      }
      const step = stepOf(person.totp, code, person.lastStep)
      return isPassword && step !== undefined ? await begin({ ...person, lastStep: step }, 'sign-in') : await wrong(person)
    }),
    /** For who has shown by a passkey that he is this person. `counter`: the authenticator's. */
    async signInWith(person: Person, used: KeptPasskey): Promise<Outcome<{ readonly token: string; readonly person: Person }, SignInCode>> {
      return await begin({ ...person, passkeys: person.passkeys.map((one) => (one.id === used.id ? used : one)) }, 'sign-in.passkey')
    },
    async addPasskey(id: string, added: KeptPasskey): Promise<Outcome<void, 'api.who' | 'signin.wrong' | 'till.disk_full'>> {
      const person = await find(id)
      if (person === undefined) return fail('api.who')
      // WebAuthn §7.1: or who registers another's under his own name keeps that person out.
      if ((await everybody()).some((other) => other.id !== id && other.passkeys.some((one) => one.id === added.id))) return fail('signin.wrong')
      const passkeys = [...person.passkeys.filter((one) => one.id !== added.id), added]
      const committed = await audit.commit({ documents: [rowOf({ ...person, passkeys })] }, line(`person/${id}`, 'passkey.add', added.id.slice(0, 12), 'done'))
      return committed === 'done' ? ok(undefined) : fail('till.disk_full')
    },
    /** Whose session this is, unless it has ended. Being asked keeps it from ending. */
    async inSession(token: string): Promise<Person | undefined> {
      const [row] = await store.get('documents', [`${SESSION}${digest(token)}`])
      if (row === undefined || (row.dueAt ?? 0) <= clock.now()) return undefined
      const said = session.parse(JSON.parse(row.body))
      if (clock.now() - said.seen >= NOTE_EVERY) await store.commit({ documents: [sessionRow(digest(token), { ...said, seen: clock.now() }, row.version)] })
      return await find(said.person)
    },
    async signOut(token: string): Promise<void> {
      const [row] = await store.get('documents', [`${SESSION}${digest(token)}`])
      if (row === undefined) return
      await audit.commit({ documentsGone: [row] }, line(`person/${session.parse(JSON.parse(row.body)).person}`, 'sign-out', '', 'done'))
    },
    /** He is gone, and so are his sessions. The last admin stays: nobody could let anyone in any more. */
    remove: inTurn(async (id: string, by: string): Promise<Outcome<void, 'api.unknown' | 'signin.last_admin' | 'till.disk_full'>> => {
      const all = await everybody()
      const person = all.find((one) => one.id === id)
      if (person === undefined) return fail('api.unknown')
      if (person.role === 'admin' && all.filter(({ role }) => role === 'admin').length === 1) return fail('signin.last_admin')
      const theirs = (await store.documents({ prefix: SESSION, limit: MAX_SESSIONS_ENDED })).filter(({ body }) => session.parse(JSON.parse(body)).person === id)
      const committed = await audit.commit(
        { documents: [rowOf({ ...person, removedAt: clock.now() })], documentsGone: [...theirs, ...(await invitationsOf(person.name, `person/${id}`))] },
        line(by, 'person.remove', id, 'done'),
      )
      return committed === 'done' ? ok(undefined) : fail('till.disk_full')
    }),
    /** That somebody is about to do something at the console, or was refused. False: it could not be written down, so it must not be done. */
    note: async (who: string, action: string, target: string, outcome = 'asked'): Promise<boolean> =>
      (await audit.commit({}, line(who, action, target, outcome))) === 'done',
    async forget(): Promise<void> {
      for (const prefix of [SESSION, INVITATION]) {
        const over = await store.documentsDue(prefix, clock.now(), MAX_SESSIONS_ENDED)
        if (over.length > 0) await store.commit({ documentsGone: over })
      }
    },
  }
}

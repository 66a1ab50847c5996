import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { helpCall, MAX_HEALTH_BYTES, REPORT_GAP, type Health, type HelpCall, type UpdateStage, type Watch } from '#protocol/hub/health.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { makeId } from '#protocol/ids.ts'
import { invariant, type Outcome } from '#protocol/outcome.ts'
import type { HelpView, Notice, View } from '#protocol/till-api/api.ts'
import type { Clock, DurationMs, EpochMs } from '#protocol/time.ts'
import type { Authority } from './authority.ts'
import type { Head } from './journal.ts'
import type { TillIdentity } from './ports.ts'
import { StoreError, type TillStore } from './store.ts'
import type { TillClock } from './till-clock.ts'

/** What only the machine knows. `update`: undefined where no launcher runs this till. */
export type MachineFacts = {
  readonly app: string
  readonly store: number
  readonly update: UpdateStage | undefined
}
export type Machine = {
  facts(): MachineFacts
  disk(): Health['disk']
  /** Somebody wants a key that was certified before this to be replaced. */
  rekey(before: EpochMs): void
  /** Best effort: the next report says it again. */
  report(message: Uint8Array): void
}

/** What of the till no screen shows. */
export type Standing = { readonly head: Head; readonly authority: Authority; readonly clock: TillClock }

export type HealthPorts = {
  readonly identity: Pick<TillIdentity, 'till' | 'signer'>
  readonly crypto: Pick<Crypto, 'randomBytes'>
  readonly clock: Clock
  readonly machine: Machine
  /** A call for help outlives a restart. */
  readonly store: Pick<TillStore, 'records' | 'commit'>
  /** The call for help has another state now. */
  changed(): void
}

const MAX_ERRORS = 10
const MAX_DEVICES = 32
const LAUNCH_BYTES = 8
const RECORD_HELP = 'help'
/** Both clocks are read one after the other, and nobody corrects a few seconds. */
const OFF_STEP: DurationMs = 10_000

type Device = Health['devices'][number]

/**
 * Tells the hub how this till is, over a topic of its own: when something has changed, and now and then. Everything in it is read off what the till shows anyway, so
 * that it stands in nobody's way; what gets lost is said again with the next report.
 */
export class HealthReports {
  readonly #ports: HealthPorts
  readonly #launch: string
  readonly #startedAt: DurationMs
  #view: View | undefined
  /** How often the hub wants to hear. Undefined until it has said so on this connection. */
  #every: DurationMs | undefined
  #n = 0
  #last: { readonly key: string; readonly at: DurationMs } | undefined
  #devices: ReadonlyMap<string, Device> = new Map()
  #errors: readonly Health['errors'][number][] = []
  #seen: readonly string[] = []
  #call: (HelpCall & { readonly state: HelpView['state'] }) | undefined
  #standing: Standing | undefined

  constructor(ports: HealthPorts) {
    this.#ports = ports
    this.#launch = hex(ports.crypto.randomBytes(LAUNCH_BYTES))
    this.#startedAt = ports.clock.monotonic()
    const kept = helpCall.safeParse(JSON.parse(ports.store.records(RECORD_HELP).get(RECORD_HELP) ?? 'null'))
    if (kept.success) this.#call = { ...kept.data, state: 'sending' }
  }

  /** The till's own view, as it is now. */
  shown(view: View): void {
    this.#view = view
    if (view.link.state === 'offline') this.#every = undefined
  }

  /** To be called often. */
  step(standing: Standing): void {
    this.#standing = standing
    const view = this.#view
    if (view === undefined) return
    this.#notice(view.notices)
    this.#devices = devicesNow(view, this.#devices, standing.clock.now())
    if (this.#every === undefined) return
    const at = this.#ports.clock.monotonic()
    const key = this.#key(view, standing)
    const due = this.#last === undefined || at - this.#last.at >= (key === this.#last.key ? this.#every : REPORT_GAP)
    if (due) this.#send(view, standing, key)
  }

  /** The hub has said that it listens, and what became of a call. */
  watched({ everyMs, rekeyBefore, call }: Watch): void {
    this.#every = everyMs
    if (rekeyBefore !== undefined) this.#ports.machine.rekey(rekeyBefore)
    if (call === undefined || call.id !== this.#call?.id || call.state === this.#call.state) return
    this.#become(call.state === 'over' ? undefined : { ...this.#call, state: call.state })
    this.#ports.changed()
  }

  /** Somebody here needs a person. The same call again changes nothing. */
  callForHelp(from: HelpCall['from']): void {
    if (this.#call !== undefined) return
    const at = this.#standing?.clock.now() ?? this.#ports.clock.now()
    this.#become({ id: makeId(at, this.#ports.crypto.randomBytes(10)), at, from, state: 'sending' })
    if (this.#standing !== undefined) this.step(this.#standing)
  }

  takeBackCall(): void {
    this.#become(undefined)
    if (this.#standing !== undefined) this.step(this.#standing)
  }

  /** On a full disk somebody is called all the same: until the next restart. */
  #become(call: (HelpCall & { readonly state: HelpView['state'] }) | undefined): void {
    const isOther = call?.id !== this.#call?.id
    this.#call = call
    if (!isOther) return
    try {
      if (call === undefined) this.#ports.store.commit({ remove: [RECORD_HELP] })
      else this.#ports.store.commit({ put: { [RECORD_HELP]: JSON.stringify({ id: call.id, at: call.at, from: call.from }) } })
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
  }

  get help(): HelpView | undefined {
    return this.#call && { at: this.#call.at, from: this.#call.from, state: this.#call.state }
  }

  /** This till ends on purpose. */
  leave(): void {
    if (this.#view !== undefined && this.#standing !== undefined && this.#every !== undefined) this.#send(this.#view, this.#standing, '', true)
  }

  #send(view: View, standing: Standing, key: string, leaving = false): void {
    this.#last = { key, at: this.#ports.clock.monotonic() }
    const message = encodeSigned(this.#ports.identity.signer, signedTypes.health, { ...this.#health(view, standing), ...(leaving && { leaving }) })
    invariant(message.length <= MAX_HEALTH_BYTES, 'a report is bounded')
    this.#ports.machine.report(message)
  }

  #health(view: View, { head, authority, clock }: Standing): Health {
    const { app, store, update } = this.#ports.machine.facts()
    const disk = this.#ports.machine.disk()
    const { entries: waiting, oldestAt } = view.link.waiting
    const { policy, catalogueVersion, denied } = authority
    const { blocked } = view.till
    const { state: _, ...help } = this.#call ?? { state: undefined }
    return {
      v: 1,
      till: this.#ports.identity.till,
      launch: this.#launch,
      n: ++this.#n,
      at: clock.now(),
      upMs: Math.round(this.#ports.clock.monotonic() - this.#startedAt),
      versions: {
        app,
        store,
        denied: denied.version,
        ...(policy && { policy: policy.version }),
        ...(catalogueVersion !== undefined && { catalogue: catalogueVersion }),
      },
      clock: { offMs: Math.round(this.#ports.clock.now() - clock.now()), doubtful: clock.doubtful },
      ...(disk && { disk }),
      journal: { epoch: head.epoch, entries: head.n, waiting, ...(oldestAt !== undefined && { oldestAt }) },
      devices: [...this.#devices.values()],
      errors: [...this.#errors],
      ...(blocked !== undefined && { blocked }),
      ...(update && { update }),
      ...('id' in help && { help }),
    }
  }

  /** What is worth a report as soon as it changes. */
  #key(view: View, { authority, clock }: Standing): string {
    const off = Math.round((this.#ports.clock.now() - clock.now()) / OFF_STEP)
    const { policy, catalogueVersion, denied } = authority
    const { update } = this.#ports.machine.facts()
    const { blocked } = view.till
    const call = this.#call?.id
    const said = { off, doubtful: clock.doubtful, policy: policy?.version, catalogueVersion, denied: denied.version, update, blocked, call }
    return JSON.stringify({ ...said, devices: [...this.#devices.values()], error: this.#errors.at(-1) })
  }

  #notice(notices: readonly Notice[]): void {
    const fresh = notices.filter(({ id }) => !this.#seen.includes(id))
    this.#seen = notices.map(({ id }) => id)
    if (fresh.length > 0) this.#errors = [...this.#errors, ...fresh.map(({ code, at }) => ({ code, at }))].slice(-MAX_ERRORS)
  }
}

/** Each since when it is as it is. */
function devicesNow({ devices }: View, before: ReadonlyMap<string, Device>, now: EpochMs): ReadonlyMap<string, Device> {
  return new Map(
    devices.slice(0, MAX_DEVICES).map(({ device, kind, state, code }) => {
      const was = before.get(device)
      const since = was !== undefined && was.state === state && was.code === code ? was.since : now
      return [device, { kind, state, since, ...(code !== undefined && { code }) }] as const
    }),
  )
}

/** For `Till`: the hub's word, signed as everything is that it says. */
export function heardWatch(authority: Pick<Authority, 'open'>, bytes: Uint8Array, health: HealthReports | undefined): Outcome<unknown> {
  const opened = authority.open(bytes, signedTypes.watch)
  if (opened.ok) health?.watched(opened.value)
  return opened
}

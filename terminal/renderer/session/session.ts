import type { ErrorCode } from '#protocol/errors.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, type Outcome } from '#protocol/outcome.ts'
import type { Command, Shelves, TillApi, ToScreen, View } from '#protocol/till-api/api.ts'
import type { Clock, EpochMs } from '#protocol/time.ts'
import { withSameParts } from './same-parts.ts'

/** Something that the person did and that did not take; shown until the next thing that does, or until dismissed. */
export type Answer = { readonly kind: 'error'; readonly code: ErrorCode } | { readonly kind: 'scan_in_restart' } | { readonly kind: 'input_discarded' }

/** All that the page draws from, besides its own selection and search. */
export type Screen = {
  /** `shut_out`: no view yet, and the till refuses this page's token. */
  readonly core: 'starting' | 'shut_out' | 'up' | 'restarting'
  readonly shelves: Shelves
  /** What the last search found. */
  readonly found?: Extract<ToScreen, { type: 'found' }>
  readonly view?: View
  /** When `view` came: what "today" means in it. */
  readonly viewAt: EpochMs
  readonly answer?: Answer
  /** Somebody meant to close the window while money waits; until they stay or it may close. */
  readonly leaving?: true
}

export interface Session {
  get(): Screen
  subscribe(listener: () => void): () => void
  /** Sends it, or says why not. Never kept for later. Resolves when it is answered. */
  command(command: Command): Promise<void>
  /** The same for a dialog, which says itself what came of it. */
  ask(command: Command): Promise<Outcome<null>>
  /** For what begins at this screen, such as a refund. */
  newId(): Id
  /** The window stays open after all. */
  stay(): void
  tell(answer: Answer): void
  dismissAnswer(): void
  /** The till refuses this page, until a view says otherwise. */
  shutOut(): void
}

export type SessionParts = {
  readonly api: TillApi
  readonly clock: Pick<Clock, 'now'>
  newId(): Id
  /** Hears every view, also those that are replaced before they are drawn. */
  onView?(before: View | undefined, after: View): void
  /** Hears what the screen itself has to say; a refusal by the core comes with a view that says it. */
  onTold?(answer: Answer): void
}

/** A second press of one of these before the first is answered is the same wish, not another one. */
const once: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'clearSale',
  'takePayment',
  'cancelPayment',
  'continue',
  'reprint',
  'refund',
  'returnGoods',
  'returnBasket',
  'payWithReturn',
  'voidSale',
  'syncNow',
  'exportJournal',
  'closeShift',
  'signOut',
  'update',
  'reset',
  'signIn',
  'allow',
  'startTraining',
  'stopTraining',
  'takeWeight',
  'zeroScale',
  'tareScale',
  'openDrawer',
  'printTestPage',
])

export function createSession({ api, clock, newId, onView, onTold }: SessionParts): Session {
  let screen: Screen = { core: 'starting', shelves: { categories: [], products: [] }, viewAt: clock.now() }
  const listeners = new Set<() => void>()
  const unanswered = new Map<string, Promise<Outcome<null>>>()

  const change = (next: Partial<Screen>) => {
    screen = { ...screen, ...next }
    for (const listener of listeners) listener()
  }
  const tell = (answer: Answer) => {
    change({ answer })
    onTold?.(answer)
  }
  const drop = (part: 'answer' | 'leaving') => {
    if (screen[part] === undefined) return
    const { [part]: _, ...rest } = screen
    screen = rest
    for (const listener of listeners) listener()
  }

  api.onMessage((message) => {
    switch (message.type) {
      case 'catalogue':
        change({ shelves: message })
        return
      case 'found':
        change({ found: message })
        return
      case 'view': {
        const before = screen.view
        const view = withSameParts(before, message.view)
        change({ core: 'up', view, viewAt: clock.now() })
        onView?.(before, view)
        return
      }
      case 'core':
        // Only a view says that the core is back: whoever reports `up` may do so before it can take commands. Before the first view
        // there is nothing to lose, so the screen goes on saying that it starts.
        if (message.state === 'restarting' && screen.view !== undefined) change({ core: 'restarting' })
        return
      case 'leaving':
        change({ leaving: true })
    }
  })

  const failed = (command: Command, code: ErrorCode) => {
    // The view has whom to ask.
    if (code === 'staff.needs_role') return
    if (code === 'till.core_restarting' && command.type === 'scan') tell({ kind: 'scan_in_restart' })
    // While the screen shows that the till is restarting, that is the answer to anything else.
    else if (code !== 'till.core_restarting' || screen.core === 'up') change({ answer: { kind: 'error', code } })
  }

  /** The answer that is still to come to the very same wish, for what is done once however often it is pressed. */
  const first = (command: Command) => (once.has(command.type) ? unanswered.get(JSON.stringify(command)) : undefined)

  const ask = (command: Command): Promise<Outcome<null>> => {
    if (screen.core !== 'up') return Promise.resolve(fail('till.core_restarting'))
    const before = first(command)
    if (before !== undefined) return before
    const answered = api.send(command)
    if (once.has(command.type)) {
      const wish = JSON.stringify(command)
      unanswered.set(wish, answered)
      void answered.then(() => unanswered.delete(wish))
    }
    return answered
  }

  return {
    get: () => screen,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async command(command) {
      const again = first(command) !== undefined
      const outcome = await ask(command)
      if (again) return
      if (outcome.ok) drop('answer')
      else failed(command, outcome.code)
    },
    ask,
    newId,
    stay: () => drop('leaving'),
    tell,
    dismissAnswer: () => drop('answer'),
    shutOut() {
      if (screen.view === undefined) change({ core: 'shut_out' })
    },
  }
}

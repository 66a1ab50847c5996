import type { Timers } from '#protocol/time.ts'
import { isStale } from './freshness.ts'
import { actionFor, isPrintable, repeats, type Action, type Focus } from './keys.ts'
import { MAX_GAP, modifiers, quiet, wedgeStep, type ScannedByKeys } from './wedge.ts'

export type Handlers = {
  stage(): Focus['stage']
  /** The first character of what may become a scan: remember what a field contains. */
  mayBegin(): void
  /** A code was typed by a scanner; put back what the field contained. */
  scanned(code: ScannedByKeys): void
  unreadable(): void
  /** `key`: as it was pressed, for what depends on it. */
  action(action: Action, key: string): void
  /** A quantity has been begun with digits. */
  typed?(): boolean
  /** The pane of this till is open. */
  pane?(): Focus['pane']
  /** Input from a frozen screen was thrown away. */
  discarded(): void
}

type Page = Pick<Window, 'addEventListener' | 'removeEventListener'> & { readonly performance: Pick<Performance, 'now'> }

function focusOf(target: EventTarget | null): Focus['on'] {
  if (target === null || !('closest' in target)) return 'nothing'
  const element = target as Element
  if (element.closest('input, textarea, select, [contenteditable]') !== null) return 'field'
  if (element.closest('.product-grid') !== null) return 'goods'
  return element.closest('button, a[href], summary') === null ? 'nothing' : 'control'
}

const swallow = (event: Event) => {
  event.preventDefault()
  event.stopImmediatePropagation()
}

/**
 * One pair of ears for the whole page, before any element hears: scans by keyboard wedge wherever the focus is, the keys of the
 * actions, and the gate against stale input. Returns a function that stops it.
 */
export function listen(page: Page, timers: Timers, handlers: Handlers): () => void {
  let state = quiet
  let mayBeCode: { readonly cancel: () => void; readonly run: () => void }[] = []
  const swallowed = new Set<string>()

  const forget = () => {
    for (const { cancel } of mayBeCode) cancel()
    mayBeCode = []
  }

  /** What was typed before a key that prints nothing is no code: it is done first, so that nothing overtakes it. */
  const hurry = () => {
    const waiting = mayBeCode
    forget()
    for (const { run } of waiting) run()
  }

  const act = (event: KeyboardEvent, on: Focus['on']) => {
    if (!isPrintable(event.key) && !modifiers.has(event.key)) hurry()
    const action = actionFor(event, { stage: handlers.stage(), on, typed: handlers.typed?.() ?? false, pane: handlers.pane?.() })
    if (action === undefined) return
    event.preventDefault()
    if (event.repeat && !repeats.has(action)) return
    const { key } = event
    if (!isPrintable(key) || event.repeat) return handlers.action(action, key)
    const run = () => handlers.action(action, key)
    const waiting = {
      run,
      cancel: timers.after(MAX_GAP, () => {
        mayBeCode = mayBeCode.filter((one) => one !== waiting)
        run()
      }),
    }
    mayBeCode.push(waiting)
  }

  /** True when the key was a scanner's and nobody else must hear it. */
  const hearScanner = (event: KeyboardEvent, on: Focus['on']): boolean => {
    const { state: next, saw, scanned } = wedgeStep(state, event.key, event.timeStamp)
    state = next
    if (saw === 'first') {
      mayBeCode = []
      handlers.mayBegin()
    }
    // The same key pressed twice is a person in a hurry; anything else at this speed is a code.
    const isCode = saw === 'fast' && new Set(state.text).size > 1
    if (isCode) forget()
    // A scan counts however late it is delivered: the core knows what it may mean now, and a product must not be lost.
    if (scanned !== undefined) handlers.scanned(scanned)
    if (saw === 'unreadable') handlers.unreadable()
    return scanned !== undefined || saw === 'unreadable' || (isCode && on !== 'field')
  }

  const keydown = (event: KeyboardEvent) => {
    if (event.isComposing) return
    const on = focusOf(event.target)
    if (!event.repeat && hearScanner(event, on)) {
      swallow(event)
      swallowed.add(event.key)
      return
    }
    if (on === 'field' && isPrintable(event.key)) return
    if (isStale(page.performance.now(), event.timeStamp)) {
      swallow(event)
      if (!event.repeat && !isPrintable(event.key)) handlers.discarded()
      return
    }
    if (event.repeat && event.key === 'Enter') swallow(event)
    else act(event, on)
  }

  /** A button is pressed by the release of Space: that of a scanned code must not reach it either. */
  const keyup = (event: KeyboardEvent) => {
    if (swallowed.delete(event.key)) swallow(event)
  }

  const click = (event: MouseEvent) => {
    if (!isStale(page.performance.now(), event.timeStamp)) return
    swallow(event)
    handlers.discarded()
  }

  page.addEventListener('keydown', keydown, true)
  page.addEventListener('keyup', keyup, true)
  page.addEventListener('click', click, true)
  return () => {
    forget()
    page.removeEventListener('keydown', keydown, true)
    page.removeEventListener('keyup', keyup, true)
    page.removeEventListener('click', click, true)
  }
}

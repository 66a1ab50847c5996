import type { Timers } from '#protocol/time.ts'
import { isStale } from './freshness.ts'
import { actionFor, isPrintable, repeats, type Action, type Focus } from './keys.ts'
import { MAX_GAP, quiet, wedgeStep } from './wedge.ts'

export type Handlers = {
  stage(): Focus['stage']
  /** The first character of what may become a scan: remember what a field contains. */
  mayBegin(): void
  /** A code was typed by a scanner; put back what the field contained. */
  scanned(text: string): void
  unreadable(): void
  action(action: Action): void
  /** Input from a frozen screen was thrown away. */
  discarded(): void
}

function focusOf(target: EventTarget | null): Focus['on'] {
  if (!(target instanceof Element)) return 'nothing'
  if (target.closest('input, textarea, select, [contenteditable]') !== null) return 'field'
  return target.closest('button, a[href], summary') === null ? 'nothing' : 'control'
}

const swallow = (event: Event) => {
  event.preventDefault()
  event.stopImmediatePropagation()
}

/**
 * One pair of ears for the whole page, before any element hears: scans by keyboard wedge wherever the focus is, the keys of the
 * actions, and the gate against stale input. Returns a function that stops it.
 */
export function listen(page: Window, timers: Timers, handlers: Handlers): () => void {
  let state = quiet
  let cancelLone = () => {}
  let swallowed = new Set<string>()

  const act = (event: KeyboardEvent, on: Focus['on']) => {
    const action = actionFor(event, { stage: handlers.stage(), on })
    if (action === undefined) return
    event.preventDefault()
    if (event.repeat && !repeats.has(action)) return
    if (isPrintable(event.key) && !event.repeat) cancelLone = timers.after(MAX_GAP, () => handlers.action(action))
    else handlers.action(action)
  }

  const keydown = (event: KeyboardEvent) => {
    if (event.isComposing) return
    const on = focusOf(event.target)
    const step = event.repeat ? { state, saw: 'other' as const } : wedgeStep(state, event.key, event.timeStamp)
    state = step.state
    if (step.saw !== 'other') cancelLone()
    switch (step.saw) {
      case 'scan':
      case 'unreadable':
        // A scan counts however late it is delivered: the core knows what it may mean now, and a product must not be lost.
        swallow(event)
        swallowed.add(event.key)
        if ('scanned' in step && step.scanned !== undefined) handlers.scanned(step.scanned)
        else handlers.unreadable()
        return
      case 'burst':
        if (on !== 'field') {
          swallow(event)
          swallowed.add(event.key)
        }
        return
      case 'lone':
        handlers.mayBegin()
        break
      case 'other':
        break
    }
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
    if (swallowed.size > 64) swallowed = new Set()
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
    cancelLone()
    page.removeEventListener('keydown', keydown, true)
    page.removeEventListener('keyup', keyup, true)
    page.removeEventListener('click', click, true)
  }
}

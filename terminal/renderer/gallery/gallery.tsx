import { useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { makeId } from '#protocol/ids.ts'
import { fail, ok } from '#protocol/outcome.ts'
import type { TillApi } from '#protocol/till-api/api.ts'
import type { Timers } from '#protocol/time.ts'
import { isLanguage, languages } from '../language/languages.ts'
import { CustomerDisplay } from '../customer-display/customer-display.tsx'
import { followLook, isLook } from '../looks/follow-look.ts'
import { App } from '../screens/app.tsx'
import { createSession } from '../session/session.ts'
import { followLanguage, setLanguage, language as wordsLanguage } from '../words.ts'
import { customerScenes, type CustomerScene } from './customer-scenes.ts'
import { Parts } from './parts.tsx'
import { NOW, scenes, type Scene } from './scenes.ts'
import '../tokens.css'
import '../base.css'
import './gallery.css'

/**
 * Every part and every screen in every state, without a till: `?scene=selling&language=ar`. Nothing moves on by itself, so that two looks
 * at it see the same.
 */
const still: Timers = { after: () => () => {} }

/** A till that says what the scene says, and to which everything is fine, but that it knows of no goods which the scene does not show. */
const tillOf = ({ messages }: Scene): TillApi => ({
  send: ({ type }) => {
    const isUnknown = type === 'openReturn' && !messages.some((message) => message.type === 'view' && message.view.returning !== undefined)
    return Promise.resolve(isUnknown ? fail('return.no_lines') : ok(null))
  },
  onMessage(listener) {
    for (const message of messages) listener(message)
    return () => {}
  },
})

function ShownScene({ scene }: { readonly scene: Scene }) {
  useEffect(() => {
    for (const key of scene.keys ?? []) window.dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }))
    const press = (selectors: readonly string[]) => {
      const [selector, ...rest] = selectors
      if (selector === undefined) return
      const found = document.querySelector<HTMLElement>(selector)
      // A menu opens and a tab is chosen by the press itself, a button does what it does after it.
      found?.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, button: 0 }))
      found?.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, button: 0 }))
      found?.click()
      // What the key or the press before opens may not be drawn yet.
      requestAnimationFrame(() => press(found === null ? selectors : rest))
    }
    press(scene.presses ?? [])
  }, [scene])
  const session = createSession({ api: tillOf(scene), clock: { now: () => NOW }, newId: () => makeId(NOW, new Uint8Array(10)) })
  return <App session={session} timers={still} hasToken={scene.noToken !== true} closeWindow={() => {}} />
}

function ShownToCustomer({ scene: { customer, turns = 0 } }: { readonly scene: CustomerScene }) {
  const shown = { slides: [], isAway: false, isShutOut: false, ...customer }
  const feed = { get: () => shown, subscribe: () => () => {} }
  return <CustomerDisplay feed={feed} timers={turning(turns)} ofSystem={wordsLanguage()} isStill={turns === 0} />
}

/** Runs at once what the first so many are for, and no more. */
function turning(turns: number): Timers {
  let left = turns
  return {
    after(_delay, run) {
      if (left-- > 0) queueMicrotask(run)
      return () => {}
    },
  }
}

const Contents = ({ language }: { readonly language: string }) => (
  <main className="gallery">
    <h1>Stillpoint till</h1>
    <nav className="gallery-links" aria-label="Scenes">
      {[...Object.keys(scenes), ...Object.keys(customerScenes)].map((name) => (
        <a key={name} href={`?${new URLSearchParams({ scene: name, language }).toString()}`}>
          {name}
        </a>
      ))}
    </nav>
    <Parts />
  </main>
)

const asked = new URLSearchParams(location.search)
const language = asked.get('language') ?? 'en'
if (isLanguage(language)) setLanguage(language)
followLanguage((chosen) => {
  document.documentElement.lang = languages[chosen].tag
  document.documentElement.dir = languages[chosen].dir
})
const look = asked.get('look') ?? ''
const chooseLook = followLook(window)
if (isLook(look)) chooseLook(look)
const place = document.getElementById('root')
if (place === null) throw new Error('index.html has no #root')
const root = createRoot(place)

/** `?scene=` once, `#` from one scene to the next without loading the page again. */
function show(at: HTMLElement): void {
  const name = decodeURIComponent(location.hash.slice(1)) || (asked.get('scene') ?? '')
  const [scene, customer] = [scenes[name], customerScenes[name]]
  at.dataset['scene'] = name
  if (customer !== undefined) root.render(<ShownToCustomer key={name} scene={customer} />)
  else root.render(scene === undefined ? <Contents language={language} /> : <ShownScene key={name} scene={scene} />)
}
window.addEventListener('hashchange', () => show(place))
show(place)

import { createRoot } from 'react-dom/client'
import { cueBetween } from './session/cue.ts'
import { makeId } from '#protocol/ids.ts'
import type { Clock, Timers } from '#protocol/time.ts'
import type { Carrier } from './api/carrier.ts'
import { preloadCarrier } from './api/preload-carrier.ts'
import { dialTo } from './api/dialling.ts'
import { socketCarrier } from './api/socket-carrier.ts'
import { createTillApi } from './api/till-api.ts'
import { socketAddress, takeToken } from './api/token.ts'
import { chosenLanguages } from './language/chosen.ts'
import { languageOfSystem, languages, type Language } from './language/languages.ts'
import { followLook } from './looks/follow-look.ts'
import { createPreferences, PreferencesOfScreen } from './looks/preferences.ts'
import { FaultBoundary } from './parts/fault-boundary.tsx'
import { ChooseLanguage } from './parts/language-menu.tsx'
import { App } from './screens/app.tsx'
import { createSession } from './session/session.ts'
import { createSounds } from './sound/sounds.ts'
import { followLanguage, setLanguage } from './words.ts'
import './tokens.css'
import './base.css'

/** The composition root: the only place where the page meets the real clock, timers, socket and sound. */
const clock: Pick<Clock, 'now'> = { now: () => Date.now() }
const timers: Timers = {
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  },
}

/** A page that has neither a preload nor a token can reach nothing, and says so. */
function carrierOf(page: Window): Carrier | undefined {
  if (page.stillpoint !== undefined) return preloadCarrier(page.stillpoint)
  const token = takeToken({ location: page.location, storage: page.sessionStorage, history: page.history })
  return token === undefined
    ? undefined
    : socketCarrier({ dial: dialTo(socketAddress(page.location, '/screen', token)), timers, onShutOut: () => session.shutOut() })
}

const nowhere: Carrier = { send: () => false, onMessage: () => () => {} }

const carrier = carrierOf(window)
const preferences = createPreferences(window.localStorage)
const sound = createSounds(window)
const play: typeof sound = (cue) => {
  if (preferences.get().sound === 'on') sound(cue)
}
const session = createSession({
  api: createTillApi({ carrier: carrier ?? nowhere, timers }),
  clock,
  newId: () => makeId(clock.now(), crypto.getRandomValues(new Uint8Array(10))),
  onView(before, after) {
    const cue = cueBetween(before, after)
    if (cue !== undefined) play(cue)
  },
  onTold: () => play('attention'),
})

const chosen = chosenLanguages(window.localStorage, languageOfSystem(navigator.languages))
let person: string | undefined
setLanguage(chosen.of(person))
session.subscribe(() => {
  const signedIn = session.get().view?.staff?.signedIn?.id
  if (signedIn === person) return
  person = signedIn
  setLanguage(chosen.of(person))
  preferences.person(person)
})
const look = followLook(window)
const showLook = () => look(preferences.get().look)
preferences.subscribe(showLook)
showLook()
followLanguage((language) => {
  document.documentElement.lang = languages[language].tag
  document.documentElement.dir = languages[language].dir
})
const chooseLanguage = (language: Language) => {
  chosen.choose(language, person)
  setLanguage(language)
}

// A new address of a restarted till, opened over this page, changes only the fragment.
window.addEventListener('hashchange', () => location.reload())
window.addEventListener('contextmenu', (event) => event.preventDefault())

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <FaultBoundary>
    <ChooseLanguage value={chooseLanguage}>
      <PreferencesOfScreen value={preferences}>
        <App session={session} timers={timers} hasToken={carrier !== undefined} closeWindow={() => window.close()} />
      </PreferencesOfScreen>
    </ChooseLanguage>
  </FaultBoundary>,
)

import { createRoot } from 'react-dom/client'
import type { Timers } from '#protocol/time.ts'
import { dialTo } from '../api/dialling.ts'
import { socketAddress, takeToken } from '../api/token.ts'
import { languageOfSystem, languages } from '../language/languages.ts'
import { followLook } from '../looks/follow-look.ts'
import { followLanguage, setLanguage } from '../words.ts'
import { CustomerDisplay } from './customer-display.tsx'
import { createFeed, fromPreload, fromSocket, type Feed } from './feed.ts'
import '../tokens.css'
import '../base.css'

/** The composition root of the customer's page: the only place where it meets the real timers and socket. */
const TOKEN_KEY = 'stillpoint.customer-token'

const timers: Timers = {
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  },
}

function feedOf(page: Window): Feed | undefined {
  if (page.stillpointCustomer !== undefined) return createFeed(fromPreload(page.stillpointCustomer))
  const token = takeToken({ location: page.location, storage: page.sessionStorage, history: page.history }, TOKEN_KEY)
  return token === undefined ? undefined : createFeed(fromSocket(dialTo(socketAddress(page.location, '/customer-display', token)), timers))
}

const ofSystem = languageOfSystem(navigator.languages)
setLanguage(ofSystem)
followLanguage((language) => {
  document.documentElement.lang = languages[language].tag
  document.documentElement.dir = languages[language].dir
})
followLook(window)
window.addEventListener('hashchange', () => location.reload())
window.addEventListener('contextmenu', (event) => event.preventDefault())

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <CustomerDisplay feed={feedOf(window)} timers={timers} ofSystem={ofSystem} isStill={window.matchMedia('(prefers-reduced-motion: reduce)').matches} />,
)

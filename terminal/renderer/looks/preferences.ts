import { createContext } from 'react'
import { chosenOf } from '../language/chosen.ts'
import { isLook, type Look } from './follow-look.ts'

/** What a person likes at this screen, beside the language. */
export type Preferences = { readonly look: Look; readonly sound: 'on' | 'off' }

export type PreferenceStore = {
  get(): Preferences
  subscribe(listener: () => void): () => void
  choose(next: Partial<Preferences>): void
  /** Somebody else works here now; undefined: nobody in particular. */
  person(person: string | undefined): void
}

const isSwitch = (text: string): text is Preferences['sound'] => text === 'on' || text === 'off'

/** Remembered in `storage` for each person who signs in here. */
export function createPreferences(storage: Pick<Storage, 'getItem' | 'setItem'>): PreferenceStore {
  const looks = chosenOf(storage, 'stillpoint.look', isLook, 'system')
  const sounds = chosenOf(storage, 'stillpoint.sound', isSwitch, 'on')
  const listeners = new Set<() => void>()
  let who: string | undefined
  const read = (): Preferences => ({ look: looks.of(who), sound: sounds.of(who) })
  let now = read()
  const changed = () => {
    now = read()
    for (const listener of listeners) listener()
  }
  return {
    get: () => now,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    choose({ look, sound }) {
      if (look !== undefined) looks.choose(look, who)
      if (sound !== undefined) sounds.choose(sound, who)
      changed()
    },
    person(person) {
      if (person === who) return
      who = person
      changed()
    },
  }
}

const forgetful = (): Pick<Storage, 'getItem' | 'setItem'> => {
  const kept = new Map<string, string>()
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) }
}

/** By itself a screen forgets them. */
export const PreferencesOfScreen = createContext<PreferenceStore>(createPreferences(forgetful()))

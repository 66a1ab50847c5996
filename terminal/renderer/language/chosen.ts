import { isLanguage, type Language } from './languages.ts'

const KEY = 'stillpoint.language'

/** The language of each person who signs in at this screen, and the one for whoever has not chosen. */
export type ChosenLanguages = {
  of(person: string | undefined): Language
  choose(language: Language, person: string | undefined): void
}

/** Kept in `storage`, which outlives the page. Before the first choice it is that of the system. */
export function chosenLanguages(storage: Pick<Storage, 'getItem' | 'setItem'>, system: Language): ChosenLanguages {
  const read = (key: string): Language | undefined => {
    const kept = storage.getItem(key)
    return kept !== null && isLanguage(kept) ? kept : undefined
  }
  const keyOf = (person: string): string => `${KEY}.${person}`
  return {
    of: (person) => (person === undefined ? undefined : read(keyOf(person))) ?? read(KEY) ?? system,
    choose: (language, person) => storage.setItem(person === undefined ? KEY : keyOf(person), language),
  }
}

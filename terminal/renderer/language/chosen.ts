import { isLanguage, type Language } from './languages.ts'

/** What each person who signs in at this screen has chosen, and the choice of whoever has not. */
export type Chosen<Choice> = {
  of(person: string | undefined): Choice
  choose(choice: Choice, person: string | undefined): void
}

type Places = Pick<Storage, 'getItem' | 'setItem'>

/** Kept in `storage` under `key`, which outlives the page. Before the first choice it is `first`. */
export function chosenOf<Choice extends string>(storage: Places, key: string, isChoice: (text: string) => text is Choice, first: Choice): Chosen<Choice> {
  const read = (place: string): Choice | undefined => {
    const kept = storage.getItem(place)
    return kept !== null && isChoice(kept) ? kept : undefined
  }
  const placeOf = (person: string): string => `${key}.${person}`
  return {
    of: (person) => (person === undefined ? undefined : read(placeOf(person))) ?? read(key) ?? first,
    choose: (choice, person) => storage.setItem(person === undefined ? key : placeOf(person), choice),
  }
}

/** Before the first choice it is that of the system. */
export const chosenLanguages = (storage: Places, system: Language): Chosen<Language> => chosenOf(storage, 'stillpoint.language', isLanguage, system)

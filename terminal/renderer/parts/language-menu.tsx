import { createContext, use } from 'react'
import { isLanguage, languageNames, languages, type Language } from '../language/languages.ts'
import { setLanguage, t, useLanguage } from '../words.ts'
import { ChoiceMenu } from './choice-menu.tsx'
import { LanguageIcon } from './icons.tsx'

/** What is done with a choice. By itself the screen forgets it. */
export const ChooseLanguage = createContext<(language: Language) => void>(setLanguage)

const choices = languageNames.map((value) => ({ value, text: languages[value].name, lang: languages[value].tag, dir: languages[value].dir }))

/** The languages, each in its own words, so that nobody is caught in one that they cannot read. */
export function LanguageMenu() {
  const chosen = useLanguage()
  const choose = use(ChooseLanguage)
  return (
    <ChoiceMenu
      kind="language"
      name={t('language.choose', { name: languages[chosen].name })}
      title={t('language.title')}
      icon={<LanguageIcon />}
      choices={choices}
      chosen={chosen}
      onChoose={(next) => isLanguage(next) && choose(next)}
    />
  )
}

import { DropdownMenu } from 'radix-ui'
import { createContext, use } from 'react'
import { isLanguage, languageNames, languages, type Language } from '../language/languages.ts'
import { setLanguage, t, useLanguage } from '../words.ts'
import { CheckIcon, LanguageIcon, OpensIcon } from './icons.tsx'
import './language-menu.css'

/** What is done with a choice. By itself the screen forgets it. */
export const ChooseLanguage = createContext<(language: Language) => void>(setLanguage)

/** The languages, each in its own words, so that nobody is caught in one that they cannot read. */
export function LanguageMenu() {
  const chosen = useLanguage()
  const choose = use(ChooseLanguage)
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button language-menu-button" data-look="plain" aria-label={t('language.choose', { name: languages[chosen].name })}>
        <LanguageIcon />
        <span lang={languages[chosen].tag}>{languages[chosen].name}</span>
        <OpensIcon />
      </DropdownMenu.Trigger>
      {/* In its place, not in a portal: so it stays within the landmark that it belongs to. */}
      <DropdownMenu.Content className="language-menu" align="end" sideOffset={4} collisionPadding={8} aria-label={t('language.title')}>
        <DropdownMenu.RadioGroup value={chosen} onValueChange={(next) => isLanguage(next) && choose(next)}>
          {languageNames.map((name) => (
            <DropdownMenu.RadioItem key={name} className="language-menu-item" value={name} lang={languages[name].tag} dir={languages[name].dir}>
              {languages[name].name}
              <DropdownMenu.ItemIndicator>
                <CheckIcon />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  )
}

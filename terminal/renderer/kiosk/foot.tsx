import type { HelpView } from '#protocol/till-api/api.ts'
import { languageNames, languages } from '../language/languages.ts'
import { setLanguage, t, useLanguage } from '../words.ts'
import { Big } from './big.tsx'

type Props = { readonly isLarge: boolean; readonly help: HelpView | undefined; onLarge(): void; onHelp(): void; onLanguage(): void }

/** Always in the same place, the lowest: a person, larger letters, and every language in its own words. */
export function Foot({ isLarge, help, onLarge, onHelp, onLanguage }: Props) {
  const chosen = useLanguage()
  return (
    <footer className="kiosk-foot">
      {help !== undefined && (
        <p className="kiosk-called" role="status" data-testid="called">
          {t(`help.states.${help.state}`)}
        </p>
      )}
      <Big look="quiet" onClick={onHelp}>
        {t('kiosk.help')}
      </Big>
      <Big look="quiet" aria-pressed={isLarge} onClick={onLarge}>
        {t('kiosk.large')}
      </Big>
      <nav className="kiosk-languages" aria-label={t('kiosk.languages')}>
        {languageNames.map((name) => (
          <Big
            key={name}
            look="quiet"
            lang={languages[name].tag}
            dir={languages[name].dir}
            aria-pressed={name === chosen}
            onClick={() => {
              setLanguage(name)
              onLanguage()
            }}
          >
            {languages[name].name}
          </Big>
        ))}
      </nav>
    </footer>
  )
}

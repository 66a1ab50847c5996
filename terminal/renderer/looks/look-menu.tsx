import { use, useSyncExternalStore } from 'react'
import { Button } from '../parts/button.tsx'
import { ChoiceMenu } from '../parts/choice-menu.tsx'
import { LookIcon, SoundIcon, SoundOffIcon } from '../parts/icons.tsx'
import { t } from '../words.ts'
import { isLook, looks } from './follow-look.ts'
import { PreferencesOfScreen } from './preferences.ts'

/** Light, dark, strong contrast, or what the system says. */
export function LookMenu() {
  const preferences = use(PreferencesOfScreen)
  const { look } = useSyncExternalStore(preferences.subscribe, preferences.get)
  const text = (one: (typeof looks)[number]) => t(`look.${one}`)
  return (
    <ChoiceMenu
      kind="look"
      name={t('look.choose', { name: text(look) })}
      title={t('look.title')}
      icon={<LookIcon />}
      choices={looks.map((value) => ({ value, text: text(value) }))}
      chosen={look}
      onChoose={(next) => isLook(next) && preferences.choose({ look: next })}
    />
  )
}

export function SoundSwitch() {
  const preferences = use(PreferencesOfScreen)
  const { sound } = useSyncExternalStore(preferences.subscribe, preferences.get)
  const isOn = sound === 'on'
  return (
    <Button aria-pressed={isOn} onClick={() => preferences.choose({ sound: isOn ? 'off' : 'on' })}>
      {isOn ? <SoundIcon /> : <SoundOffIcon />}
      <span className="hidden-text">{t('look.sounds')}</span>
    </Button>
  )
}

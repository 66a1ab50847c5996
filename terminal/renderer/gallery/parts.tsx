import type { ReactNode } from 'react'
import { Button } from '../parts/button.tsx'
import { Facts } from '../parts/facts.tsx'
import { Failed } from '../parts/failed.tsx'
import * as icons from '../parts/icons.tsx'
import { LanguageMenu } from '../parts/language-menu.tsx'
import { Messages } from '../parts/messages.tsx'
import { QrCode } from '../parts/qr-code.tsx'
import { Keypad } from '../screens/sales/keypad.tsx'
import { errorCodes } from '#protocol/errors.ts'
import { t } from '../words.ts'

const noop = () => {}

const Part = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <section className="gallery-part" aria-label={name}>
    <h2>{name}</h2>
    <div className="gallery-row">{children}</div>
  </section>
)

const looks = ['plain', 'primary', 'quiet', 'warning'] as const

/** Each part by itself, in each of its states; those that fill a screen are in its scenes. */
export const Parts = () => (
  <>
    <Part name="Buttons">
      {looks.map((look) => (
        <Button key={look} look={look} action="reprint">
          {t('reprint')}
        </Button>
      ))}
      {looks.map((look) => (
        <Button key={look} look={look} disabled>
          {t('reprint')}
        </Button>
      ))}
      <Button look="primary" size="huge" action="pay">
        {t('takePayment')}
      </Button>
      <LanguageMenu />
    </Part>
    <Part name="Icons">
      {Object.entries(icons)
        .filter(([name]) => name.endsWith('Icon'))
        .map(([name, Drawn]) => (
          <Drawn key={name} />
        ))}
    </Part>
    <Part name="Facts">
      <Facts
        facts={[
          { name: t('network.here'), value: t('network.nothing') },
          { name: t('network.oldest'), value: t('age.hoursMinutes', { hours: 3, minutes: 20 }), detail: t('network.covers') },
        ]}
      />
    </Part>
    <Part name="Keypad">
      <Keypad disabled={false} onPress={noop} />
      <Keypad disabled onPress={noop} />
    </Part>
    <Part name="QR code">
      <QrCode text="SP1R:GALLERY" label={t('tender.request', { amount: '€1.00' })} />
    </Part>
    <Part name="Messages">
      <Messages
        messages={(['note', 'attention', 'refused'] as const)
          .slice(0, 2)
          .map((tone) => ({ key: tone, tone, say: t('discarded.say'), next: t('discarded.next'), dismiss: noop }))}
      />
    </Part>
    <Part name="Failures">
      <div className="gallery-failures">
        {errorCodes.map((code) => (
          <Failed key={code} code={code} />
        ))}
      </div>
    </Part>
  </>
)

import { InfoIcon } from '../parts/icons.tsx'
import { t } from '../words.ts'
import type { Remark } from './remark.ts'

/** What did not work, without blame, and what works instead; always there, so that a screen reader hears it come. */
export const Remarked = ({ remark, more }: { readonly remark: Remark | undefined; readonly more?: string }) => (
  <div role="status" className="kiosk-remark-place">
    {remark !== undefined && (
      <p key={remark.key} className="kiosk-remark" data-testid="remark">
        <InfoIcon />
        <span>
          <strong>{t(`kiosk.${remark.words}`)}</strong> {t(`kiosk.${remark.words}Next`)} {more}
        </span>
      </p>
    )}
  </div>
)

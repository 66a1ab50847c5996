import { t } from '../../words.ts'
import '../full-page.css'

/** Before the first view: the till starts, refuses this page's token, or was asked without one, which lasts for good. */
export function Starting({ why }: { readonly why: 'starting' | 'shutOut' | 'noToken' }) {
  return (
    <main className="full-page" tabIndex={-1}>
      <div className="full-page-said" role="status">
        <h1>{t(`${why}.title`)}</h1>
        <p className="full-page-next">{t(`${why}.hint`)}</p>
        {why === 'starting' && <p className="shown-later">{t('restarting.longer')}</p>}
      </div>
    </main>
  )
}

import { t } from '../words.ts'
import { KeyCap } from './button.tsx'
import './categories.css'

type Props = { readonly categories: readonly string[]; readonly chosen: string | undefined; onChoose(category: string | undefined): void }

export function Categories({ categories, chosen, onChoose }: Props) {
  return (
    <div className="categories" role="group" aria-label={t('categories')}>
      {[undefined, ...categories].map((category) => (
        <button type="button" key={category ?? ''} className="category" aria-pressed={category === chosen} onClick={() => onChoose(category)}>
          {category ?? t('allCategories')}
        </button>
      ))}
      <KeyCap action="category" />
    </div>
  )
}

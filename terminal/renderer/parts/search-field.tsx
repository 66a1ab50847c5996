import type { KeyboardEvent, Ref } from 'react'
import { t } from '../words.ts'
import { KeyCap } from './button.tsx'
import { CloseIcon, SearchIcon } from './icons.tsx'
import './search-field.css'

type Props = {
  readonly query: string
  readonly ref: Ref<HTMLInputElement>
  onQuery(query: string): void
  /** Enter. */
  onTake(): void
  /** Arrow keys: the next (1) or previous (-1) product that was found. */
  onMark(step: 1 | -1): void
  /** Arrow down with nothing searched: into the products. */
  onGoods(): void
}

export function SearchField({ query, ref, onQuery, onTake, onMark, onGoods }: Props) {
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') onTake()
    else if (event.key === 'ArrowDown' && query === '') onGoods()
    else if (event.key === 'ArrowDown') onMark(1)
    else if (event.key === 'ArrowUp') onMark(-1)
    else return
    event.preventDefault()
  }
  return (
    <div className="search-field" role="search">
      <SearchIcon />
      <input
        ref={ref}
        type="text"
        inputMode="search"
        enterKeyHint="done"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        aria-label={t('search')}
        aria-keyshortcuts="F2"
        placeholder={t('search')}
        value={query}
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={keyDown}
      />
      {query === '' ? (
        <KeyCap action="search" />
      ) : (
        <button type="button" className="search-field-clear" aria-label={t('clearSearch')} onClick={() => onQuery('')}>
          <CloseIcon />
        </button>
      )}
    </div>
  )
}

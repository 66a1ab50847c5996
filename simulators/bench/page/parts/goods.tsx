import type { JSX } from 'react'

export type Good = { readonly name: string; readonly milli: number; readonly Drawing: () => JSX.Element }

/** Things that lie about to be weighed, each drawn for 64 × 64, standing on its lower edge. */
export const goods: readonly Good[] = [
  { name: 'an apple', milli: 182, Drawing: Apple },
  { name: 'cheese', milli: 347, Drawing: Cheese },
  { name: 'bananas', milli: 964, Drawing: Bananas },
  { name: 'a bag of potatoes', milli: 2500, Drawing: Potatoes },
  { name: 'a melon that is too heavy', milli: 15_900, Drawing: Melon },
]

function Apple() {
  return (
    <>
      <path fill="#d8392f" d="M32 26c-5-5-19-4-19 11 0 13 8 26 14 26 3 0 3-1.5 5-1.5s2 1.5 5 1.5c6 0 14-13 14-26 0-15-14-16-19-11Z" />
      <path fill="#ef6a5c" d="M19 34c1-4 4-6 8-6-4 3-5 7-5 12-3 0-4-3-3-6Z" />
      <path fill="none" stroke="#6b4226" strokeWidth="3" strokeLinecap="round" d="M32 27c0-6 1-9 4-12" />
      <path fill="#5aa545" d="M35 18c4-7 11-7 15-6-1 7-9 10-15 6Z" />
    </>
  )
}

function Cheese() {
  return (
    <>
      <path fill="#e0a526" d="M4 44h56v19H4Z" />
      <path fill="#f7cf5c" d="M4 44 46 24q12 4 14 20Z" />
      <circle cx="18" cy="53" r="4.5" fill="#c48a17" />
      <circle cx="36" cy="57" r="3" fill="#c48a17" />
      <circle cx="49" cy="51" r="4" fill="#c48a17" />
      <circle cx="38" cy="36" r="3" fill="#e2b03a" />
    </>
  )
}

function Bananas() {
  return (
    <>
      <path fill="#d9a91e" d="M14 18c-6 18 0 38 18 45 3 1 5-2 3-4-10-10-14-24-13-40Z" />
      <path fill="#f3c93a" d="M17 18c0 20 10 36 32 42 3 1 5-2 3-4C38 48 28 36 25 18Z" />
      <path fill="#f9dc6b" d="M22 17c5 18 16 30 36 33 3 0 4-3 2-4.5C46 40 36 32 29 16Z" />
      <path fill="#6b4a1e" d="M13 18q1-9 4-11h7q2 3 5 9l-7 3Z" />
    </>
  )
}

function Potatoes() {
  return (
    <>
      <path fill="#b98850" d="M15 22C6 32 4 58 12 63h40c8-5 6-31-3-41-4-4-5-7-4-12H19c1 5 0 8-4 12Z" />
      <path fill="#a37442" d="M19 10h26l-2 7H21Z" />
      <path fill="none" stroke="#8a5f34" strokeWidth="1.5" d="M10 40q22 8 44 0M9 52q23 8 46 0M24 20q-6 22-3 43M40 20q6 22 3 43" />
      <rect x="20" y="32" width="24" height="15" rx="2" fill="#fdfcf8" />
      <path fill="none" stroke="#3f8f46" strokeWidth="2.5" strokeLinecap="round" d="M25 37h14M25 42h9" />
    </>
  )
}

function Melon() {
  return (
    <>
      <ellipse cx="32" cy="39" rx="29" ry="24" fill="#3f8f46" />
      <path fill="none" stroke="#2c6a35" strokeWidth="4" d="M32 15q-4 24 0 48M18 18q-10 20 0 42M46 18q10 20 0 42" />
      <path fill="none" stroke="#7cc07f" strokeWidth="2" strokeLinecap="round" d="M12 30q3-7 9-10" />
      <path fill="none" stroke="#6b4226" strokeWidth="3" strokeLinecap="round" d="M32 15q1-5 6-6" />
    </>
  )
}

/** Whatever else was put there: a weight of brass. */
export function BrassWeight() {
  return (
    <>
      <path fill="#c79a2b" d="M16 34h32l5 29H11Z" />
      <path fill="#e3bd58" d="M16 34h9l-5 29h-9Z" />
      <rect x="27" y="20" width="10" height="14" fill="#b0861f" />
      <rect x="21" y="12" width="22" height="11" rx="5" fill="#d4af4e" />
    </>
  )
}

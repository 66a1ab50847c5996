import { wordsOf, type Language } from './words.ts'

/** Where a browser gives the wallet no key or no storage, there is no phone. */
export function Stuck({ secure, language }: { secure: boolean; language: Language }) {
  const words = wordsOf(language)
  return (
    <main className="phone phone--stuck">
      <h1>{words.stuck}</h1>
      <p>{secure ? words.stuckWithoutKey : words.stuckInsecure}</p>
    </main>
  )
}

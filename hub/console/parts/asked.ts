import { useEffect, useState } from 'react'
import type { Answer } from '../hub.ts'

/**
 * What the hub answered last: asked for at first, and whenever what `keyOf` says of the last answer becomes something else. `ask` stays the same function. A later failure leaves
 * what was known.
 */
export function useAsked<T>(ask: () => Promise<Answer<T>>, keyOf: (last: Answer<T> | undefined) => number): Answer<T> | undefined {
  const [answer, setAnswer] = useState<Answer<T>>()
  const key = keyOf(answer)
  useEffect(() => {
    let wanted = true
    void ask().then((fetched) => wanted && setAnswer((before) => (fetched.ok || before?.ok !== true ? fetched : before)))
    return () => {
      wanted = false
    }
  }, [ask, key])
  return answer
}

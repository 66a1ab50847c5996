import { createHash } from 'node:crypto'
import type { DurationMs } from '#protocol/time.ts'

/** A promise that did not hold: which (the numbers of docs/architecture.md, 0 for none of them), and how it was seen. */
export type Violation = { readonly invariant: number; readonly what: string; readonly at: DurationMs }

/** Everything that happened in a world, as text: its hash tells whether two runs were the same, its lines how one went wrong. */
export class Trace {
  readonly violations: Violation[] = []
  readonly #hash = createHash('sha256')
  #unhashed = ''
  readonly #now: () => DurationMs
  readonly #listener: ((line: string) => void) | undefined

  constructor(now: () => DurationMs, listener?: (line: string) => void) {
    this.#now = now
    this.#listener = listener
  }

  note(line: string): void {
    this.#unhashed += `${this.#now()} ${line}\n`
    if (this.#unhashed.length > 65_536) this.#absorb()
    this.#listener?.(`${(this.#now() / 1000).toFixed(3).padStart(9)} ${line}`)
  }

  violation(invariant: number, what: string): void {
    this.violations.push({ invariant, what, at: this.#now() })
    this.note(`VIOLATION of invariant ${invariant}: ${what}`)
  }

  #absorb(): void {
    this.#hash.update(this.#unhashed)
    this.#unhashed = ''
  }

  hash(): string {
    this.#absorb()
    return this.#hash.copy().digest('hex')
  }
}

import type { Acquirer, Answer, Asking, CardSecret, Exchange } from './acquirer.ts'
import type { KeyService } from '../key-service/key-service.ts'
import { fail, ok } from '#protocol/outcome.ts'

export const approval: Answer = { type: 'approved', approvalCode: 'A1B2C3' }
export const declined = (code: string): Answer => ({ type: 'declined', code })

/** An acquirer for tests: answers as it is told, remembers what it was asked, and has books of its own. */
export class TestAcquirer implements Acquirer {
  readonly id = 'test'
  readonly state = { link: 'ready', since: 0, answered: 0, silent: 0, stray: 0 } as const
  readonly asked: Asking[] = []
  /** What it says next; approval when nothing is left. `unheard`: it never got it. `hang`: nobody ever answers. */
  readonly script: (Answer | 'unheard' | 'unanswered' | 'hang')[] = []
  readonly #charged = new Map<string, number>()
  readonly #undone = new Set<string>()

  ask(asking: Asking): Promise<Answer> {
    this.asked.push(asking)
    const next = this.script.shift() ?? approval
    if (next === 'hang') return new Promise(() => undefined)
    if (next === 'unheard') return Promise.resolve({ type: 'silence' })
    if (next !== 'unanswered' && next.type !== 'approved') return Promise.resolve(next)
    const answer = this.#book(asking.exchange)
    return Promise.resolve(next === 'unanswered' ? { type: 'silence' } : answer)
  }

  #book({ kind, rrn, amountMinor, of }: Exchange): Answer {
    if (kind === 'reverse') {
      const original = of?.rrn ?? ''
      this.#undone.add(original)
      return this.#charged.delete(original) ? approval : declined('25')
    }
    if (this.#undone.has(rrn)) return declined('94')
    this.#charged.set(rrn, kind === 'authorise' ? 0 : kind === 'refund' ? -amountMinor : amountMinor)
    return approval
  }

  /** What it has taken from cards, all in all. */
  get takenMinor(): number {
    return [...this.#charged.values()].reduce((sum, minor) => sum + minor, 0)
  }

  get kinds(): readonly string[] {
    return this.asked.map(({ exchange }) => exchange.kind)
  }

  close(): void {}
}

/** Opens nothing and remembers what it was asked to forget. */
export class TestKeyService implements KeyService {
  readonly forgotten: string[] = []
  open(secret: CardSecret) {
    return Promise.resolve(secret.is === 'number' ? ok(new Uint8Array(16)) : fail('card.unreadable'))
  }
  keepNumber() {
    return Promise.resolve(ok('sealed'))
  }
  forget(_scheme: string, ksn: string) {
    this.forgotten.push(ksn)
    return Promise.resolve()
  }
  close() {
    return Promise.resolve()
  }
}

import { CheckIcon, ClockIcon, CrossIcon } from './icons.tsx'

const symbols = { good: CheckIcon, waiting: ClockIcon, bad: CrossIcon }

/** Whether a receipt is what it says: a colour, a sign and a sentence. */
export function Verdict({ tone, text }: { tone: keyof typeof symbols; text: string }) {
  const Symbol = symbols[tone]
  return (
    <p className={`verdict verdict--${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Symbol />
      {text}
    </p>
  )
}

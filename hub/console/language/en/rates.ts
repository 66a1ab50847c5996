/** What the console says about exchange rates. */
export const rates = {
  title: 'Exchange rates',
  hint: (margin: string, seconds: number) => `By these, and ${margin} on top, wallets in other currencies pay. What is quoted is good for ${seconds} s.`,
  none: 'This hub exchanges nothing: no wallet in another currency can pay.',
  failed: 'That did not work. Try again.',
  stale: 'Too old: nothing is quoted until there are newer ones.',
  trouble: (why: string) => `The source was not believed when it was asked last: ${why}`,
  from: (source: string, time: string) => `${source}, ${time}`,
  jumped: 'These have jumped, and wait for somebody who compares them with another source. Until then nothing is quoted in them.',
  was: 'Until now',
  is: 'New',
  currency: 'Currency',
  confirm: 'They are right',
  confirmed: (by: string, time: string) => `Confirmed by ${by}, ${time}`,
  name: 'Your name',
  money: 'What the hub holds and has earned',
}

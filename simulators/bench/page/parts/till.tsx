import type { BenchLinks, PowerState } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { OutIcon, PowerIcon } from './icons.tsx'
import { Button } from './button.tsx'
import './till.css'

type Props = { readonly links: BenchLinks; readonly power: PowerState }

/** The till's own screen in its case, with the switch that nobody should have. */
export function Till({ links, power }: Props) {
  const perform = usePerform()
  return (
    <section className="till" aria-label={words.till.title}>
      <div className="till-screen">
        {links.tillFrames && links.till !== '' ? (
          <iframe className="till-frame" src={links.till} title={words.till.screen} allow="autoplay; camera" />
        ) : (
          <div className="till-apart">
            <p>{words.till.apart}</p>
          </div>
        )}
        <div className="till-dark" data-power={power}>
          <p className="till-dark-title">{words.till.dark}</p>
          <p>{words.till.darkHint}</p>
        </div>
      </div>
      <div className="till-foot">
        <h2>{words.till.title}</h2>
        <p className="till-lamp" data-power={power} role="status">
          {words.till.power[power]}
        </p>
        <a className="till-link" href={links.till} target="_blank" rel="noreferrer">
          {words.till.open}
          <OutIcon />
          <span className="hidden-text">{words.opensNew}</span>
        </a>
        <Button look="case" disabled={power !== 'on'} onClick={() => perform({ act: 'cut_power' })}>
          <PowerIcon />
          {words.till.cut}
        </Button>
      </div>
    </section>
  )
}

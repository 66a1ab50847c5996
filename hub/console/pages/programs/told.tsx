import { programWords as words } from '../../program-words.ts'
import { Button } from '../../parts/button.tsx'

/** What is told once, by what it is called. */
export const Told = ({ said, onClose }: { readonly said: Readonly<Record<string, string>>; onClose(): void }) => (
  <div className="program-told" role="status">
    <p>{words.told}</p>
    {Object.entries(said).map(([name, value]) => (
      <p key={name}>
        {name}
        <output className="mono program-secret" aria-label={name}>
          {value}
        </output>
      </p>
    ))}
    <div className="work-tools">
      <Button onClick={onClose}>{words.done}</Button>
    </div>
  </div>
)

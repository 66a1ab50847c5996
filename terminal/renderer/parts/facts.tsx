import './facts.css'

export type Fact = { readonly name: string; readonly value: string; readonly detail?: string | undefined }

export const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl className="facts">
    {facts.map(({ name, value, detail }) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>
          {value}
          {detail !== undefined && <span>{detail}</span>}
        </dd>
      </div>
    ))}
  </dl>
)

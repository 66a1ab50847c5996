import { useState } from 'react'
import type { NewCard } from '#protocol/hub-api/customers.ts'
import { makeCard, type Answer } from '../hub.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Drawer } from './drawer.tsx'
import { PlusIcon } from './icons.tsx'
import { QrCode } from './qr-code.tsx'
import { Refusal } from './refusal.tsx'
import { Section } from './section.tsx'
import './customers.css'

/** Cards for customers who collect points. Who they are is known to nobody here. */
export function Customers() {
  const [card, setCard] = useState<NewCard>()
  const [failed, setFailed] = useState<Answer<unknown>>()
  const make = async () => {
    const answer = await makeCard()
    setFailed(answer.ok ? undefined : answer)
    if (answer.ok) setCard(answer.value)
  }
  return (
    <Section
      id="customers"
      title={words.customers.title}
      tools={
        <Button onClick={() => void make()}>
          <PlusIcon />
          {words.customers.add}
        </Button>
      }
    >
      <div className="customers">
        <p className="muted">{words.customers.hint}</p>
        <Refusal answer={failed} otherwise={words.customers.failed} />
      </div>
      {card !== undefined && <Made card={card} onClose={() => setCard(undefined)} />}
    </Section>
  )
}

function Made({ card: { customer, code }, onClose }: { readonly card: NewCard; onClose(): void }) {
  const title = words.customers.madeTitle(customer.slice(-6).toUpperCase())
  return (
    <Drawer title={title} place="middle" onClose={onClose}>
      <header className="drawer-head">
        <h2>{title}</h2>
      </header>
      <div className="add-till">
        <p>{words.customers.madeHint}</p>
        <QrCode text={code} name={words.customers.code} />
        <output className="customers-code mono">{code}</output>
        <div className="add-till-foot">
          <Button look="primary" onClick={onClose}>
            {words.customers.done}
          </Button>
        </div>
      </div>
    </Drawer>
  )
}

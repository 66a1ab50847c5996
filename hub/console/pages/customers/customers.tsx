import { useState } from 'react'
import type { NewCard } from '#protocol/hub-api/customers.ts'
import { makeCard, type Answer } from '../../hub.ts'
import { words } from '../../words.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { PlusIcon } from '../../parts/icons.tsx'
import { QrCode } from '../../parts/qr-code.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
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
        <Button needs="operate" onClick={() => void make()}>
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
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-form">
        <p>{words.customers.madeHint}</p>
        <QrCode text={code} name={words.customers.code} />
        <output className="customers-code mono">{code}</output>
        <div className="dialog-foot">
          <Button look="primary" onClick={onClose}>
            {words.customers.done}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

import { Button, KeyName } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { t } from '../words.ts'
import { choiceKeys, keyOf } from './keys.ts'
import './keys-dialog.css'

type Row = readonly [keys: readonly string[], text: string]
type Group = 'selling' | 'lines' | 'payment' | 'till' | 'dialogs' | 'goods'

/** Made while drawing, in the language of that moment. */
function groups(): Readonly<Record<Group, readonly Row[]>> {
  const choices = `${choiceKeys[0]}–${choiceKeys.at(-1) ?? ''}`
  return {
    selling: [
      [[keyOf.search], t('search')],
      [[keyOf.category], t('categories')],
      [[keyOf.pay], t('takePayment')],
      [[keyOf.cash], t('cash.pay')],
      [[keyOf.empty], t('empty')],
      [[keyOf.undo], t('basketPanel.undo')],
      [[keyOf.redo], t('redo')],
      [[keyOf.reprint], t('reprint')],
      [[keyOf.camera], t('devices.camera')],
      [[keyOf.sales], t('sales.title')],
      [[keyOf.menu], t('menu.title')],
      [[keyOf.network], t('network.title')],
      [[keyOf.devices], t('devices.title')],
      [[keyOf.dismiss], t('close')],
      [[keyOf.help], t('keys.show')],
      [[keyOf.staff], t('staff.handOver')],
      [['0–9'], t('keys.code')],
    ],
    lines: [
      [['↑', '↓'], t('keys.upDown')],
      [[keyOf.more], t('more')],
      [[keyOf.fewer], t('fewer')],
      [[keyOf.remove], t('remove')],
      [['0–9', '×', keyOf.next], t('keys.quantity')],
    ],
    goods: [
      [['↓'], t('keys.intoGoods')],
      [['←', '→', '↑', '↓'], t('keys.arrows')],
      [[keyOf.next], t('keys.take')],
    ],
    payment: [
      [[keyOf.cancel], t('cancelPayment')],
      [[keyOf.tip], t('tenders.tip')],
      [[keyOf.part], t('tenders.part')],
      [[keyOf.foreign], t('tenders.foreign')],
      [[keyOf.giveBack], t('tenders.giveBack')],
      [[keyOf.next], t('nextCustomer')],
      [[keyOf.showReceipt], t('returns.showReceipt')],
      [[keyOf.sendReceipt], t('receipts.send')],
    ],
    till: [
      [[keyOf.offSale], t('basketPanel.offSale')],
      [[keyOf.offLine], t('basketPanel.offLine', { name: t('theLine') })],
      [[keyOf.price], t('basketPanel.price', { name: t('theLine') })],
      [[keyOf.note], t('note.do')],
      [[keyOf.coupon], t('coupon.do')],
      [[keyOf.park], t('basketPanel.park')],
      [[keyOf.recall], t('basketPanel.recall')],
      [[keyOf.change], t('goods.change', { name: t('theLine') })],
      [[keyOf.empties], t('goods.empties')],
      [[keyOf.exempt], t('goods.noTax')],
      [[keyOf.points], t('goods.spend')],
      [[keyOf.removeCustomer], t('goods.removeCustomer')],
      [[keyOf.openShift], t('shift.open')],
      [[keyOf.putIn], t('shift.putIn')],
      [[keyOf.takeOut], t('shift.takeOut')],
      [[keyOf.xReport], t('shift.xReport')],
      [[keyOf.count], t('shift.count')],
      [[keyOf.signOut], t('menu.actions.signOut.do')],
      [[keyOf.train], t('training.start')],
      [[keyOf.callHelp], t('help.call')],
      [[keyOf.closeShift], t('menu.actions.closeShift.do')],
      [[keyOf.update], t('menu.actions.update.do')],
      [[keyOf.reset], t('menu.actions.reset.do')],
    ],
    dialogs: [
      [[keyOf.pay, keyOf.next], t('keys.main')],
      [[keyOf.cancel], t('keys.close')],
      [[choices], t('keys.suggestion')],
      [[choices], t('keys.person')],
    ],
  }
}

const order = ['selling', 'lines', 'goods', 'payment', 'till', 'dialogs'] as const satisfies readonly Group[]

/** All keys of the till, from the same table as those on its buttons. */
export function KeysDialog({ onClose }: { onClose(): void }) {
  const all = groups()
  return (
    <Dialog
      title={t('keys.title')}
      testId="keys"
      onCancel={onClose}
      keys={{ [keyOf.help]: onClose }}
      foot={
        <Button action="cancel" onClick={onClose}>
          {t('paneClose')}
        </Button>
      }
    >
      <p>{t('keys.hint')}</p>
      <div className="keys-groups" role="group" aria-label={t('keys.title')} tabIndex={0}>
        {order.map((group) => (
          <section key={group}>
            <h3>{t(`keys.groups.${group}`)}</h3>
            <dl className="keys-list">
              {all[group].map(([keys, text]) => (
                <div key={text}>
                  <dt>{text}</dt>
                  <dd>
                    {keys.map((key) => (
                      <KeyName key={key}>{key}</KeyName>
                    ))}
                    <span className="hidden-text">{keys.join(' ')}</span>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

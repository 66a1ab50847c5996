import { openBankFolder } from './folder.ts'
import { bankRig, OWN_IBAN } from '../../hub/bank/test-bank.ts'
import { START } from '../../hub/test-rig.ts'
import { cutAt } from '../../hub/bank/test-cut.ts'
import { openSqliteStore } from '../../hub/store/sqlite.ts'
import { invariant } from '#protocol/outcome.ts'

/** A hub that kills itself, as by `kill -9`, at a step of writing a file for the bank or of reading its answers: FOLDER DATABASE STEP before|after write|read. */
const [folder = '', path = '', step = '1', when, what] = process.argv.slice(2)
const store = openSqliteStore(path)
invariant(store.ok, 'the database opens')
const sold = await bankRig(folder, store.value)
const ids = [await sold.approve(12_345n), await sold.approve(2_000n, 'FR1420041010050500013M02606'), await sold.approve(700n)]
process.stdout.write(JSON.stringify(ids))
const cut = cutAt(Number(step), when === 'before' ? 'before' : 'after', () => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('killed')
})
const doomed = await bankRig(folder, store.value, cut.wrap)
if (what === 'write') await doomed.desk.writeFiles('cleo')
else {
  await sold.desk.writeFiles('cleo')
  const bank = openBankFolder(folder, { iban: OWN_IBAN, currency: 'EUR', openingMinor: 1_000_000n }, () => new Date(START))
  bank.memory.closed.push('FR1420041010050500013M02606')
  bank.work()
  await doomed.desk.readFiles()
}

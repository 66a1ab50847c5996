import type { CalibrationBin } from '#protocol/hub-api/risk-model.ts'
import { formatCount, locale } from '../../language/chosen.ts'
import { LineChart } from '../../parts/line-chart.tsx'
import { riskModelWords as words } from '../../risk-rule-words.ts'

const share = new Intl.NumberFormat(locale, { style: 'percent', maximumSignificantDigits: 2 })
/** By powers of ten there is no place for nothing. */
const LEAST = 1e-4

/** What was said against what was, by powers of ten: most payments are below one in a hundred. */
export function CalibrationChart({ bins }: { readonly bins: readonly CalibrationBin[] }) {
  const shown = merged(bins.toSorted((a, b) => a.said - b.said)).map(({ said, was }) => ({ said: Math.max(said, LEAST), was: Math.max(was, LEAST) }))
  const format = (value: number) => share.format(value)
  return (
    <div>
      <LineChart
        name={words.calibration}
        figures={{
          places: shown.map(({ said }) => said),
          lines: [
            { label: words.perfect, look: 'dashed', values: shown.map(({ said }) => said) },
            { label: words.was, look: 'accent', values: shown.map(({ was }) => was) },
          ],
          isLogarithmic: true,
        }}
        placeText={format}
        valueText={format}
      />
      <details>
        <summary>{words.asTable}</summary>
        <table className="risk-model-table">
          <thead>
            <tr>
              <th scope="col">{words.payments}</th>
              <th scope="col">{words.said}</th>
              <th scope="col">{words.was}</th>
            </tr>
          </thead>
          <tbody>
            {bins.map(({ payments, said, was }, at) => (
              <tr key={at}>
                <td>{formatCount(Math.round(payments))}</td>
                <td>{share.format(said)}</td>
                <td>{share.format(was)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  )
}

/** Bins of which the same was said are one: nobody could tell them apart. */
function merged(bins: readonly CalibrationBin[]): readonly CalibrationBin[] {
  const all: CalibrationBin[] = []
  for (const bin of bins) {
    const last = all.at(-1)
    if (last === undefined || bin.said > last.said * 1.01) {
      all.push(bin)
      continue
    }
    const payments = last.payments + bin.payments
    const mean = (of: (one: CalibrationBin) => number): number => (last.payments * of(last) + bin.payments * of(bin)) / payments
    all[all.length - 1] = { payments, said: mean(({ said }) => said), was: mean(({ was }) => was) }
  }
  return all
}

/** How well scores put frauds first, as the Fraud Detection Handbook measures it (its chapter 4). */

/** Area under the ROC curve; ties count half. NaN without both kinds. */
export function aucOf(scores: readonly number[], labels: readonly number[]): number {
  const order = byScore(scores).reverse()
  let positives = 0
  let rankSum = 0
  for (let i = 0; i < order.length;) {
    let j = i
    while (j < order.length && scores[order[j] ?? 0] === scores[order[i] ?? 0]) j++
    for (let k = i; k < j; k++) {
      if (labels[order[k] ?? 0] !== 1) continue
      positives++
      rankSum += (i + 1 + j) / 2
    }
    i = j
  }
  const negatives = order.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** Average precision, step-wise: the sum over thresholds of precision times the gain of recall. */
export function apOf(scores: readonly number[], labels: readonly number[]): number {
  const order = byScore(scores)
  const positives = labels.reduce((sum, label) => sum + label, 0)
  let found = 0
  let sum = 0
  for (let i = 0; i < order.length;) {
    let j = i
    let here = 0
    while (j < order.length && scores[order[j] ?? 0] === scores[order[i] ?? 0]) here += labels[order[j++] ?? 0] ?? 0
    found += here
    sum += (here / positives) * (found / j)
    i = j
  }
  return sum
}

export type Scored = { readonly day: number; readonly card: string; readonly score: number; readonly label: number }

/**
 * Card precision at k: each day the best score of each card, the k highest cards, the share of them with a fraud that day; a card that was rightly among
 * them is left out on the days after. The mean over the days.
 */
export function cardPrecisionAt(k: number, rows: readonly Scored[]): number {
  const days = Map.groupBy(rows, (row) => row.day)
  const caught = new Set<string>()
  let sum = 0
  for (const day of [...days.keys()].sort((a, b) => a - b)) {
    const cards = new Map<string, { score: number; fraud: boolean }>()
    for (const { card, score, label } of days.get(day) ?? []) {
      if (caught.has(card)) continue
      const known = cards.get(card)
      cards.set(card, { score: Math.max(score, known?.score ?? -Infinity), fraud: label === 1 || known?.fraud === true })
    }
    const first = [...cards].sort((a, b) => b[1].score - a[1].score).slice(0, k)
    const frauds = first.filter(([, { fraud }]) => fraud)
    for (const [card] of frauds) caught.add(card)
    sum += frauds.length / k
  }
  return sum / days.size
}

function byScore(scores: readonly number[]): number[] {
  return Array.from(scores, (_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
}

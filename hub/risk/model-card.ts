import type { Measured, ModelCard } from '#protocol/hub-api/risk-model.ts'
import type { EpochMs } from '#protocol/time.ts'

/** The card as a page that can be filed: Markdown, times in UTC. */
export function cardAsMarkdown(card: ModelCard): string {
  const { version, recipe, learned, heldOut, against } = card
  return `# Risk model ${version}

${card.isInvented === true ? '**It has learned from invented payments**, and every figure is about those: this hub had none of its own yet.\n\n' : ''}Made ${when(card.madeAt)} UTC, with the seed ${card.seed}: the same payments give the same model, bit by bit.

| | from | until | rows | frauds |
|---|---|---|---|---|
| learned from | ${when(learned.from)} | ${when(learned.until)} | ${learned.rows} | ${learned.frauds} |
| held out | ${when(heldOut.from)} | ${when(heldOut.until)} | ${heldOut.rows} | ${heldOut.frauds} |

${recipe.members} times ${recipe.trees} boosted trees of depth ${recipe.depth}, rate ${recipe.rate}, lambda ${recipe.lambda}, each from all frauds and its own one in ${recipe.sampledOneIn} of the other payments; ${card.features.length} features.

| measured on the held-out payments | value | 95 of 100 resamples |
|---|---|---|
| average precision | ${card.ap.value.toFixed(3)} | ${interval(card.ap)} |
| area under the ROC curve | ${card.auc.value.toFixed(3)} | ${interval(card.auc)} |
| Brier score | ${card.brier.toPrecision(3)} | |
| calibration error (ECE) | ${card.ece.toPrecision(3)} | |

${against === undefined ? `There was no model before it${card.wasPromoted ? '.' : ', and it is no better than chance: it judges no payments.'}` : `Against model ${against.version} (average precision ${against.ap.toFixed(3)}) it was better in ${Math.round(100 * against.better)} of 100 resamples${card.wasPromoted ? '.' : ', which is too few: it judges no payments.'}`}

## Calibration

| payments | said to be fraud | were fraud |
|---|---|---|
${card.calibration.map(({ payments, said, was }) => `| ${Math.round(payments)} | ${percent(said)} | ${percent(was)} |`).join('\n')}

## What it looks at most

${card.strongest.map(({ feature, logits }) => `- \`${feature}\`: ${logits.toFixed(3)} logits on average`).join('\n')}

## Limits

${card.limits.map((limit) => `- ${limit}`).join('\n')}
`
}

const when = (at: EpochMs): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
const interval = ({ from, to }: Measured): string => `${from.toFixed(3)} to ${to.toFixed(3)}`
const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`
